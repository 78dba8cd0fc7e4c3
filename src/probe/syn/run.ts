import { REASONS, type Reason, type StackFacts } from '../../model/port.ts';
import type { Memory } from '../../net/linux/libc.ts';
import { mix } from '../connect/permute.ts';
import type { Pace, PacketStats } from '../engine.ts';
import { Ceilings } from './ceilings.ts';
import { Chunk } from './chunk.ts';
import { Cookies } from './cookies.ts';
import { type Heard, Hearing } from './hearing.ts';
import { type Due, HeldBack } from './held-back.ts';
import type { HostBlock } from './hosts.ts';
import { RateControl } from './rate.ts';
import { deservesAllHosts, deservesRound, newRoundCount, type RoundCount } from './rounds.ts';
import type { SipKey } from './siphash.ts';
import type { Wire } from './wire.ts';
import { WITNESS_BATCHES, type Witness, Witnesses } from './witnesses.ts';

/** Source ports in use: one for each round, then one for each batch of witnesses. */
export const SOURCE_PORTS = 16;
export const MOST_ROUNDS = SOURCE_PORTS - WITNESS_BATCHES;
/** Probes sent between two looks at the answers. */
const SLICE = 1024;
/** Positions of a round looked at for one that is still wanted. */
const LOOKED_AT = 4096;
/** A silent port is asked again this much later, and the last round is waited for this long. */
const RETRY_PAUSE_MS = 2000;
const LAST_PAUSE_MS = 1500;
/** Longest rest without looking round. */
const MAX_REST_MS = 10;
/** Where one port in this many answers, further rounds ask the hosts too of which nothing was heard. */
const MOSTLY = 4;
/** Probes that share one time stamp: they leave in one batch. */
const STAMPED_TOGETHER = 32;
/** What one host may receive by default, probes per second: as the connect engines. */
const AUTO_PER_HOST = 1000;

export interface RunSettings {
  readonly ports: readonly number[];
  readonly pace: Pace;
  readonly seed: number;
  /** Key of the cookies; must be random. */
  readonly key: SipKey;
  /** First of the source ports. */
  readonly sourcePort: number;
  readonly attempts: number;
  readonly timeoutMs: number;
}

/** Receives what the run finds out. `reason` is an index of REASONS. */
export interface RunSink {
  /** An answer to a probe: the first to it. `rttUs` and `stack` are -1 where they are not known. */
  answer(chunk: number, probe: number, reason: number, rttUs: number, stack: number): void;
  /** No more comes of a chunk: one bit for each probe that was answered or not to be sent. */
  finished(chunk: number, settled: Uint32Array): void;
}

/** Counters that only grow. */
export interface RunCounts extends PacketStats {
  probes: number;
  retries: number;
  slowdowns: number;
}

const REASON_NUMBER = new Map<Reason, number>(REASONS.map((reason, at) => [reason, at]));

/**
 * One stateless SYN scan over a wire: sends chunks of probes in rounds, validates what comes back by
 * a keyed cookie in the sequence number, asks the silent ones again seconds later, and paces itself
 * by what gets lost. Synchronous: `step` sends a slice, `receive` hears.
 */
export class SynRun {
  readonly counts: RunCounts = {
    probes: 0,
    retries: 0,
    slowdowns: 0,
    received: 0,
    valid: 0,
    duplicates: 0,
    dropped: 0,
  };
  /** Answers of finished chunks, by the number of rounds that their silent ports got. */
  readonly answers = new Map<number, RoundCount>();
  readonly #wire: Wire;
  readonly #settings: RunSettings;
  readonly #now: () => number;
  readonly #sink: RunSink;
  readonly #cookies: Cookies;
  readonly #hearing: Hearing;
  readonly #ceilings: Ceilings;
  readonly #rate: RateControl;
  readonly #witnesses = new Witnesses();
  readonly #chunks = new Map<number, Chunk>();
  readonly #held = new HeldBack();
  /** A probe for which there was no room. */
  #stuck: Due | null = null;
  /** Our time stamp of the probes sent now, in microseconds. */
  #stampNow = 0;
  #stamped = 0;
  /** Packets that our side lost, as the rate control counts them. */
  #lost = 0;

  constructor(wire: Wire, settings: RunSettings, now: () => number, sink: RunSink) {
    this.#wire = wire;
    wire.onRefused = (chunk, probe, reason) => this.#refused(chunk, probe, reason);
    this.#settings = settings;
    this.#now = now;
    this.#sink = sink;
    this.#cookies = new Cookies(settings.key);
    this.#hearing = new Hearing({ ...settings, sourcePorts: SOURCE_PORTS }, this.#cookies);
    const { rate, perHost } = settings.pace;
    this.#ceilings = new Ceilings(perHost === 'auto' ? AUTO_PER_HOST : perHost);
    this.#rate = new RateControl(rate, now());
  }

  /** Looks of SYN-ACKs by number. */
  get stacks(): readonly StackFacts[] {
    return this.#hearing.stacks;
  }

  /** Probes per second aimed at now; Infinity without a limit. */
  get targetRate(): number {
    for (const chunk of this.#chunks.values()) if (!this.#isExempt(chunk)) return this.#rate.rate;
    return Number.POSITIVE_INFINITY;
  }

  get idle(): boolean {
    return this.#chunks.size === 0;
  }

  /** True while no chunk under way has anything left to send in its first round. */
  get hungry(): boolean {
    for (const chunk of this.#chunks.values()) if (chunk.pass === 1 && chunk.sending) return false;
    return true;
  }

  add(id: number, block: HostBlock): void {
    const { ports, seed } = this.#settings;
    const paths = this.#wire.paths(block);
    const key = mix(seed ^ mix(id + 1));
    const chunk = new Chunk({ id, block, paths, ports: ports.length, rounds: MOST_ROUNDS, key });
    this.#chunks.set(id, chunk);
    for (let host = 0; host < block.count; host++) {
      const path = paths[host] ?? 0;
      const fate = path < 0 ? this.#wire.fates[-1 - path] : undefined;
      if (fate !== undefined) this.#foretold(chunk, host, fate.reason);
    }
    this.#limit();
  }

  /** Sends one slice and looks after what is due. */
  step(): void {
    const now = this.#now();
    for (const chunk of this.#chunks.values()) this.#look(chunk, now);
    this.#countDrops();
    const { asked, answered } = this.#witnesses;
    this.#rate.review(now, { asked, answered, dropped: this.#lost });
    this.#ceilings.advance(now);
    this.#askWitnesses(now);
    this.#sendSlice(now);
    this.#wire.flush();
    this.#stamped = 0;
  }

  /** Waits at most `timeoutMs` for answers and takes those that are there, as many as one slice may bring. */
  receive(timeoutMs: number): void {
    let taken = Math.max(0, this.#wire.receive(timeoutMs, this.#onPacket));
    while (taken > 0 && taken < 2 * SLICE) {
      const more = this.#wire.receive(0, this.#onPacket);
      if (more <= 0) return;
      taken += more;
    }
  }

  /** Milliseconds until there is something to do unless an answer comes; 0 when there is now. */
  restMs(): number {
    const now = this.#now();
    const ready = now + this.#rate.delayMs(now);
    let due = this.#held.size > 0 ? Math.max(this.#held.until, ready) : now + MAX_REST_MS;
    const { full } = this.#held;
    for (const chunk of this.#chunks.values()) {
      if (!chunk.sending) due = Math.min(due, chunk.dueAt);
      else if (!full) due = Math.min(due, this.#isExempt(chunk) ? now : ready);
    }
    return Math.max(0, Math.min(MAX_REST_MS, due - now));
  }

  #isExempt({ block }: Chunk): boolean {
    return block.loopback && typeof this.#settings.pace.rate !== 'number';
  }

  /** A round ends when all of it is sent; then the next one is due, or the chunk is finished. */
  #look(chunk: Chunk, now: number): void {
    if (chunk.remaining === 0) return this.#finish(chunk);
    if (chunk.sending || chunk.held > 0 || this.#stuck !== null) return;
    if (chunk.dueAt === Number.POSITIVE_INFINITY) {
      const { attempts, timeoutMs } = this.#settings;
      chunk.retryAt = now + Math.min(RETRY_PAUSE_MS, timeoutMs);
      const wait = Math.min(LAST_PAUSE_MS, timeoutMs);
      chunk.dueAt = chunk.pass < attempts ? chunk.retryAt : now + wait;
      this.#limit();
    } else if (now >= chunk.dueAt) this.#decide(chunk, now);
  }

  #decide(chunk: Chunk, now: number): void {
    const { answers, hosts, pass } = chunk;
    const base = this.#settings.attempts;
    const isMore = pass >= base;
    if (pass >= MOST_ROUNDS || (isMore && !deservesRound(answers, pass, base))) {
      return this.#finish(chunk);
    }
    if (now < chunk.retryAt) {
      chunk.dueAt = chunk.retryAt;
      return;
    }
    const isSparse = chunk.answered * MOSTLY < chunk.size;
    chunk.again(isMore && isSparse && !deservesAllHosts(answers, hosts, pass));
    this.#limit();
  }

  #finish(chunk: Chunk): void {
    this.#chunks.delete(chunk.id);
    this.#held.drop(chunk);
    if (this.#stuck?.chunk === chunk) this.#stuck = null;
    this.#witnesses.forget(chunk.id);
    this.#addAnswers(chunk);
    this.#sink.finished(chunk.id, chunk.settled);
    this.#limit();
  }

  /** Where nothing stayed silent nothing was missed: a silent port would have been asked to the end. */
  #addAnswers({ pass, answers, remaining }: Chunk): void {
    const rounds = remaining === 0 ? MOST_ROUNDS : pass;
    const total = this.answers.get(rounds) ?? newRoundCount(MOST_ROUNDS);
    this.answers.set(rounds, total);
    for (let round = 0; round < MOST_ROUNDS; round++) {
      total.open[round] = (total.open[round] ?? 0) + (answers.open[round] ?? 0);
      total.closed[round] = (total.closed[round] ?? 0) + (answers.closed[round] ?? 0);
    }
  }

  /** The overall rate never exceeds what the hosts under way may receive. */
  #limit(): void {
    const { perHost } = this.#settings.pace;
    if (perHost === 'max') return;
    let hosts = 0;
    for (const chunk of this.#chunks.values()) {
      if (!chunk.sending) continue;
      if (chunk.block.loopback && perHost === 'auto') hosts = Number.POSITIVE_INFINITY;
      hosts += chunk.block.count;
    }
    const each = perHost === 'auto' ? AUTO_PER_HOST : perHost;
    this.#rate.limit(hosts === 0 ? Number.POSITIVE_INFINITY : hosts * each);
  }

  #countDrops(): void {
    const { sent, received } = this.#wire.takeDrops();
    this.counts.dropped += received;
    this.counts.slowdowns += sent > 0 ? 1 : 0;
    this.#lost += sent + received;
  }

  #sendSlice(now: number): void {
    let left = this.#sendStuck();
    if (left > 0 && this.#held.size > 0) left = this.#sendHeld(now, left);
    for (const chunk of this.#chunks.values()) {
      if (left <= 0) return;
      if (chunk.sending) left = this.#sendFrom(chunk, now, left);
    }
  }

  /** Tries again what found no room; how many probes may follow in this slice. */
  #sendStuck(): number {
    const stuck = this.#stuck;
    if (stuck === null) return SLICE;
    this.#stuck = null;
    if (!stuck.chunk.isOpenQuestion(stuck.probe)) return SLICE;
    return this.#send(stuck.chunk, stuck.probe) ? SLICE - 1 : 0;
  }

  /** Sends up to `left` probes of a chunk; how many may still follow, 0 when there is no room. */
  #sendFrom(chunk: Chunk, now: number, left: number): number {
    const exempt = this.#isExempt(chunk);
    for (let room = left; room > 0; ) {
      if (!chunk.sending || this.#held.full) return room;
      if (!exempt && this.#rate.delayMs(now) > 0) return room;
      const probe = chunk.take(LOOKED_AT);
      if (probe < 0) return room;
      if (!this.#admits(chunk, probe)) {
        this.#held.push({ chunk, probe });
        continue;
      }
      if (!exempt) this.#rate.take();
      if (!this.#send(chunk, probe)) return 0;
      room -= 1;
    }
    return 0;
  }

  /** Those held back that their ceilings let pass now; how many probes may still follow. */
  #sendHeld(now: number, left: number): number {
    let room = left;
    this.#held.offer(now, ({ chunk, probe }) => {
      if (room <= 0) return 'stop';
      if (!chunk.isOpenQuestion(probe)) return 'gone';
      const exempt = this.#isExempt(chunk);
      if (!exempt && this.#rate.delayMs(now) > 0) return 'stop';
      if (!this.#admits(chunk, probe)) return 'barred';
      if (!exempt) this.#rate.take();
      room = this.#send(chunk, probe) ? room - 1 : 0;
      return 'gone';
    });
    return room;
  }

  #admits(chunk: Chunk, probe: number): boolean {
    if (chunk.block.loopback && typeof this.#settings.pace.perHost !== 'number') return true;
    const host = chunk.hostOf(probe);
    return this.#ceilings.admit(chunk.words, host * 4, chunk.block.families[host] === 4);
  }

  /** False when there was no room: then it is stuck, and goes first the next time. */
  #send(chunk: Chunk, probe: number): boolean {
    if (this.#put(chunk, probe, chunk.pass - 1)) return true;
    this.#stuck = { chunk, probe };
    return false;
  }

  /** False when there is no room. */
  #put(chunk: Chunk, probe: number, round: number): boolean {
    const sourcePort = this.#settings.sourcePort + round;
    const host = chunk.hostOf(probe);
    const { ports } = this.#settings;
    const port = ports[probe - host * ports.length] ?? 0;
    const put = this.#wire.put(
      chunk.paths[host] ?? 0,
      chunk.block,
      host,
      sourcePort,
      port,
      this.#cookies.of(chunk, host, port, sourcePort),
      this.#stamp(),
      chunk.id,
      probe,
    );
    if (!put) return false;
    this.counts.probes += 1;
    if (round > 0) this.counts.retries += 1;
    return true;
  }

  /** The time for the packet; looked up for some at once. */
  #stamp(): number {
    if (this.#stamped++ % STAMPED_TOGETHER === 0) this.#stampNow = this.#micros();
    return this.#stampNow;
  }

  #micros(): number {
    return Math.floor(this.#now() * 1000) >>> 0;
  }

  #askWitnesses(now: number): void {
    if (this.#settings.pace.rate !== 'auto') return;
    this.#witnesses.advance(now, this.#rate.rate, (witness, batch) =>
      this.#askWitness(witness, batch),
    );
  }

  #askWitness({ chunk: id, probe }: Witness, batch: number): boolean {
    const chunk = this.#chunks.get(id);
    if (chunk === undefined || !this.#admits(chunk, probe)) return false;
    return this.#put(chunk, probe, MOST_ROUNDS + batch);
  }

  readonly #onPacket = (bytes: Memory, offset: number, length: number, family: 4 | 6): void => {
    this.counts.received += 1;
    const heard = this.#hearing.read(bytes, offset, length, family, this.#chunks.values());
    if (heard === null) return;
    this.counts.valid += 1;
    if (heard.round < MOST_ROUNDS) return this.#heard(heard, bytes);
    if (heard.kind !== 'icmp') this.#witnesses.heard(heard.round - MOST_ROUNDS);
  };

  #heard({ chunk, probe, round, kind, reason }: Heard, bytes: Memory): void {
    if (!chunk.settle(probe, round)) {
      this.counts.duplicates += 1;
      return;
    }
    if (kind !== 'icmp') {
      const by = kind === 'syn-ack' ? chunk.answers.open : chunk.answers.closed;
      by[round] = (by[round] ?? 0) + 1;
      if (!chunk.block.loopback) this.#witnesses.offer(chunk.id, probe);
    }
    const rttUs = this.#hearing.rttUs(this.#micros());
    this.#tell(chunk, probe, reason, rttUs, this.#hearing.stackOf(bytes));
  }

  #tell(chunk: Chunk, probe: number, reason: Reason, rttUs: number, stack: number): void {
    this.#sink.answer(chunk.id, probe, REASON_NUMBER.get(reason) ?? 0, rttUs, stack);
  }

  #foretold(chunk: Chunk, host: number, reason: Reason): void {
    const ports = this.#settings.ports.length;
    for (let probe = host * ports; probe < (host + 1) * ports; probe++) {
      if (chunk.settle(probe)) this.#tell(chunk, probe, reason, -1, -1);
    }
  }

  #refused(id: number, probe: number, reason: Reason): void {
    const chunk = this.#chunks.get(id);
    if (chunk?.settle(probe) === true) this.#tell(chunk, probe, reason, -1, -1);
  }
}
