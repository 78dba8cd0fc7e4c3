import type { Outcome } from '../../model/port.ts';
import type { ProbeOptions } from '../engine.ts';
import { AnswerTally, resentWithin } from './answer-tally.ts';
import { type Answer, type Dialer, SILENT, type Sink } from './dialer.ts';
import { Fifo } from './fifo.ts';
import { attemptCode, attemptOf, Host, NOTHING, portOf, resentOf } from './host.ts';
import { attemptsFor, LossCount } from './loss.ts';
import { hostPace, isExempt, OverallPace } from './pace.ts';
import { mix } from './permute.ts';
import { attemptTimeoutMs, RttEstimator } from './rtt.ts';
import { Shortage } from './shortage.ts';
import { Slots } from './slots.ts';
import { TimerWheel } from './timer-wheel.ts';

/** Longest stretch of sending without letting anything else on this thread run, milliseconds. */
const SLICE_MS = 6;
/** Attempts between two looks at the answers: bounds the error of a measured round trip. */
const CHUNK = 64;
/** A silent port is tried again this much later, so that a short burst of losses is over. */
const REPEAT_PAUSE_MS = 300;
/** Longest sleep without looking round, milliseconds. */
const MAX_WAIT_MS = 100;
const DEFAULT_TIMEOUT_MS = 3000;
/** Hosts that may be unfinished at once. */
export const MAX_HOSTS = 4096;
/** Another address is pulled only while fewer hosts than this have something to send. */
const READY_HOSTS = 128;
/** Time between two estimates of what losses hid, milliseconds. */
const LOSS_REVIEW_MS = 1000;

export type Clock = () => number;

/** One run of a connect engine over its dialer: schedules attempts and turns answers into outcomes. */
export class Run<Target> {
  readonly #dialer: Dialer<Target>;
  readonly #ports: readonly number[];
  readonly #options: ProbeOptions;
  readonly #timeoutMs: number;
  readonly #now: Clock;
  readonly #slots = new Slots<Host<Target>>();
  readonly #wheel: TimerWheel;
  readonly #hosts = new Map<number, Host<Target>>();
  /** Hosts with something to send: those the overall rate does not concern, and the others. */
  readonly #free = new Fifo<Host<Target>>();
  readonly #paced = new Fifo<Host<Target>>();
  readonly #overall: OverallPace;
  readonly #neighbours = new RttEstimator();
  readonly #loss = new LossCount();
  readonly #finished = new AnswerTally();
  readonly #shortage: Shortage;
  readonly #sink: Sink;
  #batch: Outcome[] = [];
  #admitted = 0;
  #lossReviewAt: number;

  constructor(dialer: Dialer<Target>, ports: readonly number[], options: ProbeOptions, now: Clock) {
    this.#dialer = dialer;
    this.#ports = ports;
    this.#options = options;
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#now = now;
    this.#wheel = new TimerWheel(now());
    this.#overall = new OverallPace(options.pace.rate, now());
    this.#shortage = new Shortage(dialer.capacity, options);
    this.#sink = (slot, answer, rttMs) => this.#answered(slot, answer, rttMs);
    this.#lossReviewAt = now() + LOSS_REVIEW_MS;
  }

  get idle(): boolean {
    return this.#hosts.size === 0 && this.#batch.length === 0;
  }

  /** True when another address could be put to use now. */
  get hungry(): boolean {
    return (
      this.#hosts.size < MAX_HOSTS &&
      this.#free.size + this.#paced.size < READY_HOSTS &&
      this.#slots.used < this.#shortage.limit
    );
  }

  admit(address: string): void {
    const target = this.#dialer.target(address);
    const { pace, seed = 0, portsOf } = this.#options;
    const ports = portsOf === undefined ? this.#ports : portsOf(address);
    if (ports.length === 0) return;
    const id = this.#admitted++;
    if (isAnswer(target)) {
      for (const port of ports) this.#report(address, port, target);
      return;
    }
    const settings = {
      id,
      address,
      target,
      ports,
      pace: hostPace(pace, address),
      exempt: isExempt(pace, address),
      key: mix(seed ^ mix(id + 1)),
    };
    if (!settings.exempt) this.#noteTarget();
    const host = new Host(settings, this.#now());
    this.#hosts.set(id, host);
    this.#ready(host);
  }

  /** Sends and collects for at most `SLICE_MS`; returns the outcomes since the last call, perhaps none. */
  step(): Outcome[] {
    const end = this.#now() + SLICE_MS;
    this.#dialer.collect(this.#sink);
    this.#wheel.advance(this.#now(), (id) => this.#fired(id));
    this.#overall.review(this.#now(), this.#loss);
    while (this.#sendChunk() && this.#now() < end) this.#dialer.collect(this.#sink);
    this.#dialer.collect(this.#sink);
    const batch = this.#batch;
    if (batch.length > 0) this.#batch = [];
    this.#reviewLoss(batch.length > 0 && this.#hosts.size === 0);
    return batch;
  }

  /** Milliseconds until there is something to do unless an answer comes; 0 when there is now. */
  restMs(): number {
    const now = this.#now();
    const timer = this.#wheel.nextMs(now, MAX_WAIT_MS);
    const held = this.#shortage.heldMs(now);
    if (held > 0) return Math.min(held, timer);
    if (this.#slots.used >= this.#shortage.limit) return timer;
    if (this.#free.size > 0) return 0;
    return this.#paced.size > 0 ? Math.min(timer, this.#overall.bucket.delayMs(now)) : timer;
  }

  /** Up to `CHUNK` attempts; false when nothing more can be sent now. */
  #sendChunk(): boolean {
    const now = this.#now();
    if (this.#shortage.heldMs(now) > 0) return false;
    for (let sent = 0; sent < CHUNK; sent++) {
      if (this.#slots.used >= this.#shortage.limit) return false;
      const host = this.#nextHost(now);
      if (host === undefined) return false;
      this.#sendTo(host, now);
    }
    return true;
  }

  #nextHost(now: number): Host<Target> | undefined {
    const free = this.#free.shift();
    if (free !== undefined) return free;
    if (this.#paced.size === 0 || this.#overall.bucket.delayMs(now) > 0) return undefined;
    return this.#paced.shift();
  }

  #reviewLoss(last: boolean): void {
    const now = this.#now();
    if (!last && now < this.#lossReviewAt) return;
    this.#lossReviewAt = now + LOSS_REVIEW_MS;
    if (this.#options.stats.targetRate !== undefined) this.#noteTarget();
    const underWay = new AnswerTally();
    for (const host of this.#hosts.values()) underWay.add(host.answers, this.#attemptsAt(host));
    const loss = this.#finished.estimate(underWay, this.#options.attempts ?? 2);
    if (loss !== undefined) this.#options.stats.loss = loss;
  }

  #noteTarget(): void {
    const { target } = this.#overall;
    if (target !== undefined) this.#options.stats.targetRate = target;
  }

  /** Attempts that a silent port of this host gets. */
  #attemptsAt(host: Host<Target>): number {
    const { attempts = 2 } = this.#options;
    return attemptsFor(attempts, host.loss, this.#loss, host.portCount);
  }

  #sendTo(host: Host<Target>, now: number): void {
    host.queued = false;
    if (!host.windowOpen) return;
    const delay = host.bucket.delayMs(now);
    if (delay > 0) return this.#wakeLater(host, now + delay);
    const code = host.take(now);
    if (code === NOTHING) return this.#wakeLater(host, host.repeatDue);
    host.bucket.take();
    if (!host.exempt) this.#overall.bucket.take();
    this.#dial(host, code, now);
    this.#ready(host);
  }

  #dial(host: Host<Target>, code: number, now: number): void {
    const attempt = attemptOf(code);
    const wait = attemptTimeoutMs(host.rtt, this.#neighbours, attempt, this.#timeoutMs);
    const slot = this.#slots.take(host, code, now, wait);
    host.inFlight += 1;
    this.#options.stats.probes += 1;
    if (attempt > 1) this.#options.stats.retries += 1;
    const answer = this.#dialer.dial(slot, host.target, portOf(code));
    if (answer !== null) return this.#answered(slot, answer);
    this.#wheel.add(now + wait, this.#slots.ticket(slot));
  }

  #ready(host: Host<Target>): void {
    if (host.queued) return;
    host.queued = true;
    (host.exempt ? this.#free : this.#paced).push(host);
  }

  #wakeLater(host: Host<Target>, at: number): void {
    if (at >= host.wakeAt || at === Number.POSITIVE_INFINITY) return;
    host.wakeAt = at;
    this.#wheel.add(at, -1 - host.id);
  }

  /** A timer went off: a host's turn (negative), or an attempt that took too long. */
  #fired(id: number): void {
    if (id >= 0) return this.#expired(id);
    const host = this.#hosts.get(-1 - id);
    if (host === undefined) return;
    host.wakeAt = Number.POSITIVE_INFINITY;
    this.#ready(host);
  }

  #expired(ticket: number): void {
    const slot = this.#slots.slotOf(ticket);
    const host = slot === null ? undefined : this.#slots.owner(slot);
    if (slot === null || host === undefined) return;
    const code = this.#slots.code(slot);
    const waited = this.#slots.waitMs(slot);
    this.#dialer.drop(slot);
    this.#release(slot, host);
    this.#silent(host, code, waited);
  }

  #silent(host: Host<Target>, code: number, waitedMs: number): void {
    const attempt = attemptOf(code);
    // a SYN counts where as much time is left for its answer as a first one gets
    const resent = resentOf(code) + (attempt > 1 ? resentWithin(waitedMs / 2) : 0);
    const { attempts = 2 } = this.#options;
    if (attempt < attemptsFor(attempts, host.loss, this.#loss, host.portCount)) {
      const next = attemptCode(portOf(code), attempt + 1, resent);
      host.repeat(next, this.#now() + REPEAT_PAUSE_MS);
      return;
    }
    host.loss.silent += 1;
    host.answers.believedSilent(attempt + resent);
    host.window?.grow();
    this.#settle(host, portOf(code), SILENT);
  }

  #answered(slot: number, answer: Answer, rttMs?: number): void {
    const host = this.#slots.owner(slot);
    if (host === undefined) return;
    const code = this.#slots.code(slot);
    const sentAt = this.#slots.sentAt(slot);
    this.#release(slot, host);
    if (answer.state === 'self') return this.#again(host, code, this.#now());
    if (answer.state === 'short') return this.#ranShort(host, code, answer);
    if (answer === SILENT) return this.#silent(host, code, this.#slots.waitMs(slot));
    this.#shortage.passed();
    host.shortages = 0;
    if (isFromHost(answer.state)) {
      const resent = resentOf(code) + resentWithin(rttMs ?? this.#now() - sentAt);
      host.answers.answered(answer.state, attemptOf(code) + resent);
      this.#learn(host, attemptOf(code), sentAt, rttMs);
    }
    this.#settle(host, portOf(code), answer, rttMs);
  }

  #release(slot: number, host: Host<Target>): void {
    this.#slots.free(slot);
    host.inFlight -= 1;
    this.#ready(host);
  }

  #again(host: Host<Target>, code: number, due: number): void {
    this.#options.stats.retries += 1;
    host.repeat(code, due);
  }

  #ranShort(host: Host<Target>, code: number, answer: Answer): void {
    const now = this.#now();
    host.shortages += 1;
    const next = this.#shortage.ran(answer.reason, this.#slots.used, host.shortages, now);
    if (typeof next === 'number') return this.#again(host, code, next);
    this.#settle(host, portOf(code), { state: 'local-error', reason: next });
  }

  #learn(host: Host<Target>, attempt: number, sentAt: number, rttMs?: number): void {
    host.loss.answer(attempt);
    this.#loss.answer(attempt);
    if (attempt > 1) host.window?.shrink(sentAt, this.#now());
    else host.window?.grow();
    if (rttMs === undefined) return;
    host.rtt.add(rttMs);
    this.#neighbours.add(rttMs);
  }

  #settle(host: Host<Target>, port: number, answer: Answer, rttMs?: number): void {
    this.#report(host.address, port, answer, rttMs);
    host.outcomes += 1;
    if (!host.complete) return;
    this.#finished.add(host.answers, this.#attemptsAt(host));
    this.#hosts.delete(host.id);
  }

  #report(address: string, port: number, answer: Answer, rttMs?: number): void {
    const { state, reason } = answer;
    if (state === 'self' || state === 'short') return;
    this.#options.stats.outcomes += 1;
    const transport = 'tcp';
    if (rttMs === undefined) this.#batch.push({ address, transport, port, state, reason });
    else this.#batch.push({ address, transport, port, state, reason, rttMs });
  }
}

/** ICMP errors come from routers, rate-limited and after seconds of ARP: they measure nothing of the host. */
function isFromHost(state: Answer['state']): state is 'open' | 'closed' {
  return state === 'open' || state === 'closed';
}

function isAnswer(value: unknown): value is Answer {
  return typeof value === 'object' && value !== null && 'state' in value && 'reason' in value;
}
