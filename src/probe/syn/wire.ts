import type { Reason } from '../../model/port.ts';
import type { Memory } from '../../net/linux/libc.ts';
import type { HostBlock } from './hosts.ts';

/** One packet received, from the IP header on; the bytes are written over when the call returns. */
export type OnPacket = (bytes: Memory, offset: number, length: number, family: 4 | 6) => void;

/** Says that our own side refused to send one probe, for good. */
export type OnRefused = (chunk: number, probe: number, reason: Reason) => void;

/** What became known of a host before anything was sent to it. */
export interface Fate {
  readonly reason: Reason;
}

/** The part of the SYN engine that touches sockets. Everything else runs over a simulated one too. */
export interface Wire {
  /**
   * The way that packets to each host of a block take, as a number for `put`; a negative number
   * -1 - n stands for `fates[n]`: nothing can be sent. May take a second for link addresses.
   */
  paths(block: HostBlock): Int16Array;
  readonly fates: readonly Fate[];
  /**
   * Queues a SYN to `host` of `block`; `chunk` and `probe` come back when it is refused. False when
   * there is no room now.
   */
  put(
    path: number,
    block: HostBlock,
    host: number,
    sourcePort: number,
    port: number,
    sequence: number,
    stamp: number,
    chunk: number,
    probe: number,
  ): boolean;
  /** Sends what is queued; `put` does so too when there is no room otherwise. */
  flush(): void;
  /** Called by `put` and `flush`. */
  onRefused: OnRefused;
  /** Waits at most `timeoutMs` and hands over packets that are there, some at once. Returns how many. */
  receive(timeoutMs: number, onPacket: OnPacket): number;
  /** Packets lost on our side since the last call: no room to send, or none to receive. */
  takeDrops(): { readonly sent: number; readonly received: number };
  close(): void;
}
