import type { Reason } from '../../src/model/port.ts';
import { type Memory, rawBuffer } from '../../src/net/linux/libc.ts';
import { mix } from '../../src/probe/connect/permute.ts';
import { ADDRESS_BYTES, type HostBlock } from '../../src/probe/syn/hosts.ts';
import type { Fate, OnPacket, Wire } from '../../src/probe/syn/wire.ts';
import { type Answer, writeAnswer } from './answer-packets.ts';

/** A SYN as it left. */
export interface Sent {
  /** Milliseconds of the simulated clock. */
  readonly at: number;
  readonly chunk: number;
  readonly probe: number;
  readonly host: number;
  readonly block: HostBlock;
  readonly sourcePort: number;
  readonly port: number;
  readonly sequence: number;
  readonly stamp: number;
}

/** What a port does with a SYN that reached it. */
export type Behaviour = 'open' | 'closed' | 'prohibited' | 'silent';

/** A simulated network; whatever is left out does no harm. */
export interface Network {
  readonly seed?: number;
  readonly behaviour: (sent: Sent) => Behaviour;
  /** Chances that a SYN gets lost, and an answer. */
  readonly loss?: number;
  /** Milliseconds from a SYN to its answer, drawn with a number from 0 to under 1; default 20. */
  readonly latency?: (chance: number, sent: Sent) => number;
  /** Answers that come so many times more. */
  readonly copies?: (chance: number) => number;
  /** SYNs per second that the path takes; what is more is thrown away. */
  readonly bottleneck?: number;
  /** SYNs that our own card takes per millisecond; there is no room for more. */
  readonly roomPerMs?: number;
  /** Why our own side refuses to send to a host, or drops nothing: undefined. */
  readonly refusal?: (sent: Sent) => Reason | undefined;
  /** What became known of a host beforehand: an index of `fates`, or undefined. */
  readonly foretold?: (block: HostBlock, host: number) => number | undefined;
  readonly onSent?: (sent: Sent, wire: SimulatedWire) => void;
}

/** Costs of the simulated machine, milliseconds: 500,000 packets per second at most. */
const PUT_MS = 0.002;
const LOOK_MS = 0.01;
const LATENCY_MS = 20;
/** A queue in front of a bottleneck holds this much of a second. */
const QUEUE_SECONDS = 0.05;
const FATES: readonly Fate[] = [{ reason: 'no-route' }, { reason: 'icmp-host-unreachable' }];

/** Numbers from 0 to under 1, the same ones for the same seed. */
export function chances(seed: number): () => number {
  let at = mix(seed);
  return () => mix((at = (at + 0x9e3779b9) | 0)) / 2 ** 32;
}

type Arrival = Answer | { readonly bytes: Uint8Array; readonly family: 4 | 6 };

/** A network in memory with a clock of its own: nothing waits, and the same seed gives the same run. */
export class SimulatedWire implements Wire {
  onRefused: Wire['onRefused'] = () => undefined;
  readonly fates = FATES;
  /** Milliseconds. */
  now = 1000;
  /** SYNs put, and what the network did to them. */
  sent = 0;
  readonly #network: Network;
  readonly #chance: () => number;
  /** Arrivals by the millisecond in which they are due. */
  readonly #due = new Map<number, Arrival[]>();
  #looked = 1000;
  readonly #memory: Memory = rawBuffer(256);
  #room = 0;
  #roomAt = 0;
  #queue = 0;
  #queueAt = 0;
  #drops = { sent: 0, received: 0 };

  constructor(network: Network) {
    this.#network = network;
    this.#chance = chances(network.seed ?? 1);
  }

  paths(block: HostBlock): Int16Array {
    const { foretold } = this.#network;
    const paths = new Int16Array(block.count);
    for (let host = 0; host < block.count; host++) {
      const fate = foretold?.(block, host);
      if (fate !== undefined) paths[host] = -1 - fate;
    }
    return paths;
  }

  put(
    _path: number,
    block: HostBlock,
    host: number,
    sourcePort: number,
    port: number,
    sequence: number,
    stamp: number,
    chunk: number,
    probe: number,
  ): boolean {
    if (!this.#hasRoom()) return false;
    this.now += PUT_MS;
    const at = this.now;
    const sent = { at, chunk, probe, host, block, sourcePort, port, sequence, stamp };
    this.sent += 1;
    const refusal = this.#network.refusal?.(sent);
    if (refusal !== undefined) this.onRefused(chunk, probe, refusal);
    else this.#carry(sent);
    return true;
  }

  flush(): void {
    // everything is sent when it is put
  }

  receive(timeoutMs: number, onPacket: OnPacket): number {
    this.now += LOOK_MS;
    const until = this.now + timeoutMs;
    let delivered = this.#deliver(onPacket);
    while (!delivered && this.now < until) {
      this.now = Math.min(until, Math.floor(this.now) + 1);
      delivered = this.#deliver(onPacket);
    }
    return delivered ? 1 : 0;
  }

  takeDrops(): { readonly sent: number; readonly received: number } {
    const drops = this.#drops;
    this.#drops = { sent: 0, received: 0 };
    return drops;
  }

  close(): void {
    this.#due.clear();
  }

  /** Reports packets as lost on our side. */
  drop(sent: number, received: number): void {
    this.#drops = { sent: this.#drops.sent + sent, received: this.#drops.received + received };
  }

  /** Lets bytes arrive from anywhere, `afterMs` from now. */
  inject(bytes: Uint8Array, family: 4 | 6, afterMs: number): void {
    this.#arrive({ bytes, family }, afterMs);
  }

  #hasRoom(): boolean {
    const { roomPerMs } = this.#network;
    if (roomPerMs === undefined) return true;
    const now = Math.floor(this.now);
    if (now > this.#roomAt) [this.#room, this.#roomAt] = [roomPerMs, now];
    this.#room -= 1;
    if (this.#room >= 0) return true;
    this.#drops = { ...this.#drops, sent: this.#drops.sent + 1 };
    return false;
  }

  #carry(sent: Sent): void {
    this.#network.onSent?.(sent, this);
    const { behaviour, loss = 0, latency, copies } = this.#network;
    if (this.#isSqueezedOut() || this.#chance() < loss) return;
    const does = behaviour(sent);
    if (does === 'silent') return;
    const { block, host, sourcePort, port, sequence, stamp } = sent;
    const answer = { kind: does, block, host, sourcePort, port, sequence, stamp };
    const more = copies?.(this.#chance()) ?? 0;
    for (let copy = 0; copy <= more; copy++) {
      if (this.#chance() < loss) continue;
      this.#arrive(answer, latency?.(this.#chance(), sent) ?? LATENCY_MS);
    }
  }

  /** A leaky bucket: what finds the queue full is thrown away. */
  #isSqueezedOut(): boolean {
    const { bottleneck } = this.#network;
    if (bottleneck === undefined) return false;
    const passed = ((this.now - this.#queueAt) * bottleneck) / 1000;
    this.#queue = Math.max(0, this.#queue - passed);
    this.#queueAt = this.now;
    if (this.#queue + 1 > bottleneck * QUEUE_SECONDS) return true;
    this.#queue += 1;
    return false;
  }

  #arrive(arrival: Arrival, afterMs: number): void {
    const due = Math.max(this.#looked, Math.ceil(this.now + afterMs));
    const there = this.#due.get(due);
    if (there === undefined) this.#due.set(due, [arrival]);
    else there.push(arrival);
  }

  /** Hands over all that is due; whether there was anything. */
  #deliver(onPacket: OnPacket): boolean {
    let any = false;
    for (; this.#looked <= this.now; this.#looked++) {
      const arrivals = this.#due.get(this.#looked);
      if (arrivals === undefined) continue;
      this.#due.delete(this.#looked);
      for (const arrival of arrivals) this.#hand(arrival, onPacket);
      any = true;
    }
    return any;
  }

  #hand(arrival: Arrival, onPacket: OnPacket): void {
    if ('bytes' in arrival) {
      this.#memory.set(arrival.bytes);
      onPacket(this.#memory, 0, arrival.bytes.length, arrival.family);
      return;
    }
    const family = arrival.block.families[arrival.host] === 4 ? 4 : 6;
    onPacket(this.#memory, 0, writeAnswer(this.#memory, arrival), family);
  }
}

/** Address of the host that a SYN went to: 4 or 16 bytes. */
export function addressOf({ block, host }: Pick<Sent, 'block' | 'host'>): Uint8Array {
  const at = host * ADDRESS_BYTES;
  return block.addresses.subarray(at, at + (block.families[host] === 4 ? 4 : 16));
}
