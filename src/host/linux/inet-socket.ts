import type { Transport } from '../../model/port.ts';

/** A TCP or UDP socket of a network namespace, from whichever source told of it. */
export interface InetSocket {
  readonly transport: Transport;
  /** Of the socket: the addresses of an IPv6 socket may be IPv4 ones. */
  readonly family: 4 | 6;
  /** Canonical text, with zone for link-local; an IPv4-mapped address as the IPv4 one. */
  readonly local: string;
  readonly port: number;
  readonly remote: string;
  readonly remotePort: number;
  /** IPV6_V6ONLY; null where the source does not tell. */
  readonly v6only: boolean | null;
  /** Device it is tied to; null for none, and where the source does not tell. */
  readonly device: string | null;
  readonly inode: number;
  readonly uid: number;
  /** Id of the control group (version 2) it was made in; null where the source does not tell. */
  readonly cgroup: bigint | null;
}

/** `listening`: accepts traffic from anybody (TCP LISTEN, UDP unconnected). `connected`: has a peer. */
export type SocketState = 'listening' | 'connected';
