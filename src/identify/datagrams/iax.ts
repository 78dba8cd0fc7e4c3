import { z } from 'zod';
import { ByteReader } from '../bytes.ts';
import { defineDatagram } from '../datagram.ts';
import { hexBytes } from '../encode.ts';

const details = z.object({
  answer: z.enum(['pong', 'reject', 'inval']).describe('How it answered our POKE'),
});

/** Full frame from call 1 to no call: type IAX, subclass POKE (RFC 5456 §6.7.1, §8.1). */
const POKE = hexBytes('8001 0000 00000000 00 00 06 1e');
const IAX_FRAME = 6;
const ANSWERS: Readonly<Record<number, 'pong' | 'reject' | 'inval'>> = {
  0x03: 'pong',
  0x06: 'reject',
  0x0a: 'inval',
};

/** Inter-Asterisk eXchange 2: a POKE, which is answered outside of calls. */
export const iax = defineDatagram({
  name: 'iax',
  title: 'IAX2',
  ports: [4569],
  questions: [{ name: 'iax', payload: () => POKE }],
  details,
  read(payload) {
    const reader = new ByteReader(payload);
    const from = reader.u16() ?? 0;
    const to = reader.u16() ?? 0;
    reader.skip(6);
    if ((from & 0x8000) === 0 || (to & 0x7fff) !== 1 || reader.u8() !== IAX_FRAME) return null;
    const answer = ANSWERS[reader.u8() ?? 0];
    return answer === undefined ? null : { details: { answer } };
  },
});
