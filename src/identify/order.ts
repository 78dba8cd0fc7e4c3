import type { Protocol } from './plugin.ts';

/**
 * Client-first protocols that are asked for on a port that suggests none of them, most often met
 * first (Izhikevich, Teixeira, Durumeric: LZR, USENIX Security 2021, and what is deployed today).
 * All others are asked for on their own ports, or when something the peer said looks like them: fifty
 * connections to one port would be a nuisance, and industrial controllers have been seen to stop at
 * a message they did not expect.
 */
const ASKED_ANYWHERE = [
  'http',
  'https',
  'dns',
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
  'kerberos',
  'git',
  'http2',
  'pptp',
  'x11',
  'java-rmi',
  'ajp',
  'zookeeper',
  'minecraft',
  'tls',
];

function rank(protocol: Protocol): number {
  return ASKED_ANYWHERE.indexOf(protocol.name);
}

/** Behind a proxy the application may think for seconds before its first word. */
const THINKING: readonly string[] = ['http', 'https'];

/** Whether an answer to this protocol's question may take its time. */
export function mayThink(protocol: Protocol): boolean {
  return THINKING.includes(protocol.name);
}

/** Where a conversation runs: on the bare transport or inside TLS. */
export type Layer = 'bare' | 'tls';

function existsIn(protocol: Protocol, layer: Layer): boolean {
  return protocol.within === undefined || protocol.within === layer;
}

/** Client-first protocols of a layer that are asked for anywhere, most often met first. */
export function byFrequency(protocols: readonly Protocol[], layer: Layer): Protocol[] {
  return protocols
    .filter((protocol) => rank(protocol) >= 0 && protocol.over === 'tcp')
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
