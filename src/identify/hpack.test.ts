import http2 from 'node:http2';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { itNeverThrows } from '../../test/helpers/fixture.ts';
import { literalField, readFieldBlock, readHuffman } from './hpack.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('Huffman (RFC 7541 Appendix C)', () => {
  it.each([
    ['f1e3 c2e5 f23a 6ba0 ab90 f4ff', 'www.example.com'],
    ['a8eb 1064 9cbf', 'no-cache'],
    ['d07a be94 1054 d444 a820 0595 040b 8166 e082 a62d 1bff', 'Mon, 21 Oct 2013 20:13:21 GMT'],
    ['', ''],
  ])('%s', (coded, text) => expect(readHuffman(hex(coded))).toBe(text));

  it.each(['ffff ffff', 'a8eb 1064 9cbf ff'])('refuses %s', (coded) => {
    expect(readHuffman(hex(coded))).toBeNull();
  });
});

describe('field blocks (RFC 7541 Appendix C)', () => {
  it.each([
    // C.2.1 to C.2.4
    [
      '400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572',
      [['custom-key', 'custom-header']],
    ],
    ['040c 2f73 616d 706c 652f 7061 7468', [[':path', '/sample/path']]],
    ['1008 7061 7373 776f 7264 0673 6563 7265 74', [['password', 'secret']]],
    ['82', [[':method', 'GET']]],
    // C.6.1: response, Huffman
    [
      '4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3',
      [
        [':status', '302'],
        ['cache-control', 'private'],
        ['date', 'Mon, 21 Oct 2013 20:13:21 GMT'],
        ['location', 'https://www.example.com'],
      ],
    ],
    // the dynamic table, and an update of its size
    [
      '20 4001 6101 62 be',
      [
        ['a', 'b'],
        ['a', 'b'],
      ],
    ],
    // past the end, index 0, unknown index
    ['40', []],
    ['80', []],
    ['ff ffff ffff ff', []],
    ['82 fe', [[':method', 'GET']]],
  ])('%s', (block, fields) => expect(readFieldBlock(hex(block))).toEqual(fields));

  it('reads what it writes', () => {
    const value = 'x'.repeat(200);
    expect(readFieldBlock(literalField('user-agent', value))).toEqual([['user-agent', value]]);
  });

  it('is bounded', () => {
    expect(readFieldBlock(new Uint8Array(10_000).fill(0x82)).length).toBe(128);
  });

  itNeverThrows('readFieldBlock', readFieldBlock, [hex('4882 6402 5885 aec3 771a 4b')]);
  itNeverThrows('readHuffman', readHuffman);
});

it('reads any text that nghttp2 (in Node.js) encodes', async () => {
  const { connect } = await import('node:net');
  const { responseFrame, connectionStart, getFrame, readHttp2Response } = await import(
    './http2-frames.ts'
  );
  const texts = fc.sample(fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 60 }), 40);
  const sent = texts.map((text) => text.trim() || '-');
  const server = http2.createServer((_, response) => {
    for (const [at, text] of sent.entries()) response.setHeader(`x-${at}`, text);
    response.end('body');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const socket = connect(port, '127.0.0.1');
  socket.write(connectionStart());
  socket.write(getFrame('http', 'localhost', 'test'));
  let bytes = Buffer.alloc(0);
  for await (const chunk of socket) {
    bytes = Buffer.concat([bytes, chunk as Buffer]);
    if (responseFrame(bytes) !== null) break;
  }
  server.close();
  const response = readHttp2Response(bytes);
  const fields = new Map(response?.fields);
  expect(sent.map((_, at) => fields.get(`x-${at}`))).toEqual(sent);
  expect(response?.status).toBe(200);
});
