import { z } from 'zod';
import { ByteReader, bytesOf, concatBytes, latin1Text } from '../bytes.ts';
import { receiveWhole } from '../dialogue.ts';
import { hexBytes } from '../encode.ts';
import { lengthFrame } from '../length-frame.ts';
import { defineProtocol } from '../plugin.ts';
import { present } from '../present.ts';

const details = z.object({
  hostName: z.string().optional().describe('Host Name of the Start-Control-Connection-Reply'),
  vendor: z.string().optional().describe('Vendor String'),
  firmware: z.number().describe('Firmware Revision'),
  result: z
    .number()
    .describe('Result Code: 1 established, 2 general error, 4 not authorized, 5 version'),
});

const messageFrame = lengthFrame({ at: 0, size: 2, extra: 0 });
const MAGIC = 0x1a2b_3c4d;

function field(text: string): Uint8Array {
  const bytes = new Uint8Array(64);
  bytes.set(bytesOf(text));
  return bytes;
}

/** Start-Control-Connection-Request (RFC 2637 §2.1). */
function startRequest(): Uint8Array {
  const head = hexBytes('009c 0001 1a2b3c4d 0001 0000 0100 0000 00000003 00000003 0000 0000');
  return concatBytes(head, field(''), field('postern'));
}

/** Stop-Control-Connection-Request, reason "none" (RFC 2637 §2.3). */
const STOP = hexBytes('0010 0001 1a2b3c4d 0003 0000 01 00 0000');

/** Reads a Start-Control-Connection-Reply (RFC 2637 §2.2); null when it is none. */
export function readStartReply(bytes: Uint8Array): z.infer<typeof details> | null {
  const reader = new ByteReader(bytes);
  if (reader.u16() !== 156 || reader.u16() !== 1 || reader.u32() !== MAGIC || reader.u16() !== 2) {
    return null;
  }
  reader.skip(4); // reserved, protocol version
  const result = reader.u8();
  reader.skip(1 + 8 + 2);
  const firmware = reader.u16();
  const [host, vendor] = [reader.take(64), reader.take(64)].map(
    (bytes64) => latin1Text(bytes64 ?? new Uint8Array(0)).split('\0')[0] || undefined,
  );
  if (reader.short || result === undefined || firmware === undefined) return null;
  return present({ hostName: host, vendor, firmware, result });
}

/** Starts a control connection, which precedes any call and any login, and stops it. */
export const pptp = defineProtocol({
  name: 'pptp',
  title: 'PPTP',
  transport: 'tcp',
  over: 'tcp',
  ports: [1723],
  manners: 'ask',
  details,

  async identify(talk) {
    talk.send(startRequest());
    const bytes = await receiveWhole(talk, messageFrame);
    const reply = bytes && readStartReply(bytes);
    if (!reply) return null;
    talk.send(STOP);
    return { details: reply };
  },
});
