import { z } from 'zod';
import { ByteReader } from '../bytes.ts';
import { defineDatagram } from '../datagram.ts';

const details = z.object({ time: z.string().describe('The time it gave, ISO 8601 UTC') });
/** Seconds from 1900, which the protocol counts from, to 1970. */
const EPOCH = 2_208_988_800;

/** Time (RFC 868): an empty datagram is answered by the seconds since 1900. */
export const time = defineDatagram({
  name: 'time',
  title: 'Time',
  ports: [37],
  questions: [{ name: 'time', payload: () => new Uint8Array(0) }],
  details,
  read(payload, { question }) {
    const seconds = new ByteReader(payload).u32();
    if (payload.length !== 4 || seconds === undefined || question !== 'time') return null;
    return { details: { time: new Date((seconds - EPOCH) * 1000).toISOString() } };
  },
});
