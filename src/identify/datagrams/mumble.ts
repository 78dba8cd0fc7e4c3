import { z } from 'zod';
import { ByteReader, concatBytes } from '../bytes.ts';
import { cpe23 } from '../cpe.ts';
import { defineDatagram } from '../datagram.ts';
import { standsAt, tokenBytes } from '../token.ts';

const details = z.object({
  users: z.number().describe('Users now'),
  maxUsers: z.number().describe('Users at most'),
  bandwidth: z.number().describe('Bits per second that one user may send'),
});

const ANSWER = 24;
/** More than any server allows. */
const MAX_USERS = 1_000_000;

/** Mumble: the ping of server lists, which tells version and users. */
export const mumble = defineDatagram({
  name: 'mumble',
  title: 'Mumble',
  ports: [64738],
  questions: [
    {
      name: 'mumble',
      payload: (token) => concatBytes(new Uint8Array(4), tokenBytes(token, 8)),
      answers: (payload, token) => standsAt(payload, 4, tokenBytes(token, 8)),
    },
  ],
  details,
  read(payload) {
    if (payload.length !== ANSWER || payload[0] !== 0) return null;
    const version = [...payload.subarray(1, 4)].join('.');
    const reader = new ByteReader(payload, 12);
    const [users = 0, maxUsers = 0, bandwidth = 0] = [reader.u32(), reader.u32(), reader.u32()];
    if (users > MAX_USERS || maxUsers > MAX_USERS || maxUsers === 0) return null;
    return {
      product: 'Mumble',
      version,
      cpe: cpe23('mumble', 'mumble', version),
      details: { users, maxUsers, bandwidth },
    };
  },
});
