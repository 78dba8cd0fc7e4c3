import { z } from 'zod';
import { bytesOf, concatBytes, latin1Text } from '../bytes.ts';
import { defineDatagram } from '../datagram.ts';
import { clip } from '../dialogue.ts';
import { hexBytes } from '../encode.ts';

const details = z.object({
  errorCode: z
    .number()
    .optional()
    .describe('Error (RFC 1350 appendix): 1 file not found, 2 access violation'),
  message: z.string().optional().describe('Its text'),
  served: z
    .boolean()
    .describe('True: it sends a file that cannot exist, whatever name is asked for'),
});

const DATA = 3;
const ERROR = 5;
/** Highest error of RFC 1350 and RFC 2347. */
const LAST_ERROR = 8;

/** A read request (RFC 1350 §5) for a name that nobody has. */
function question(token: number): Uint8Array {
  const name = `postern-${token.toString(16)}.none`;
  return concatBytes(hexBytes('0001'), bytesOf(`${name}\0octet\0`));
}

function read(payload: Uint8Array) {
  const [high, operation, , low] = payload;
  if (high !== 0 || payload.length < 4) return null;
  if (operation === DATA)
    return payload[2] === 0 && low === 1 ? { details: { served: true } } : null;
  if (operation !== ERROR || payload[2] !== 0 || (low ?? 99) > LAST_ERROR) return null;
  const end = payload.indexOf(0, 4);
  if (end < 0) return null;
  const message = clip(latin1Text(payload.subarray(4, end)));
  return { details: { errorCode: low ?? 0, message, served: false } };
}

/** TFTP (RFC 1350): asks for a file that does not exist. The answer comes from a new port (§4). */
export const tftp = defineDatagram({
  name: 'tftp',
  title: 'TFTP',
  ports: [69],
  questions: [
    {
      name: 'tftp',
      fromAnyPort: true,
      payload: question,
      answers: (payload) => read(payload) !== null,
    },
  ],
  details,
  read,
});
