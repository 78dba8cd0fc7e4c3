import { z } from 'zod';
import { ByteReader, bytesOf, concatBytes, utf8Text } from '../bytes.ts';
import { defineDatagram } from '../datagram.ts';
import { clip, clipList } from '../dialogue.ts';
import { u16be, u32be } from '../encode.ts';
import { standsAt } from '../token.ts';

const details = z.object({
  code: z.string().describe('Response code: 2.05 Content, 4.01 Unauthorized, 4.04 Not Found'),
  resources: z.array(z.string()).optional().describe('Paths it lists (RFC 6690)'),
});

const TOKEN_AT = 4;
const TOKEN_BYTES = 4;
/** Confirmable and version 1, with a token of four bytes (RFC 7252 §3). */
const HEAD = 0x40 | TOKEN_BYTES;
const GET = 0x01;
const MARKER = 0xff;
const MAX_OPTIONS = 64;

/** GET /.well-known/core (RFC 6690 §4): Uri-Path is option 11. */
function question(token: number): Uint8Array {
  return concatBytes(
    Uint8Array.of(HEAD, GET),
    u16be(token),
    u32be(token),
    Uint8Array.of(0xbb),
    bytesOf('.well-known'),
    Uint8Array.of(0x04),
    bytesOf('core'),
  );
}

/** Lengths and deltas of 13 and 14 have one or two bytes more (RFC 7252 §3.1). */
function extended(reader: ByteReader, nibble: number): number {
  if (nibble < 13) return nibble;
  if (nibble === 13) return (reader.u8() ?? 0) + 13;
  return (reader.u16() ?? 0) + 269;
}

/** Leaves the reader at the payload; false when the options are not well formed. */
function skipOptions(reader: ByteReader): boolean {
  for (let count = 0; count < MAX_OPTIONS && reader.remaining > 0; count += 1) {
    const byte = reader.u8() ?? 0;
    if (byte === MARKER) return true;
    if (byte >> 4 === 15 || (byte & 15) === 15) return false;
    extended(reader, byte >> 4);
    reader.skip(extended(reader, byte & 15));
  }
  return !reader.short && reader.remaining === 0;
}

function resourcesIn(text: string): string[] {
  const paths = [...text.slice(0, 4096).matchAll(/<([^<>]{0,256})>/g)];
  return clipList(paths.map(([, path = '']) => clip(path)));
}

/** CoAP (RFC 7252): asks which resources there are. */
export const coap = defineDatagram({
  name: 'coap',
  title: 'CoAP',
  ports: [5683],
  questions: [
    {
      name: 'coap',
      payload: question,
      answers: (payload, token) => standsAt(payload, TOKEN_AT, u32be(token)),
    },
  ],
  details,
  read(payload) {
    const reader = new ByteReader(payload);
    const head = reader.u8() ?? 0;
    const code = reader.u8() ?? 0;
    const kind = code >> 5;
    // a response (classes 2, 4 and 5) that carries our token
    if (head >> 6 !== 1 || (head & 15) !== TOKEN_BYTES || ![2, 4, 5].includes(kind)) return null;
    reader.skip(2 + TOKEN_BYTES);
    if (reader.short || !skipOptions(reader) || reader.short) return null;
    const word = `${kind}.${String(code & 31).padStart(2, '0')}`;
    const text = utf8Text(payload.subarray(reader.offset));
    if (kind !== 2) return { details: { code: word } };
    return { details: { code: word, resources: resourcesIn(text) } };
  },
});
