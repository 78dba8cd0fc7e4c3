import { z } from 'zod';
import { ByteReader, concatBytes } from '../bytes.ts';
import { defineDatagram } from '../datagram.ts';
import { hexBytes } from '../encode.ts';
import { standsAt, tokenBytes } from '../token.ts';

const details = z.object({
  versions: z.array(z.string()).describe('QUIC versions it speaks: v1, v2, draft-29'),
});

const ID = 8;
/** Smaller first datagrams are dropped (RFC 9000 §14.1). */
const FIRST_BYTES = 1200;
/** Of the versions that are reserved to exercise negotiation (RFC 9000 §15). */
const RESERVED_VERSION = '1a2a3a4a';
const MAX_VERSIONS = 32;

/** A long header of a version nobody speaks, padded (RFC 8999 §5.1). */
function question(token: number): Uint8Array {
  const head = concatBytes(
    hexBytes(`c0 ${RESERVED_VERSION}`),
    Uint8Array.of(ID),
    tokenBytes(token, ID),
    Uint8Array.of(ID),
    tokenBytes(~token, ID),
  );
  return concatBytes(head, new Uint8Array(FIRST_BYTES - head.length));
}

function versionName(version: number): string | undefined {
  if (version === 1) return 'v1';
  if (version === 0x6b33_43cf) return 'v2';
  if (version >>> 8 === 0xff_0000) return `draft-${version & 0xff}`;
  // reserved for exercise: means nothing
  if ((version & 0x0f0f_0f0f) === 0x0a0a_0a0a) return undefined;
  return `0x${version.toString(16).padStart(8, '0')}`;
}

/** QUIC, whatever is inside (HTTP/3, DNS): asks which versions there are (RFC 8999 §6). */
export const quic = defineDatagram({
  name: 'quic',
  title: 'QUIC',
  ports: [443, 784, 853, 8443],
  questions: [
    {
      name: 'quic',
      payload: question,
      answers: (payload, token) => standsAt(payload, 6, tokenBytes(~token, ID)),
    },
  ],
  details,
  read(payload) {
    const reader = new ByteReader(payload);
    if (((reader.u8() ?? 0) & 0x80) === 0 || reader.u32() !== 0) return null;
    for (const _ of ['destination', 'source']) {
      if (reader.u8() !== ID) return null;
      reader.skip(ID);
    }
    if (reader.remaining === 0 || reader.remaining % 4 !== 0) return null;
    const count = Math.min(MAX_VERSIONS, reader.remaining / 4);
    const all = Array.from({ length: count }, () => reader.u32() ?? 0);
    return { details: { versions: all.flatMap((version) => versionName(version) ?? []) } };
  },
});
