import { isIPv6 } from 'node:net';
import { USER_AGENT } from '../../model/agent.ts';

/** Ports of raw printing (AppSocket): whatever arrives there is printed, so nothing is sent. */
const PRINTED = { first: 9100, last: 9107 };
const NOTHING = new Uint8Array();

/**
 * What a quick look says: a whole HTTP request. Of all first words it gets most services to speak,
 * also those of other protocols, which answer it with an error (Izhikevich, Teixeira, Durumeric: LZR,
 * USENIX Security 2021, table 5).
 */
export function questionFor(address: string, port: number): Uint8Array {
  if (port >= PRINTED.first && port <= PRINTED.last) return NOTHING;
  const host = isIPv6(address) ? `[${address.split('%', 1)[0]}]` : address;
  return new TextEncoder().encode(
    [
      'GET / HTTP/1.1',
      `Host: ${host}:${port}`,
      `User-Agent: ${USER_AGENT}`,
      'Accept: */*',
      'Accept-Encoding: identity',
      'Connection: close',
      '\r\n',
    ].join('\r\n'),
  );
}
