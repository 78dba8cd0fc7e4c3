import { z } from 'zod';
import { ByteReader } from '../bytes.ts';
import { defineDatagram } from '../datagram.ts';
import { hexBytes } from '../encode.ts';

const details = z.object({
  version: z.number().describe('RIP version of the answer'),
  routes: z
    .array(
      z.object({
        network: z.string().describe('IPv4 network'),
        metric: z.number().describe('Hops; 16: unreachable'),
      }),
    )
    .describe('Routes in its first datagram'),
});

/** A request for the whole table (RFC 2453 §3.9.1): one entry, family 0, metric 16. */
const REQUEST = hexBytes(`0102 0000 ${'00'.repeat(16)} 00000010`);
const RESPONSE = 2;
const ENTRY = 20;
const INTERNET = 2;

/** RIP: asks a router for its routes, as monitoring does from a port other than 520. */
export const rip = defineDatagram({
  name: 'rip',
  title: 'RIP',
  ports: [520],
  questions: [{ name: 'rip', payload: () => REQUEST }],
  details,
  read(payload) {
    const [command, version = 0] = payload;
    const whole = payload.length >= 4 && (payload.length - 4) % ENTRY === 0;
    if (command !== RESPONSE || version < 1 || version > 2 || !whole) return null;
    const reader = new ByteReader(payload, 4);
    const routes: { network: string; metric: number }[] = [];
    while (reader.remaining >= ENTRY) {
      const family = reader.u16();
      reader.skip(2);
      const network = [...(reader.take(4) ?? [])].join('.');
      reader.skip(8);
      const metric = reader.u32() ?? 0;
      if (family === INTERNET) routes.push({ network, metric });
    }
    return { details: { version, routes } };
  },
});
