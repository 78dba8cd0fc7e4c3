/** TCP or UDP; the transport a port belongs to. */
export type Transport = 'tcp' | 'udp';

/**
 * What one probe established. A closed set in which no two facts share a word:
 * - `open`: the peer completed the handshake (TCP) or answered (UDP).
 * - `closed`: the peer itself refused (RST).
 * - `filtered`: silence, after retries.
 * - `unreachable`: an ICMP error came back; `reason` says which.
 * - `local-error`: our own side failed; nothing was learned about the peer; `reason` says which.
 */
export type PortState = (typeof PORT_STATES)[number];
export const PORT_STATES = ['open', 'closed', 'filtered', 'unreachable', 'local-error'] as const;

/** Why a port has its state: the event that was seen, in one word. */
export type Reason = (typeof REASONS)[number];
export const REASONS = [
  'syn-ack',
  'rst',
  'no-response',
  // ICMP and ICMPv6 destination unreachable, by code (RFC 792, RFC 1812, RFC 4443)
  'icmp-net-unreachable',
  'icmp-host-unreachable',
  'icmp-proto-unreachable',
  'icmp-port-unreachable',
  'icmp-net-prohibited',
  'icmp-host-prohibited',
  'icmp-admin-prohibited',
  'icmp-unreachable',
  // our own side
  'no-route',
  'permission',
  'descriptors',
  'source-ports',
  'memory',
  'address-family',
  'other-local',
] as const;

/** The result of probing one port once for all: exactly one per (address, transport, port). */
export interface Outcome {
  /** Canonical IPv4 or IPv6 text (RFC 5952), with zone (`fe80::1%eth0`) for link-local. */
  readonly address: string;
  readonly transport: Transport;
  readonly port: number;
  readonly state: PortState;
  readonly reason: Reason;
  /** Round trip of the answer in milliseconds; absent when nothing came back. */
  readonly rttMs?: number;
}
