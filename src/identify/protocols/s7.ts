import { z } from 'zod';
import { ByteReader } from '../bytes.ts';
import { receiveWhole } from '../dialogue.ts';
import { hexBytes } from '../encode.ts';
import { lengthFrame } from '../length-frame.ts';
import { defineProtocol } from '../plugin.ts';
import { present } from '../present.ts';

const details = z.object({
  pduLength: z.number().optional().describe('PDU length in bytes that the controller agreed to'),
  error: z.string().optional().describe('Error class and code of the setup, hexadecimal'),
});

/** TPKT (RFC 1006 §6): version 3, reserved, length of the whole. */
const tpktFrame = lengthFrame({ at: 2, size: 2, extra: 0 });
/** COTP Connection Request (RFC 905 §13.3): TPDU size 1,024, TSAPs of a PG and of rack 0, slot 2. */
const CONNECT = hexBytes('03000016 11 e0 0000 0001 00 c0010a c1020100 c2020102');
/** S7 "setup communication": one job each way, PDU length 480. */
const SETUP = hexBytes('03000019 02f080 32010000 0001 0008 0000 f0000001000101e0');

/** Whether a packet is a COTP Connection Confirm (RFC 905 §13.4). */
export function readCotpConfirm(bytes: Uint8Array): boolean {
  const reader = new ByteReader(bytes);
  if (reader.u16() !== 0x0300 || reader.u16() !== bytes.length) return false;
  return reader.u8() === bytes.length - 5 && ((reader.u8() ?? 0) & 0xf0) === 0xd0;
}

/** Reads the acknowledgement of the setup; null when it is none. */
export function readS7Setup(bytes: Uint8Array): z.infer<typeof details> | null {
  const reader = new ByteReader(bytes, 4);
  // COTP data, end of transmission; S7 protocol, acknowledgement with data, our reference.
  if (reader.u8() !== 2 || reader.u16() !== 0xf080) return null;
  if (reader.u16() !== 0x3203 || reader.u16() !== 0 || reader.u16() !== 1) return null;
  reader.skip(4);
  const error = reader.u16();
  reader.skip(6); // function, reserved, jobs each way
  const pduLength = reader.u16();
  if (error === undefined) return null;
  return error === 0 ? present({ pduLength }) : { error: error.toString(16).padStart(4, '0') };
}

/** Connects at the transport and agrees on a PDU length. Nothing is read from the controller. */
export const s7 = defineProtocol({
  name: 's7',
  title: 'Siemens S7 communication',
  transport: 'tcp',
  over: 'tcp',
  ports: [102],
  manners: 'ask',
  details,

  async identify(talk) {
    talk.send(CONNECT);
    const confirm = await receiveWhole(talk, tpktFrame);
    if (!confirm || !readCotpConfirm(confirm)) return null;
    talk.send(SETUP);
    const bytes = await receiveWhole(talk, tpktFrame);
    const setup = bytes && readS7Setup(bytes);
    return setup && { details: setup };
  },
});
