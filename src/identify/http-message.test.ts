import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { itNeverThrows } from '../../test/helpers/fixture.ts';
import { bytesOf, concatBytes, latin1Text } from './bytes.ts';
import { fieldOf, fieldsNamed, httpFrame, MAX_BODY, readHttpResponse } from './http-message.ts';

const read = (text: string) => readHttpResponse(Buffer.from(text, 'latin1'));
const frame = (text: string) => httpFrame(Buffer.from(text, 'latin1'));
const bodyOf = (text: string) => latin1Text(read(text)?.body ?? new Uint8Array(0));

describe('status line', () => {
  it.each([
    ['HTTP/1.1 200 OK\r\n\r\n', 200, '1.1', 'OK'],
    ['HTTP/1.0 404 Not Found\n\n', 404, '1.0', 'Not Found'],
    ['HTTP/1.1 200\r\n\r\n', 200, '1.1', ''],
    ['HTTP/1.1 999 \r\n\r\n', 999, '1.1', ''],
  ])('%j', (text, status, version, reason) => {
    expect(read(text)).toMatchObject({ status, version, reason });
  });

  it.each([
    'ICY 200 OK\r\n\r\n',
    'RTSP/1.0 200 OK\r\n\r\n',
    '<html>HTTP/0.9</html>',
    'HTTP/1.1 20 OK\r\n\r\n',
    'HTTP/1.1 abc OK\r\n\r\n',
    'HTTP/1.1 099 OK\r\n\r\n',
    'http/1.1 200 OK\r\n\r\n',
    'HTTP/1.1 200',
    'SSH-2.0-OpenSSH_9.2\r\n',
    '',
  ])('null for %j', (text) => {
    expect(read(text)).toBeNull();
  });

  it('reads other protocols of the same form when asked for them', () => {
    const rtsp = bytesOf('RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n');
    expect(readHttpResponse(rtsp, 'RTSP')?.status).toBe(200);
    expect(httpFrame(rtsp, 'RTSP')).toBe(rtsp.length);
  });
});

describe('header', () => {
  it('keeps duplicated fields in order and joins folded lines', () => {
    const response = read(
      'HTTP/1.1 200 OK\r\nA: 1\r\nSet-Cookie: x\r\nset-cookie: y\r\nB: one\r\n two\r\n\tthree\r\n\r\n',
    );
    if (response === null) throw new Error('no response');
    expect(fieldsNamed(response, 'set-cookie')).toEqual(['x', 'y']);
    expect(fieldOf(response, 'b')).toBe('one two three');
  });

  it('passes over lines that are no fields, and keeps NUL bytes as they are', () => {
    const response = read('HTTP/1.1 200 OK\r\nno colon\r\n: empty\r\nX: a\0b\r\n\r\n');
    expect(response?.fields).toEqual([['x', 'a\0b']]);
  });

  it('reads what came of a header that never ended', () => {
    const response = read('HTTP/1.1 200 OK\r\nServer: nginx\r\nX-Unfin');
    expect(response).toMatchObject({ headComplete: false, fields: [['server', 'nginx']] });
  });

  it('is bounded in number and length', () => {
    const many = read(`HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(5_000)}\r\n`);
    expect(many?.fields.length).toBe(128);
    const long = read(`HTTP/1.1 200 OK\r\nA: ${'x'.repeat(20_000)}\r\n\r\n`);
    expect(long?.fields[0]?.[1].length).toBeLessThanOrEqual(8_192);
  });
});

describe('interim responses', () => {
  it('are skipped', () => {
    const text =
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 P\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\n\r\n';
    expect(read(text)?.status).toBe(200);
  });

  it('a flood of them is no response, and is given up', () => {
    const flood = 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(10_000);
    expect(read(flood)).toBeNull();
    expect(frame(flood)).toBe(flood.length);
  });

  it('101 is final', () => {
    expect(read('HTTP/1.1 101 Switching Protocols\r\n\r\n')?.status).toBe(101);
  });
});

describe('body', () => {
  const head = 'HTTP/1.1 200 OK\r\n';
  it('ends at its length', () => {
    const text = `${head}Content-Length: 5\r\n\r\nhello`;
    expect(bodyOf(`${text}more`)).toBe('hello');
    expect(frame(`${text}more`)).toBe(text.length);
    expect(frame(text.slice(0, -1))).toBeNull();
  });

  it('without a length goes on until the peer closes', () => {
    expect(frame(`${head}\r\nabc`)).toBeNull();
    expect(bodyOf(`${head}\r\nabc`)).toBe('abc');
  });

  it('that is endless is cut', () => {
    const text = `${head}\r\n${'a'.repeat(MAX_BODY + 10)}`;
    expect(bodyOf(text).length).toBe(MAX_BODY);
    expect(frame(text)).toBe(head.length + 2 + MAX_BODY);
  });

  it('with a length beyond all bounds is not waited for to its end', () => {
    const text = `${head}Content-Length: 999999999999\r\n\r\n${'a'.repeat(MAX_BODY)}`;
    expect(frame(text)).toBe(text.length);
  });

  it('of 204 and 304 is empty', () => {
    const text = 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n';
    expect(frame(text)).toBe(text.length);
  });

  it('in chunks is put together', () => {
    const text = `${head}Transfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n1\r\n!\r\n0\r\n\r\n`;
    expect(bodyOf(text)).toBe('hello!');
    expect(frame(text)).toBe(text.length);
    expect(frame(text.slice(0, -2))).toBeNull();
  });

  it.each([
    ['ffffffffffff\r\nabc', 'abc'],
    ['3\r\nabcdef\r\n0\r\n\r\n', 'abc'],
    ['-1\r\nabc', ''],
    ['zz\r\nabc', ''],
    ['3\r\nabc\r\nnonsense\r\n', 'abc'],
  ])('with chunks that lie (%j) is read as far as it is true', (chunks, body) => {
    expect(bodyOf(`${head}Transfer-Encoding: chunked\r\n\r\n${chunks}`)).toBe(body);
  });

  it('with an endless chunk size is given up', () => {
    const text = `${head}Transfer-Encoding: chunked\r\n\r\n${'1'.repeat(5_000)}`;
    expect(frame(text)).toBe(text.length);
  });

  it('with trailers ends behind them', () => {
    const text = `${head}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX: y\r\n\r\n`;
    expect(frame(text)).toBe(text.length);
  });
});

describe('framing', () => {
  it.each(['SSH-2.0-x\r\n', '220 smtp ready\r\n', '\x15\x03\x01', 'HTTP/1.1 abc\r\n'])(
    'claims %j at once',
    (text) => expect(frame(text)).toBe(text.length),
  );

  it('waits for more of what may become a response', () => {
    expect(frame('HT')).toBeNull();
    expect(frame('HTTP/1.1 200 OK\r\nServer: x\r\n')).toBeNull();
  });

  it('gives up on a header that has no end', () => {
    const text = `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(40_000)}`;
    expect(frame(text)).toBe(text.length);
    const line = `HTTP/1.1 200 ${'a'.repeat(2_000)}`;
    expect(frame(line)).toBe(line.length);
  });
});

describe('properties', () => {
  const seed = bytesOf(
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  );
  itNeverThrows('readHttpResponse', (bytes) => readHttpResponse(bytes), [seed]);
  itNeverThrows('httpFrame', (bytes) => httpFrame(bytes), [seed]);

  it('a frame never claims more than there is, and a claim stands however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(200), (tail, cut) => {
        const whole = concatBytes(seed, tail);
        const part = whole.subarray(0, cut);
        expect(httpFrame(part) ?? 0).toBeLessThanOrEqual(part.length);
        expect(httpFrame(whole)).toBe(seed.length);
      }),
    );
  });
});
