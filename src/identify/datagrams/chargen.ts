import { z } from 'zod';
import { bytesOf } from '../bytes.ts';
import { defineDatagram } from '../datagram.ts';

const details = z.object({ bytes: z.number().describe('Characters in the answer') });
const LEAST = 8;
const FIRST = 0x20;
const LAST = 0x7e;

/** Each character is the one after the one before, as the pattern of RFC 864 recommends. */
function isPattern(bytes: Uint8Array): boolean {
  return bytes.every((byte, at) => {
    const before = bytes[at - 1];
    if (byte < FIRST || byte > LAST) return false;
    return before === undefined || byte === before + 1 || before >= LAST - 1;
  });
}

/** Character generator (RFC 864): any datagram is answered by some hundred characters. */
export const chargen = defineDatagram({
  name: 'chargen',
  title: 'Character generator',
  ports: [19],
  questions: [{ name: 'chargen', payload: () => bytesOf('\n') }],
  details,
  read(payload) {
    const whole = payload.length >= LEAST && isPattern(payload.subarray(0, LEAST));
    return whole ? { details: { bytes: payload.length } } : null;
  },
});
