import { z } from 'zod';
import { bytesOf, concatBytes } from '../bytes.ts';
import { defineDatagram } from '../datagram.ts';
import { hexBytes, u16be } from '../encode.ts';
import { memcachedProduct, readMemcachedVersion, readStats } from '../memcached-text.ts';
import { randomToken } from '../token.ts';

const details = z.object({
  authRequired: z.boolean().describe('False: over UDP there is no login'),
  uptimeSeconds: z.number().optional().describe('Seconds since its start (stats)'),
});

const HEADER = 8;

/** Request id, sequence number 0 of 1 datagram, reserved (doc/protocol.txt, "UDP protocol"). */
function framed(token: number, line: string): Uint8Array {
  return concatBytes(u16be(token), hexBytes('0000 0001 0000'), bytesOf(`${line}\r\n`));
}

/** The text after a header that numbers a datagram within its answer; null when it is none. */
function textIn(payload: Uint8Array): Uint8Array | null {
  const [, , at, low = 0, high, count = 0, reserved, also] = payload;
  const framedWell = at === 0 && high === 0 && low < count && reserved === 0 && also === 0;
  return framedWell ? payload.subarray(HEADER) : null;
}

/** memcached over UDP, which newer releases leave off. We send `version` and `stats`, both read-only. */
export const memcached = defineDatagram({
  name: 'memcached',
  title: 'memcached',
  ports: [11211],
  questions: [
    {
      name: 'memcached',
      payload: (token) => framed(token, 'version'),
      answers: (payload, token) =>
        payload[0] === ((token >>> 8) & 0xff) && textIn(payload) !== null,
    },
  ],
  details,
  read(payload) {
    const text = textIn(payload);
    const version = text === null ? null : readMemcachedVersion(text);
    if (version === null) return null;
    return { ...memcachedProduct(version), details: { authRequired: false } };
  },
  async follow(identity, ask) {
    const payload = await ask(framed(randomToken(), 'stats'));
    const text = payload === null ? null : textIn(payload);
    const uptime = text === null ? undefined : readStats(text).get('uptime');
    if (uptime === undefined || !/^\d{1,15}$/.test(uptime)) return identity;
    return { ...identity, details: { ...identity.details, uptimeSeconds: Number(uptime) } };
  },
});
