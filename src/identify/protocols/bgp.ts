import { z } from 'zod';
import { ByteReader } from '../bytes.ts';
import { receiveWhole } from '../dialogue.ts';
import { lengthFrame } from '../length-frame.ts';
import { defineProtocol } from '../plugin.ts';

const details = z.object({
  asNumber: z
    .number()
    .optional()
    .describe('Autonomous system of the OPEN message, 4 bytes where it tells'),
  holdTime: z.number().optional().describe('Seconds'),
  routerId: z.string().optional().describe('BGP identifier'),
  notification: z
    .object({ code: z.number(), subcode: z.number() })
    .optional()
    .describe('NOTIFICATION in place of an OPEN (RFC 4271 §4.5); 6.5: connection rejected'),
});
type Details = z.infer<typeof details>;

/** RFC 4271 §4.1: marker of 16 × 0xFF, length of the whole, type. */
const messageFrame = lengthFrame({ at: 16, size: 2, extra: 0 });
const OPEN = 1;
const NOTIFICATION = 3;
const AS_TRANS = 23_456;
const CAPABILITIES = 2;
const FOUR_OCTET_AS = 65;

/** Reads an OPEN (RFC 4271 §4.2) or a NOTIFICATION; null when it is neither. */
export function readBgpMessage(bytes: Uint8Array): Details | null {
  const reader = new ByteReader(bytes);
  if (!reader.take(16)?.every((byte) => byte === 0xff)) return null;
  const length = reader.u16() ?? 0;
  const type = reader.u8();
  if (length > bytes.length || length < 21) return null;
  if (type === NOTIFICATION) {
    return { notification: { code: reader.u8() ?? 0, subcode: reader.u8() ?? 0 } };
  }
  return type === OPEN && reader.u8() === 4 ? readOpen(reader) : null;
}

function readOpen(reader: ByteReader): Details | null {
  const short = reader.u16();
  const holdTime = reader.u16();
  const id = reader.take(4);
  if (short === undefined || holdTime === undefined || !id) return null;
  const parameters = reader.take(reader.u8() ?? 0) ?? new Uint8Array(0);
  const asNumber = short === AS_TRANS ? (fourOctetAs(parameters) ?? short) : short;
  return { asNumber, holdTime, routerId: id.join('.') };
}

/** Items of type, length and value in one byte each but the value. */
function items(bytes: Uint8Array): readonly (readonly [type: number, value: Uint8Array])[] {
  const reader = new ByteReader(bytes);
  const found: [number, Uint8Array][] = [];
  while (reader.remaining > 0) {
    const type = reader.u8() ?? 0;
    const value = reader.take(reader.u8() ?? 0);
    if (value === undefined) break;
    found.push([type, value]);
  }
  return found;
}

/** The AS number of the capability of RFC 6793 among the optional parameters (RFC 5492). */
function fourOctetAs(parameters: Uint8Array): number | undefined {
  const capabilities = items(parameters)
    .filter(([type]) => type === CAPABILITIES)
    .flatMap(([, value]) => items(value));
  const found = capabilities.find(([code]) => code === FOUR_OCTET_AS);
  return found && new ByteReader(found[1]).u32();
}

/** Listens only: a speaker that takes our address for a peer opens, another refuses in words. */
export const bgp = defineProtocol({
  name: 'bgp',
  title: 'BGP',
  transport: 'tcp',
  over: 'tcp',
  ports: [179],
  manners: 'listen',
  details,

  recognises: (bytes) => readBgpMessage(bytes) !== null,

  async identify(talk) {
    const bytes = await receiveWhole(talk, messageFrame);
    const message = bytes && readBgpMessage(bytes);
    return message && { details: message };
  },
});
