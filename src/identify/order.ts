import type { Protocol } from './plugin.ts';

/**
 * Which client-first protocols are worth asking on a port that suggests nothing, most often met
 * first (Izhikevich, Teixeira, Durumeric: LZR, USENIX Security 2021, and what is deployed today).
 * Protocols not named here follow in registry order.
 */
const OFTEN = [
  'http',
  'https',
  'https',
  'dns',
  'http2',
  'redis',
  'postgresql',
  'mqtt',
  'mongodb',
  'rdp',
  'mssql',
  'ldap',
  'smb',
  'socks5',
  'amqp',
  'memcached',
  'kafka',
  'cassandra',
  'oracle-tns',
  'rtsp',
  'sip',
  'pptp',
];

function rank(protocol: Protocol): number {
  const at = OFTEN.indexOf(protocol.name);
  return at < 0 ? OFTEN.length : at;
}

/** Where a conversation runs: on the bare transport or inside TLS. */
export type Layer = 'bare' | 'tls';

function existsIn(protocol: Protocol, layer: Layer): boolean {
  return protocol.within === undefined || protocol.within === layer;
}

/** Client-first protocols of a layer, most often met first. */
export function byFrequency(protocols: readonly Protocol[], layer: Layer): Protocol[] {
  return protocols
    .filter((protocol) => protocol.manners === 'ask' && protocol.over === 'tcp')
    .filter((protocol) => existsIn(protocol, layer))
    .sort((a, b) => rank(a) - rank(b));
}

/** Protocols that `port` suggests in the given layer. */
export function suggestedBy(
  protocols: readonly Protocol[],
  port: number,
  layer: Layer,
): Protocol[] {
  return protocols.filter((protocol) =>
    layer === 'tls' ? protocol.tlsPorts?.includes(port) : protocol.ports.includes(port),
  );
}

/** Protocols of a layer that `bytes` look like. */
export function recognisedIn(
  protocols: readonly Protocol[],
  bytes: Uint8Array,
  layer: Layer,
): Protocol[] {
  if (bytes.length === 0) return [];
  return protocols.filter(
    (protocol) => existsIn(protocol, layer) && protocol.recognises?.(bytes) === true,
  );
}
