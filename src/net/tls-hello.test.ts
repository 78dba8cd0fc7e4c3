import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { itNeverThrows, readFixtures, repliesOf } from '../../test/helpers/fixture.ts';
import { TLS_VERSIONS } from '../model/service.ts';
import { clientHello } from './tls-client-hello.ts';
import { flightFrame, readCertificateRequest, readServerHello } from './tls-server-hello.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(/\s+/g, ''), 'hex');
const zeros = (count: number) => Array.from({ length: count }, () => 0);

describe('ClientHello', () => {
  it.each(TLS_VERSIONS)('of %s states its lengths truly', (version) => {
    const bytes = Buffer.from(clientHello(version, 'example.test'));
    expect(bytes.readUInt16BE(3)).toBe(bytes.length - 5);
    expect(bytes.readUInt32BE(5) & 0xffffff).toBe(bytes.length - 9);
    expect(bytes.readUInt16BE(9)).toBe(
      { SSLv3: 0x300, 'TLSv1.0': 0x301, 'TLSv1.1': 0x302, 'TLSv1.2': 0x303, 'TLSv1.3': 0x303 }[
        version
      ],
    );
    expect(bytes.includes('example.test')).toBe(version !== 'SSLv3');
  });

  it('names no address (RFC 6066 §3)', () => {
    expect(Buffer.from(clientHello('TLSv1.2', '192.0.2.1')).includes('192.0.2.1')).toBe(false);
  });

  it('never has a length that hangs old load balancers', () => {
    fc.assert(
      fc.property(fc.constantFrom(...TLS_VERSIONS), fc.nat(253), (version, length) => {
        const handshake = clientHello(version, 'a'.repeat(length)).length - 5;
        return handshake < 256 || handshake >= 512;
      }),
    );
  });
});

/** A record of handshake messages. */
function record(...messages: string[]): Buffer {
  const content = hex(messages.join(''));
  return Buffer.concat([
    Buffer.from([22, 3, 3, content.length >> 8, content.length & 255]),
    content,
  ]);
}
const random = '00'.repeat(32);
const hello12 = `02000026 0303 ${random} 00 c02f 00`;
const hello13 = `0200002e 0303 ${random} 00 1301 00 0006 002b 0002 0304`;
const done = '0e000000';
const request = '0d000000';

describe('ServerHello', () => {
  it.each([
    [hello12, 'TLSv1.2', 0xc02f],
    [hello13, 'TLSv1.3', 0x1301],
    [`02000026 0300 ${random} 00 0004 00`, 'SSLv3', 4],
    [`02000026 0305 ${random} 00 0004 00`, undefined, 4],
  ])('%s', (message, version, suite) => {
    expect(readServerHello(record(message))).toEqual({ kind: 'hello', version, suite });
  });

  it('over several records is put together', () => {
    const bytes = hex(hello12);
    const parts = [bytes.subarray(0, 10), bytes.subarray(10)].map((part) =>
      Buffer.concat([Buffer.from([22, 3, 3, 0, part.length]), part]),
    );
    expect(readServerHello(Buffer.concat(parts))).toMatchObject({ version: 'TLSv1.2' });
    expect(readServerHello(parts[0] ?? Buffer.alloc(0))).toBeNull();
  });

  it('an alert is read', () => {
    expect(readServerHello(hex('15030200020246'))).toEqual({ kind: 'alert', description: 70 });
  });

  it.each(['HTTP/1.1 400 Bad Request\r\n', 'SSH-2.0-x', '\x16\x03\x01', '\x80\x03\x01\x00\x01'])(
    'is not in %j',
    (text) => expect(readServerHello(Buffer.from(text, 'latin1'))).toBeNull(),
  );

  it('with a session id longer than allowed is none', () => {
    expect(readServerHello(record(`02000026 0303 ${random} 21 c02f 00`))).toBeNull();
  });
});

describe('the first flight', () => {
  it('up to TLS 1.2 is waited for to its end, since it tells of a certificate request', () => {
    expect(flightFrame(record(hello12))).toBeNull();
    const whole = record(hello12, request, done);
    expect(flightFrame(whole)).toBe(whole.length);
    expect(readCertificateRequest(whole)).toBe(true);
    expect(readCertificateRequest(record(hello12, done))).toBe(false);
  });

  it('of TLS 1.3 ends with the ServerHello', () => {
    expect(flightFrame(record(hello13))).toBe(record(hello13).length);
    expect(readCertificateRequest(record(hello13))).toBeUndefined();
  });

  it('that is something else is claimed at once', () => {
    expect(flightFrame(Buffer.from('HTTP/1.1 400'))).toBe(12);
    expect(flightFrame(Buffer.alloc(70_000, record('00000000')))).toBe(70_000);
  });
});

describe('properties', () => {
  const seeds = [...readFixtures('tls').flatMap(repliesOf), record(hello12, request, done)];
  itNeverThrows('readServerHello', readServerHello, seeds);
  itNeverThrows('readCertificateRequest', readCertificateRequest, seeds);
  itNeverThrows('flightFrame', flightFrame, seeds);
  it('a ClientHello is no answer to one', () => {
    expect(readServerHello(clientHello('TLSv1.2', undefined, zeros))).toBeNull();
  });
  it('a fixed random gives fixed bytes', () => {
    expect(clientHello('TLSv1.3', 'a', zeros)).toEqual(clientHello('TLSv1.3', 'a', zeros));
  });
});
