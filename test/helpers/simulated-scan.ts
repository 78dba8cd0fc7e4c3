import { REASONS, type Reason } from '../../src/model/port.ts';
import { encodeAddress } from '../../src/net/linux/sockaddr.ts';
import { BlockBuilder } from '../../src/probe/syn/block-builder.ts';
import type { HostBlock } from '../../src/probe/syn/hosts.ts';
import { type RunSettings, type RunSink, SynRun } from '../../src/probe/syn/run.ts';
import { type Network, SimulatedWire } from './simulated-wire.ts';

/** Longest that a simulated scan may take by its own clock, milliseconds. */
const PATIENCE_MS = 3_600_000;

/** `count` addresses of the network for benchmarks (RFC 2544), from number `first` on. */
export function ipv4Hosts(count: number, first = 0): string[] {
  return Array.from({ length: count }, (_, index) => {
    const at = first + index;
    return `198.${18 + (at >> 16)}.${(at >> 8) & 255}.${at & 255}`;
  });
}

/** The same for documentation (RFC 3849): 65,536 in each /48. */
export function ipv6Hosts(count: number): string[] {
  return Array.from(
    { length: count },
    (_, at) => `2001:db8:${(at >> 16).toString(16)}::${(at & 0xffff).toString(16)}`,
  );
}

/** Interfaces have numbers here: `fe80::1%3`. */
export function readIPv6(text: string): { bytes: Uint8Array; scope: number } | null {
  const encoded = encodeAddress(text, () => 0);
  if (encoded === null) return null;
  return { bytes: encoded.bytes.subarray(8, 24), scope: encoded.bytes.readUInt32LE(24) };
}

export interface BlockOptions {
  readonly loopback?: boolean;
  readonly portsOf?: (address: string) => readonly number[];
}

export function blockOf(
  addresses: readonly string[],
  ports: readonly number[],
  { loopback = false, portsOf = () => ports }: BlockOptions = {},
): HostBlock {
  const builder = new BlockBuilder(addresses.length, ports, loopback, readIPv6);
  for (const address of addresses) builder.add(address, portsOf(address));
  return builder.block();
}

/** What became of the probes of one chunk. */
export class Fates implements Iterable<Reason | 'silent' | 'left out' | 'both' | 'neither'> {
  readonly size: number;
  /** Answers that came for a probe that had one. */
  twice = 0;
  rttUs: number[] = [];
  readonly #block: HostBlock;
  readonly #leftOut: Uint32Array | null;
  readonly #reasons: Int8Array;
  #settled: Uint32Array | null = null;

  constructor(block: HostBlock, ports: number) {
    this.size = block.count * ports;
    this.#block = block;
    this.#leftOut = block.left?.slice() ?? null;
    this.#reasons = new Int8Array(this.size).fill(-1);
  }

  answer(probe: number, reason: number, rttUs: number): void {
    if ((this.#reasons[probe] ?? -1) >= 0) this.twice += 1;
    this.#reasons[probe] = reason;
    if (rttUs >= 0 && this.rttUs.length < 1000) this.rttUs.push(rttUs);
  }

  finish(settled: Uint32Array): void {
    if (this.#settled !== null) throw new Error('a chunk was finished twice');
    this.#settled = settled;
  }

  get over(): boolean {
    return this.#settled !== null;
  }

  /** `both` and `neither` are what must never be: an answer of a probe called silent, or nothing at all. */
  of(probe: number): Reason | 'silent' | 'left out' | 'both' | 'neither' {
    const reason = this.#reasons[probe] ?? -1;
    const settled = isSet(this.#settled, probe);
    if (isSet(this.#leftOut, probe)) return reason >= 0 ? 'both' : 'left out';
    if (reason < 0) return settled ? 'neither' : 'silent';
    return settled ? (REASONS[reason] ?? 'neither') : 'both';
  }

  *[Symbol.iterator](): Generator<ReturnType<Fates['of']>> {
    for (let probe = 0; probe < this.size; probe++) yield this.of(probe);
  }

  get block(): HostBlock {
    return this.#block;
  }
}

function isSet(bits: Uint32Array | null, at: number): boolean {
  return bits !== null && ((bits[at >>> 5] ?? 0) & (1 << (at & 31))) !== 0;
}

/** A run over a simulated network, and all that came of it. */
export class SimulatedScan implements RunSink {
  readonly wire: SimulatedWire;
  readonly run: SynRun;
  readonly chunks: Fates[] = [];
  readonly #ports: number;

  constructor(network: Network, settings: Partial<RunSettings> & Pick<RunSettings, 'ports'>) {
    this.wire = new SimulatedWire(network);
    this.#ports = settings.ports.length;
    const usual = {
      pace: { rate: 'max', perHost: 'max' },
      seed: 1,
      key: [1, 2, 3, 4],
      sourcePort: 20_000,
      attempts: 2,
      timeoutMs: 3000,
    } as const;
    this.run = new SynRun(this.wire, { ...usual, ...settings }, () => this.wire.now, this);
  }

  answer(chunk: number, probe: number, reason: number, rttUs: number): void {
    this.chunks[chunk]?.answer(probe, reason, rttUs);
  }

  finished(chunk: number, settled: Uint32Array): void {
    this.chunks[chunk]?.finish(settled);
  }

  add(block: HostBlock): this {
    this.chunks.push(new Fates(block, this.#ports));
    this.run.add(this.chunks.length - 1, block);
    return this;
  }

  /** One turn of the sending thread's loop. */
  turn(): void {
    this.run.step();
    this.run.receive(this.run.restMs());
  }

  /** Turns until all is finished, or for `ms` of the simulated clock. */
  go(ms = Number.POSITIVE_INFINITY): this {
    const until = this.wire.now + Math.min(ms, PATIENCE_MS);
    while (!this.run.idle && this.wire.now < until) this.turn();
    if (ms === Number.POSITIVE_INFINITY && !this.run.idle) throw new Error('the scan never ends');
    return this;
  }

  /** How many probes met each fate. */
  get tally(): Record<string, number> {
    const tally: Record<string, number> = {};
    for (const chunk of this.chunks) {
      for (const fate of chunk) tally[fate] = (tally[fate] ?? 0) + 1;
      if (chunk.twice > 0) tally['twice'] = (tally['twice'] ?? 0) + chunk.twice;
    }
    return tally;
  }
}
