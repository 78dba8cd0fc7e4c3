import { z } from 'zod';
import { ByteReader } from '../bytes.ts';
import { defineDatagram } from '../datagram.ts';

const details = z.object({
  result: z.number().describe('Result code (RFC 6886 §3.5); 0: success, 2: not authorised'),
  externalAddress: z.string().optional().describe('Address of the router on the internet'),
  uptimeSeconds: z.number().describe('Seconds since its table was made'),
});

const ANSWER = 12;
const RESPONSE = 128;
/** The highest result code there is, and that of servers that speak PCP only. */
const LAST_RESULT = 5;

/** NAT-PMP: asks the router for its address outside (RFC 6886 §3.2), and for no mapping. */
export const natPmp = defineDatagram({
  name: 'nat-pmp',
  title: 'NAT-PMP',
  ports: [5351],
  questions: [{ name: 'nat-pmp', payload: () => new Uint8Array(2) }],
  details,
  read(payload) {
    const reader = new ByteReader(payload);
    if (payload.length < 8 || payload.length > ANSWER || reader.u8() !== 0) return null;
    if (reader.u8() !== RESPONSE) return null;
    const result = reader.u16() ?? 0;
    const uptimeSeconds = reader.u32() ?? 0;
    if (result > LAST_RESULT) return null;
    const address = reader.take(4);
    if (result !== 0 || address === undefined) return { details: { result, uptimeSeconds } };
    return { details: { result, externalAddress: [...address].join('.'), uptimeSeconds } };
  },
});
