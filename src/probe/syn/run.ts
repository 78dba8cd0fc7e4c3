import { REASONS, type Reason, type StackFacts } from '../../model/port.ts';
import type { Memory } from '../../net/linux/libc.ts';
import { mix } from '../connect/permute.ts';
import type { Pace, PacketStats } from '../engine.ts';
import { AnswerReader, Stacks } from './answer.ts';
import { Ceilings } from './ceilings.ts';
import { Chunk } from './chunk.ts';
import type { HostBlock } from './hosts.ts';
import { RateControl } from './rate.ts';
import { deservesAllHosts, deservesRound, newRoundCount, type RoundCount } from './rounds.ts';
import { SipHash, type SipKey } from './siphash.ts';
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
/** Probes held back by a ceiling before no more are taken. */
const MOST_HELD = 16_384;
/** Probes held back that are tried in vain before all are taken to be, for so many milliseconds. */
const HELD_TRIES = 1024;
const HELD_REST_MS = 5;
const MAX_REST_MS = 10;
/** Where one port in this many answers, further rounds ask the hosts too of which nothing was heard. */
const MOSTLY = 4;
/** An echoed time stamp older than this is not ours. */
const OLDEST_ECHO_US = 60_000_000;
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

interface Held {
  readonly chunk: Chunk;
  readonly probe: number;
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
  readonly #sip: SipHash;
  readonly #reader = new AnswerReader();
  readonly #stacks = new Stacks();
  readonly #ceilings: Ceilings;
  readonly #rate: RateControl;
  readonly #witnesses = new Witnesses();
  readonly #chunks = new Map<number, Chunk>();
  readonly #portIndex = new Int32Array(65_536).fill(-1);
  #held: Held[] = [];
  /** Where the next look at those held begins, and when. */
  #heldAt = 0;
  #heldUntil = 0;
  /** A probe for which there was no room. */
  #stuck: Held | null = null;
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
    this.#sip = new SipHash(settings.key);
    const { rate, perHost } = settings.pace;
    this.#ceilings = new Ceilings(perHost === 'auto' ? AUTO_PER_HOST : perHost);
    this.#rate = new RateControl(rate, now());
    settings.ports.forEach((port, at) => {
      this.#portIndex[port] = at;
    });
  }

  /** Looks of SYN-ACKs by number. */
  get stacks(): readonly StackFacts[] {
    return this.#stacks.facts;
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
    let due = this.#held.length > 0 ? Math.max(this.#heldUntil, ready) : now + MAX_REST_MS;
    const full = this.#held.length >= MOST_HELD;
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
    this.#held = this.#held.filter((held) => held.chunk !== chunk);
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
    if (left > 0 && this.#held.length > 0) left = this.#sendHeld(now, left);
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
      if (!chunk.sending || this.#held.length >= MOST_HELD) return room;
      if (!exempt && this.#rate.delayMs(now) > 0) return room;
      const probe = chunk.take(LOOKED_AT);
      if (probe < 0) return room;
      if (!this.#admits(chunk, probe)) {
        chunk.held += 1;
        this.#held.push({ chunk, probe });
        continue;
      }
      if (!exempt) this.#rate.take();
      if (!this.#send(chunk, probe)) return 0;
      room -= 1;
    }
    return 0;
  }

  /** Those held back that their ceilings let pass now. After some in vain, none for a while. */
  #sendHeld(now: number, left: number): number {
    let room = left;
    let tried = 0;
    const most = Math.min(HELD_TRIES, this.#held.length);
    while (room > 0 && tried < most && now >= this.#heldUntil) {
      const held = this.#held[this.#heldAt];
      if (held === undefined) {
        if (this.#held.length === 0) break;
        this.#heldAt = 0;
        continue;
      }
      const { chunk, probe } = held;
      const isWanted = chunk.isOpenQuestion(probe);
      const exempt = this.#isExempt(chunk);
      if (isWanted && !exempt && this.#rate.delayMs(now) > 0) return room;
      if (isWanted && !this.#admits(chunk, probe)) {
        tried += 1;
        this.#heldAt += 1;
        continue;
      }
      this.#letGo(held);
      if (!isWanted) continue;
      if (!exempt) this.#rate.take();
      if (!this.#send(chunk, probe)) return 0;
      room -= 1;
    }
    if (tried > 0 && tried >= most) this.#heldUntil = now + HELD_REST_MS;
    return room;
  }

  /** Takes the one looked at off the list; the last one fills its place. */
  #letGo(held: Held): void {
    const last = this.#held.pop();
    if (last !== undefined && last !== held) this.#held[this.#heldAt] = last;
    held.chunk.held -= 1;
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
    const port = this.#settings.ports[chunk.portOf(probe)] ?? 0;
    const put = this.#wire.put(
      chunk.paths[host] ?? 0,
      chunk.block,
      host,
      sourcePort,
      port,
      this.#cookie(chunk, host, port, sourcePort),
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

  #cookie(chunk: Chunk, host: number, port: number, sourcePort: number): number {
    const at = host * 4;
    const ports = port * 65_536 + sourcePort;
    if (chunk.block.families[host] === 4) return this.#sip.hash2(chunk.words[at] ?? 0, ports);
    return this.#sip.hash(chunk.words, at, 4, ports, chunk.block.scopes[host] ?? 0);
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
    const reader = this.#reader;
    if (!reader.read(bytes, offset, length, family)) return;
    const round = reader.ourPort - this.#settings.sourcePort;
    const portAt = this.#portIndex[reader.port] ?? -1;
    if (round < 0 || round >= SOURCE_PORTS || portAt < 0) return;
    for (const chunk of this.#chunks.values()) {
      let host = chunk.find(bytes, reader.addressAt, family);
      while (host >= 0 && !this.#isOurs(chunk, host)) host = chunk.another();
      if (host < 0) continue;
      this.counts.valid += 1;
      return this.#heard(chunk, host * this.#settings.ports.length + portAt, round, bytes);
    }
  };

  /** A RST may acknowledge the sequence number alone, where the SYN itself was not counted. */
  #isOurs(chunk: Chunk, host: number): boolean {
    const { kind, port, ourPort, sequence } = this.#reader;
    const cookie = this.#cookie(chunk, host, port, ourPort);
    return sequence === cookie || (kind === 'rst' && sequence === (cookie - 1) >>> 0);
  }

  #heard(chunk: Chunk, probe: number, round: number, bytes: Memory): void {
    const { kind, reason } = this.#reader;
    if (round >= MOST_ROUNDS) {
      if (kind !== 'icmp') this.#witnesses.heard(round - MOST_ROUNDS);
      return;
    }
    if (!chunk.settle(probe, round)) {
      this.counts.duplicates += 1;
      return;
    }
    if (kind !== 'icmp') {
      const by = kind === 'syn-ack' ? chunk.answers.open : chunk.answers.closed;
      by[round] = (by[round] ?? 0) + 1;
      if (!chunk.block.loopback) this.#witnesses.offer(chunk.id, probe);
    }
    const stack = kind === 'syn-ack' ? this.#stackOf(bytes) : -1;
    this.#tell(chunk, probe, reason, this.#rttUs(), stack);
  }

  #stackOf(bytes: Memory): number {
    const { ttl, window } = this.#reader;
    return this.#stacks.numberOf(ttl, window, this.#reader.options(bytes));
  }

  #rttUs(): number {
    if (this.#reader.echo < 0) return -1;
    const elapsed = (this.#micros() - this.#reader.echo) >>> 0;
    return elapsed <= OLDEST_ECHO_US ? elapsed : -1;
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
