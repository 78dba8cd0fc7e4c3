import { z } from 'zod';
import { ByteReader, concatBytes } from '../bytes.ts';
import { defineDatagram } from '../datagram.ts';
import { hexBytes, u16be } from '../encode.ts';

const details = z.object({
  version: z.number().describe('GTP version of the answer'),
  supported: z.boolean().describe('False: it speaks another version than ours'),
  restarts: z.number().optional().describe('Recovery: times it was started'),
});

const ECHO_RESPONSE = 2;
const VERSION_NOT_SUPPORTED = 3;
const RECOVERY = 14;

/** GTP, the tunnels of mobile networks: Echo Request of version 1 (3GPP TS 29.060 §7.2.1). */
export const gtpC = defineDatagram({
  name: 'gtp-c',
  title: 'GTP',
  ports: [2123, 2152],
  questions: [
    {
      name: 'gtp-c',
      payload: (token) =>
        concatBytes(hexBytes('32 01 0004 00000000'), u16be(token), hexBytes('0000')),
      answers: (payload, token) => new ByteReader(payload, 8).u16() === (token & 0xffff),
    },
  ],
  details,
  read(payload) {
    const reader = new ByteReader(payload);
    const flags = reader.u8() ?? 0;
    const type = reader.u8();
    const version = flags >> 5;
    if (version !== 1 && version !== 2) return null;
    if (reader.u16() !== payload.length - (version === 1 ? 8 : 4)) return null;
    if (type === VERSION_NOT_SUPPORTED) return { details: { version, supported: false } };
    if (type !== ECHO_RESPONSE || version !== 1) return null;
    const recovery = new ByteReader(payload, 12);
    const restarts = recovery.u8() === RECOVERY ? recovery.u8() : undefined;
    return {
      details: { version, supported: true, ...(restarts === undefined ? {} : { restarts }) },
    };
  },
});
