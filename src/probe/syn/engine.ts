import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { problem } from '../../model/errors.ts';
import { isLoopback } from '../../model/loopback.ts';
import {
  type Outcome,
  type PortState,
  REASONS,
  type Reason,
  type StackFacts,
} from '../../model/port.ts';
import type { Libc } from '../../net/linux/libc.ts';
import { encodeAddress } from '../../net/linux/sockaddr.ts';
import type { Engine, ProbeOptions, Told } from '../engine.ts';
import { estimateLoss } from '../loss-estimate.ts';
import { BlockBuilder, type ReadIPv6 } from './block-builder.ts';
import { ANSWER_WORDS, type Order, type Report, type ThreadStats, UNKNOWN } from './messages.ts';
import { AUTO_RATE } from './rate.ts';
import { type RunSettings, SOURCE_PORTS } from './run.ts';
import type { SendingThread } from './sending-thread.ts';
import type { SipKey } from './siphash.ts';

/** Probes and hosts of one chunk at most: they bound memory. The first chunk is small so that answers come soon. */
const MOST_PROBES = 2 ** 21;
const MOST_HOSTS = 131_072;
const FIRST_HOSTS = 4096;
/** Addresses that came are sent after this long also when more may follow, milliseconds. */
const PATIENCE_MS = 20;
/** Results waiting for the reader at which sending rests, and at which it goes on. */
const TOO_MANY = 50_000;
const FEW = 10_000;
const BATCH = 4096;
/** Where source ports are looked for when the system does not say which it uses itself. */
const USUAL_EPHEMERAL = 32_768;
const FIRST_FREE = 10_000;

/** The stateless SYN engine. Each run takes a sending thread of its own from `threads`. */
export function synEngine(libc: Libc, threads: () => SendingThread): Engine {
  return {
    name: 'syn',
    transport: 'tcp',
    autoRate: AUTO_RATE,
    probe: (addresses, ports, options) => scan(libc, threads, addresses, ports, options),
  };
}

async function* scan(
  libc: Libc,
  threads: () => SendingThread,
  addresses: AsyncIterable<string>,
  ports: readonly number[],
  options: ProbeOptions,
): AsyncGenerator<readonly Told[]> {
  if (ports.length === 0 || options.signal.aborted) return;
  const run = new SynScan(libc, threads(), addresses, ports, options);
  const stop = () => run.stop();
  options.signal.addEventListener('abort', stop, { once: true });
  try {
    yield* run.told();
  } finally {
    options.signal.removeEventListener('abort', stop);
    stop();
  }
}

/** One run: feeds addresses to the sending thread and turns its reports into outcomes. */
class SynScan {
  readonly #ports: readonly number[];
  readonly #options: ProbeOptions;
  readonly #thread: SendingThread;
  readonly #iterator: AsyncIterator<string>;
  readonly #readIPv6: ReadIPv6;
  /** Addresses of the chunks under way. */
  readonly #chunks = new Map<number, readonly string[]>();
  readonly #stacks: StackFacts[] = [];
  #queue: Told[] = [];
  #wake: () => void = () => undefined;
  #feedWake: () => void = () => undefined;
  #credit = 1;
  #nextChunk = 0;
  #room: number;
  #over = false;
  #failure: { readonly cause: unknown } | null = null;

  constructor(
    libc: Libc,
    thread: SendingThread,
    addresses: AsyncIterable<string>,
    ports: readonly number[],
    options: ProbeOptions,
  ) {
    this.#ports = ports;
    this.#options = options;
    this.#iterator = addresses[Symbol.asyncIterator]();
    this.#room = Math.max(1, Math.min(FIRST_HOSTS, Math.floor(MOST_PROBES / ports.length)));
    this.#readIPv6 = ipv6Reader(libc);
    this.#thread = thread;
    thread.begin(settingsOf(ports, options), {
      heard: (report) => this.#heard(report),
      failed: (cause) => {
        if (!this.#over) this.#fail(cause);
      },
    });
    void this.#feed().catch((cause: unknown) => this.#fail(cause));
  }

  async *told(): AsyncGenerator<readonly Told[]> {
    while (!this.#options.signal.aborted) {
      if (this.#queue.length > 0) {
        yield this.#queue.length > BATCH ? this.#queue.splice(0, BATCH) : this.#queue.splice(0);
        if (this.#queue.length < FEW) this.#thread.rest(false);
        continue;
      }
      if (this.#failure !== null) throw this.#failure.cause;
      if (this.#over) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  stop(): void {
    if (!this.#over) void Promise.resolve(this.#iterator.return?.()).catch(() => undefined);
    this.#end();
    this.#feedWake();
  }

  #end(): void {
    this.#over = true;
    this.#thread.stop();
    this.#wake();
  }

  #fail(cause: unknown): void {
    this.#failure ??= { cause };
    this.#wake();
  }

  /** Pulls addresses, never more than one chunk ahead of what the thread asked for. */
  async #feed(): Promise<void> {
    let plain = this.#builder(false);
    let loopback = this.#builder(true);
    const cutPlain = () => {
      plain = this.#cut(plain);
    };
    const cutLoopback = () => {
      loopback = this.#cut(loopback);
    };
    const cut = () => {
      if (plain.texts.length > 0 && this.#credit > 0) cutPlain();
      if (loopback.texts.length > 0 && this.#credit > 0) cutLoopback();
    };
    const timer = setInterval(cut, PATIENCE_MS);
    try {
      for (;;) {
        const next = await this.#iterator.next();
        if (this.#over) return;
        if (next.done === true) break;
        const builder = isLoopback(next.value) ? loopback : plain;
        this.#add(builder, next.value);
        if (!builder.full) continue;
        await this.#creditThere();
        if (this.#over) return;
        if (builder === plain && plain.full) cutPlain();
        else if (builder === loopback && loopback.full) cutLoopback();
      }
      if (plain.texts.length > 0) cutPlain();
      if (loopback.texts.length > 0) cutLoopback();
      this.#order({ type: 'end' });
    } finally {
      clearInterval(timer);
    }
  }

  async #creditThere(): Promise<void> {
    while (this.#credit <= 0 && !this.#over) {
      await new Promise<void>((resolve) => {
        this.#feedWake = resolve;
      });
    }
  }

  #builder(loopback: boolean): BlockBuilder {
    return new BlockBuilder(this.#room, this.#ports, loopback, this.#readIPv6);
  }

  #add(builder: BlockBuilder, address: string): void {
    const { portsOf } = this.#options;
    const wanted = portsOf === undefined ? this.#ports : portsOf(address);
    if (wanted.length === 0 || builder.add(address, wanted)) return;
    for (const port of wanted) this.#tell(outcomeOf(address, port, 'address-family'));
    this.#wake();
  }

  /** Sends a block off and begins the next one. */
  #cut(builder: BlockBuilder): BlockBuilder {
    const id = this.#nextChunk++;
    const block = builder.block();
    this.#credit -= 1;
    this.#chunks.set(id, builder.texts);
    this.#order({ type: 'chunk', id, block });
    const most = Math.max(1, Math.floor(MOST_PROBES / this.#ports.length));
    this.#room = Math.min(MOST_HOSTS, most, this.#room * 2);
    return this.#builder(builder.loopback);
  }

  #order(order: Order): void {
    if (!this.#over) this.#thread.order(order);
  }

  #heard(report: Report): void {
    switch (report.type) {
      case 'failed':
        this.#fail(unavailable(report.error));
        break;
      case 'hungry':
        this.#credit = 1;
        this.#feedWake();
        break;
      case 'answers':
        this.#stacks.push(...report.stacks);
        this.#answers(report.words);
        break;
      case 'finished':
        this.#finished(report.id, report.settled);
        break;
      case 'stats':
        this.#count(report.stats);
        break;
      case 'done':
        this.#end();
    }
    if (this.#queue.length > TOO_MANY) this.#thread.rest(true);
    this.#wake();
  }

  #answers(words: Uint32Array): void {
    for (let at = 0; at < words.length; at += ANSWER_WORDS) {
      const probe = words[at + 1] ?? 0;
      const rtt = words[at + 3] ?? UNKNOWN;
      const size = this.#ports.length;
      const address = this.#chunks.get(words[at] ?? 0)?.[Math.floor(probe / size)] ?? '';
      const port = this.#ports[probe % size] ?? 0;
      const stack = this.#stacks[words[at + 4] ?? UNKNOWN];
      const outcome = outcomeOf(address, port, REASONS[words[at + 2] ?? 0] ?? 'other-local');
      if (rtt === UNKNOWN && stack === undefined) this.#tell(outcome);
      else
        this.#tell({
          ...outcome,
          ...(rtt === UNKNOWN ? {} : { rttMs: rtt / 1000 }),
          ...(stack && { stack }),
        });
    }
  }

  #tell(outcome: Outcome): void {
    this.#options.stats.outcomes += 1;
    this.#queue.push(outcome);
  }

  /** Everything that is not settled stayed silent. */
  #finished(id: number, settled: Uint32Array): void {
    const addresses = this.#chunks.get(id) ?? [];
    this.#chunks.delete(id);
    for (const [host, address] of addresses.entries()) {
      const ports = this.#silentPorts(host, settled);
      if (ports.length === 0) continue;
      this.#options.stats.outcomes += ports.length;
      this.#queue.push({ address, transport: 'tcp', state: 'filtered', ports });
    }
  }

  #silentPorts(host: number, settled: Uint32Array): readonly number[] {
    const first = host * this.#ports.length;
    const silent = this.#ports.filter((_, index) => {
      const probe = first + index;
      return ((settled[probe >>> 5] ?? 0) & (1 << (probe & 31))) === 0;
    });
    return silent.length === this.#ports.length ? this.#ports : silent;
  }

  #count({ counts, answers, targetRate }: ThreadStats): void {
    const { stats } = this.#options;
    stats.probes = counts.probes;
    stats.retries = counts.retries;
    stats.slowdowns = counts.slowdowns;
    if (targetRate !== Number.POSITIVE_INFINITY) stats.targetRate = targetRate;
    const { received, valid, duplicates, dropped } = counts;
    stats.packets = { received, valid, duplicates, dropped };
    const loss = estimateLoss({
      ports: answers.map(([attempts, { open, closed }]) => ({ attempts, open, closed })),
    });
    if (loss !== undefined) stats.loss = loss;
  }
}

function outcomeOf(address: string, port: number, reason: Reason): Outcome {
  return { address, transport: 'tcp', port, state: stateOf(reason), reason };
}

function stateOf(reason: Reason): PortState {
  if (reason === 'syn-ack') return 'open';
  if (reason === 'rst') return 'closed';
  return reason.startsWith('icmp-') ? 'unreachable' : 'local-error';
}

function ipv6Reader(libc: Libc): ReadIPv6 {
  return (text) => {
    const encoded = encodeAddress(text, (zone) => libc.interfaceIndex(zone));
    if (encoded === null) return null;
    return { bytes: encoded.bytes.subarray(8, 24), scope: encoded.bytes.readUInt32LE(24) };
  };
}

function settingsOf(ports: readonly number[], options: ProbeOptions): RunSettings {
  const { pace, seed = 0, attempts = 2, timeoutMs = 3000 } = options;
  const sourcePort = chooseSourcePort();
  return { ports, pace, seed, attempts, timeoutMs, key: randomKey(), sourcePort };
}

function randomKey(): SipKey {
  const bytes = randomBytes(16);
  return [
    bytes.readUInt32LE(0),
    bytes.readUInt32LE(4),
    bytes.readUInt32LE(8),
    bytes.readUInt32LE(12),
  ];
}

/** A run of ports that this system takes for no connection of its own, drawn by chance. */
function chooseSourcePort(): number {
  const end = firstEphemeral() - SOURCE_PORTS;
  const room = Math.max(1, end - FIRST_FREE);
  return Math.min(FIRST_FREE, Math.max(1024, end)) + (randomBytes(4).readUInt32LE() % room);
}

function firstEphemeral(): number {
  try {
    const text = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8');
    return Number.parseInt(text, 10) || USUAL_EPHEMERAL;
  } catch {
    return USUAL_EPHEMERAL;
  }
}

function unavailable(error: number) {
  return problem('ENGINE_UNAVAILABLE', {
    engine: 'syn',
    problem: `its sockets could not be opened (error ${error})`,
  });
}
