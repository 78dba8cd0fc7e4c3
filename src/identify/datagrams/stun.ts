import { z } from 'zod';
import { ByteReader, concatBytes, utf8Text } from '../bytes.ts';
import { defineDatagram } from '../datagram.ts';
import { clip } from '../dialogue.ts';
import { hexBytes } from '../encode.ts';
import { namedProduct, type ProductMark } from '../products.ts';
import { standsAt, tokenBytes } from '../token.ts';

const details = z.object({
  software: z.string().optional().describe('SOFTWARE attribute'),
  errorCode: z.number().optional().describe('ERROR-CODE where it refused'),
});

const COOKIE = 0x2112_a442;
const BINDING_SUCCESS = 0x0101;
const BINDING_ERROR = 0x0111;
const ERROR_CODE = 0x0009;
const SOFTWARE = 0x8022;
const ID_AT = 8;
const MAX_ATTRIBUTES = 32;

const PRODUCTS: readonly ProductMark[] = [
  { pattern: /^Coturn-(\d[\w.]{0,20})/, product: 'coturn', cpe: ['coturn_project', 'coturn'] },
  { pattern: /^rfc5766-turn-server/i, product: 'rfc5766-turn-server' },
  { pattern: /^reTURNServer (\d[\w.]{0,20})?/, product: 'reTurnServer' },
  { pattern: /^eturnal(?: (\d[\w.]{0,20}))?/, product: 'eturnal' },
];

/** A Binding request (RFC 8489 §5) without attributes. */
function question(token: number): Uint8Array {
  return concatBytes(hexBytes('0001 0000 2112a442'), tokenBytes(token, 12));
}

function readAttributes(reader: ByteReader): ReadonlyMap<number, Uint8Array> {
  const found = new Map<number, Uint8Array>();
  while (reader.remaining >= 4 && found.size < MAX_ATTRIBUTES) {
    const type = reader.u16() ?? 0;
    const length = reader.u16() ?? 0;
    const value = reader.take(length);
    if (value === undefined) break;
    found.set(type, value);
    reader.skip((4 - (length % 4)) % 4);
  }
  return found;
}

/** STUN and TURN servers: asks which address we have for them. */
export const stun = defineDatagram({
  name: 'stun',
  title: 'STUN',
  ports: [3478, 3479, 19302],
  questions: [
    {
      name: 'stun',
      payload: question,
      answers: (payload, token) => standsAt(payload, ID_AT, tokenBytes(token, 12)),
    },
  ],
  details,
  read(payload) {
    const reader = new ByteReader(payload);
    const type = reader.u16();
    if (type !== BINDING_SUCCESS && type !== BINDING_ERROR) return null;
    if (reader.u16() !== payload.length - 20 || reader.u32() !== COOKIE) return null;
    reader.skip(12);
    const attributes = readAttributes(reader);
    const text = attributes.get(SOFTWARE);
    const software = text === undefined ? undefined : clip(utf8Text(text)).replace(/\0+$/, '');
    const error = attributes.get(ERROR_CODE);
    const errorCode = error === undefined ? undefined : (error[2] ?? 0) * 100 + (error[3] ?? 0);
    return {
      ...namedProduct(software ?? '', PRODUCTS),
      details: {
        ...(software === undefined ? {} : { software }),
        ...(errorCode === undefined ? {} : { errorCode }),
      },
    };
  },
});
