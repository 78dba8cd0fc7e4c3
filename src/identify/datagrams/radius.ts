import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { ByteReader, concatBytes } from '../bytes.ts';
import { defineDatagram } from '../datagram.ts';
import { u16be } from '../encode.ts';
import { tokenBytes } from '../token.ts';

const details = z.object({
  code: z.number().describe('Code of the answer (RFC 2865 §3): 2 accept, 3 reject, 5 accounting'),
});

const STATUS_SERVER = 12;
const MESSAGE_AUTHENTICATOR = 80;
const ATTRIBUTE = 18;
const HEADER = 20;
/** Access-Accept, Access-Reject, Accounting-Response, Access-Challenge, Protocol-Error. */
const ANSWERS = [2, 3, 5, 11, 52];

const idOf = (token: number): number => token & 0xff;

/** Status-Server (RFC 5997) with the authenticator of an empty secret: it names no user and no password. */
function question(token: number): Uint8Array {
  const head = concatBytes(
    Uint8Array.of(STATUS_SERVER, idOf(token)),
    u16be(HEADER + ATTRIBUTE),
    tokenBytes(token, 16),
    Uint8Array.of(MESSAGE_AUTHENTICATOR, ATTRIBUTE),
  );
  const signed = concatBytes(head, new Uint8Array(16));
  return concatBytes(head, createHmac('md5', '').update(signed).digest());
}

/**
 * RADIUS. Servers drop what does not fit the secret they share with the sender (RFC 5997 §4.1), so
 * most stay silent: `open|filtered`.
 */
export const radius = defineDatagram({
  name: 'radius',
  title: 'RADIUS',
  ports: [1645, 1646, 1812, 1813],
  questions: [
    {
      name: 'radius',
      payload: question,
      answers: (payload, token) => payload[1] === idOf(token),
    },
  ],
  details,
  read(payload) {
    const reader = new ByteReader(payload);
    const code = reader.u8() ?? 0;
    reader.skip(1);
    const whole = reader.u16() === payload.length && payload.length >= HEADER;
    return whole && ANSWERS.includes(code) ? { details: { code } } : null;
  },
});
