/** TCP or UDP; the transport a port belongs to. */
export type Transport = 'tcp' | 'udp';

/**
 * What one probe established. A closed set in which no two facts share a word:
 * - `open`: the peer completed the handshake (TCP) or answered (UDP).
 * - `closed`: the peer itself refused (RST; over UDP ICMP port unreachable, RFC 1122 §4.1.3.1).
 * - `filtered`: silence, after retries (TCP).
 * - `open|filtered`: silence over UDP, where an open port need not answer: it may be either.
 * - `unreachable`: an ICMP error came back; `reason` says which.
 * - `local-error`: our own side failed; nothing was learned about the peer; `reason` says which.
 */
export type PortState = (typeof PORT_STATES)[number];
export const PORT_STATES = [
  'open',
  'closed',
  'filtered',
  'open|filtered',
  'unreachable',
  'local-error',
] as const;

/** Why a port has its state: the event that was seen, in one word. */
export type Reason = (typeof REASONS)[number];
export const REASONS = [
  'syn-ack',
  'udp-response',
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
  /** How the SYN-ACK itself looked; only engines that see packets know. */
  readonly stack?: StackFacts;
  /** The datagrams that answered, over UDP: what is identified from, and how much more came than was asked. */
  readonly datagram?: DatagramFacts;
}

/** The marks that a TCP stack leaves on its SYN-ACK: two stacks behind one address differ in them. */
export interface StackFacts {
  /** IPv4 TTL or IPv6 hop limit as it arrived. */
  readonly ttl: number;
  /** Receive window, unscaled. */
  readonly window: number;
  /** Options in their order: `mss 1460,sackOK,TS,nop,wscale 7`. */
  readonly options: string;
}

/** One question and what came back for it. */
export interface DatagramFacts {
  /** Name of the question that was answered (`dns`, `snmp-v2c`). */
  readonly question: string;
  /** UDP payload bytes sent, and received within the wait in all datagrams together. */
  readonly sent: number;
  readonly received: number;
  /** Payload of the first datagram that came back, at most 4,096 bytes. */
  readonly payload: Uint8Array;
}

/**
 * Ports of one address that stayed silent, told at once: an engine that remembers nothing of a
 * probe has no outcome to give for each.
 */
export interface Silence {
  readonly address: string;
  readonly transport: Transport;
  readonly state: 'filtered' | 'open|filtered';
  /** Never empty; may be shared between silences and is not changed any more. */
  readonly ports: readonly number[];
}
