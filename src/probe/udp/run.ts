import type { DatagramFacts } from '../../model/port.ts';
import type { Answer } from '../connect/dialer.ts';
import { hostPace, isExempt } from '../connect/pace.ts';
import { mix } from '../connect/permute.ts';
import { attemptTimeoutMs, RttEstimator } from '../connect/rtt.ts';
import { Shortage } from '../connect/shortage.ts';
import { TimerWheel } from '../connect/timer-wheel.ts';
import type { Work } from '../drive.ts';
import type { ProbeOptions, Told } from '../engine.ts';
import { type Ask, answered, findAsk, type Heard, waitMs } from './ask.ts';
import type { Addressee, Carrier, CarrierSink } from './carrier.ts';
import { DOUBT_MS, Doubts } from './doubt.ts';
import { UdpHost } from './host.ts';
import { Plans, type Question } from './question.ts';
import { OPEN, Tidings } from './tidings.ts';
import { Turns } from './turns.ts';

/** Longest stretch of sending without letting anything else on this thread run, milliseconds. */
const SLICE_MS = 6;
/** Datagrams between two looks at the answers. */
const CHUNK = 64;
/** After the first datagram of an answer more are waited for this long: amplifiers send many. */
const GATHER_MS = 200;
/** Longest sleep without looking round, milliseconds. */
const MAX_WAIT_MS = 100;
/** Hosts that may be unfinished at once, and ready ones below which another is admitted. */
const MAX_HOSTS = 4096;
const READY_HOSTS = 128;
/** Timers are precise to this, milliseconds. */
const TICK_MS = 4;
const PORTS = 65_536;

/** One run of a UDP engine over its carrier: asks each port its questions and tells what came. */
export class UdpRun<Target extends Addressee> implements Work {
  readonly #carrier: Carrier<Target>;
  readonly #ports: readonly number[];
  readonly #options: ProbeOptions;
  readonly #now: () => number;
  readonly #plans: Plans;
  readonly #wheel: TimerWheel;
  readonly #hosts = new Map<number, UdpHost<Target>>();
  readonly #byKey = new Map<string, UdpHost<Target>>();
  readonly #turns: Turns<UdpHost<Target>>;
  readonly #neighbours = new RttEstimator();
  readonly #shortage: Shortage;
  readonly #sink: CarrierSink;
  readonly #told: Tidings;
  /** Makes tokens that nobody can guess. */
  readonly #secret = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
  #admitted = 0;
  /** Ports being asked. */
  #used = 0;
  #warned = false;

  constructor(
    carrier: Carrier<Target>,
    questions: readonly Question[],
    ports: readonly number[],
    options: ProbeOptions,
    now: () => number,
  ) {
    this.#carrier = carrier;
    this.#ports = ports;
    this.#options = options;
    this.#now = now;
    this.#plans = new Plans(questions, options.attempts ?? 2);
    this.#wheel = new TimerWheel(now());
    this.#turns = new Turns(options.pace.rate, now());
    this.#shortage = new Shortage(carrier.capacity, options);
    this.#told = new Tidings(options.stats);
    this.#sink = {
      datagram: (key, port, payload, length) => this.#datagram(key, port, payload, length),
      failure: (key, port, answer) => this.#failure(key, port, answer),
    };
  }

  get idle(): boolean {
    return this.#hosts.size === 0 && this.#told.empty;
  }

  get hungry(): boolean {
    return (
      this.#hosts.size < MAX_HOSTS &&
      this.#turns.size < READY_HOSTS &&
      this.#used < this.#shortage.limit
    );
  }

  admit(address: string): void {
    const { pace, seed = 0, portsOf } = this.#options;
    const ports = portsOf === undefined ? this.#ports : portsOf(address);
    if (ports.length === 0) return;
    const target = this.#carrier.target(address);
    if (isAnswer(target)) {
      for (const port of ports) this.#told.port(address, port, target);
      return;
    }
    const id = this.#admitted++;
    const { rate } = hostPace(pace, address);
    const exempt = isExempt(pace, address);
    if (!exempt) this.#noteTarget();
    const key = mix(seed ^ mix(id + 1));
    const host = new UdpHost({ id, address, target, ports, rate, exempt, key }, this.#now());
    this.#hosts.set(id, host);
    this.#byKey.set(target.key, host);
    this.#ready(host);
  }

  #noteTarget(): void {
    const { target } = this.#turns;
    if (target !== undefined) this.#options.stats.targetRate = target;
  }

  step(): Told[] {
    const end = this.#now() + SLICE_MS;
    this.#carrier.collect(this.#sink);
    this.#wheel.advance(this.#now(), (id) => this.#fired(id));
    while (this.#sendChunk() && this.#now() < end) this.#carrier.collect(this.#sink);
    this.#carrier.collect(this.#sink);
    return this.#told.take();
  }

  restMs(): number {
    const now = this.#now();
    const timer = this.#wheel.nextMs(now, MAX_WAIT_MS);
    const held = this.#shortage.heldMs(now);
    if (held > 0) return Math.min(held, timer);
    if (this.#used >= this.#shortage.limit) return timer;
    return Math.min(timer, this.#turns.delayMs(now));
  }

  /** Up to `CHUNK` datagrams; false when nothing more can be sent now. */
  #sendChunk(): boolean {
    const now = this.#now();
    let more = this.#shortage.heldMs(now) === 0;
    for (let sent = 0; more && sent < CHUNK; sent++) {
      const host = this.#turns.next(now);
      if (host === undefined) more = false;
      else this.#sendTo(host, now);
    }
    this.#carrier.flush();
    return more;
  }

  #sendTo(host: UdpHost<Target>, now: number): void {
    const delay = host.bucket.delayMs(now);
    if (delay > 0) return this.#wakeLater(host, now + delay);
    const ask = this.#take(host, now);
    if (ask === null) return;
    host.bucket.take();
    this.#turns.spend(host);
    this.#ask(host, ask, now);
    this.#ready(host);
  }

  /** What to send to this host now; null when there is nothing, and it is woken when there is. */
  #take(host: UdpHost<Target>, now: number): Ask | null {
    for (let ask = host.ready.shift(); ask !== undefined; ask = host.ready.shift()) {
      // settled meanwhile by a late answer
      if (host.asks.get(ask.port) === ask && ask.heard === null) return ask;
    }
    if (this.#used >= this.#shortage.limit) {
      this.#wakeLater(host, now + MAX_WAIT_MS);
      return null;
    }
    const port = host.fresh();
    if (port !== undefined) return this.#begin(host, port, 'first');
    return this.#takeDoubted(host, now);
  }

  #begin(host: UdpHost<Target>, port: number, role: Ask['role']): Ask {
    const token = mix(this.#secret ^ mix(host.id * 0x9e37 + port * 0x10001));
    const ask: Ask = {
      port,
      token,
      plan: this.#plans.of(port),
      asked: 0,
      sentAt: 0,
      due: Number.POSITIVE_INFINITY,
      heard: null,
      role,
    };
    host.asks.set(port, ask);
    this.#used += 1;
    return ask;
  }

  /** Begins the next volley when it is time. */
  #takeDoubted(host: UdpHost<Target>, now: number): Ask | null {
    const { doubts } = host;
    if (doubts === null || doubts.underWay) return null;
    const ports = doubts.next(now);
    if (ports.length === 0) {
      this.#wakeLater(host, doubts.readyAt);
      return null;
    }
    for (const port of ports) host.ready.push(this.#begin(host, port, 'doubted'));
    host.ready.push(this.#begin(host, doubts.witness, 'witness'));
    return host.ready.shift() ?? null;
  }

  #ask(host: UdpHost<Target>, ask: Ask, now: number): void {
    const { stats } = this.#options;
    const question = ask.plan[ask.asked];
    if (question === undefined) return;
    ask.asked += 1;
    ask.sentAt = now;
    stats.probes += 1;
    if (ask.asked > 1 || ask.role !== 'first') stats.retries += 1;
    const payload = question.payload(ask.token);
    const loose = question.fromAnyPort === true;
    const answer = this.#carrier.send(host.target, ask.port, payload, loose);
    if (answer !== null) return this.#failed(host, ask, answer);
    // a volley ends when its witness, the last to be asked, has had its time
    if (ask.role !== 'doubted') this.#awaitAnswer(host, ask, now);
  }

  #awaitAnswer(host: UdpHost<Target>, ask: Ask, now: number): void {
    const { timeoutMs = 3000 } = this.#options;
    const guess = attemptTimeoutMs(host.rtt, this.#neighbours, 1, timeoutMs);
    this.#await(host, ask, now + waitMs(ask, guess, timeoutMs));
  }

  #await(host: UdpHost<Target>, ask: Ask, due: number): void {
    ask.due = due;
    this.#wheel.add(due, host.id * PORTS + ask.port);
  }

  #ready(host: UdpHost<Target>): void {
    if (this.#hosts.has(host.id)) this.#turns.push(host);
  }

  #wakeLater(host: UdpHost<Target>, at: number): void {
    if (at >= host.wakeAt) return;
    host.wakeAt = at;
    this.#wheel.add(at, -1 - host.id);
  }

  /** A timer went off: a host's turn (negative), or a port whose time is over. */
  #fired(id: number): void {
    const host = this.#hosts.get(id < 0 ? -1 - id : Math.floor(id / PORTS));
    if (host === undefined) return;
    if (id < 0) {
      host.wakeAt = Number.POSITIVE_INFINITY;
      return this.#ready(host);
    }
    const ask = host.asks.get(id % PORTS);
    if (ask === undefined || this.#now() + TICK_MS < ask.due) return;
    this.#over(host, ask);
  }

  #over(host: UdpHost<Target>, ask: Ask): void {
    if (ask.heard !== null) return this.#settleOpen(host, ask, ask.heard);
    if (ask.role === 'witness') return this.#closeVolley(host, ask);
    if (ask.asked < ask.plan.length) {
      ask.due = Number.POSITIVE_INFINITY;
      host.ready.push(ask);
      return this.#ready(host);
    }
    this.#end(host, ask);
    host.silent.push(ask.port);
    this.#conclude(host);
  }

  #closeVolley(host: UdpHost<Target>, witness: Ask): void {
    const { doubts } = host;
    this.#end(host, witness);
    if (doubts === null) return;
    const now = this.#now();
    for (const ask of [...host.asks.values()]) {
      if (ask.role === 'doubted' && ask.heard === null) this.#end(host, ask);
    }
    this.#settleSilent(host, doubts.close(now));
    const left = doubts.expired(now);
    if (left.length > 0) this.#giveUp(host, left);
    this.#conclude(host);
  }

  #giveUp(host: UdpHost<Target>, left: readonly number[]): void {
    this.#settleSilent(host, left);
    if (this.#warned) return;
    this.#warned = true;
    this.#options.warn(
      `${host.address} sends few ICMP refusals: after ${DOUBT_MS / 1000} s of waiting for them ` +
        `${left.length} UDP ports stay open|filtered that may be closed; ask fewer ports to know`,
    );
  }

  /** When all that is left of a host is silence: settles it, or begins to doubt it. */
  #conclude(host: UdpHost<Target>): void {
    if (!host.onlySilenceLeft) return this.#ready(host);
    const { attempts = 2 } = this.#options;
    const silent = host.silent;
    host.silent = [];
    if (silent.length > 0 && host.refused !== null && attempts > 1) {
      host.doubts = new Doubts(silent, host.refused, this.#now());
    } else {
      this.#settleSilent(host, silent);
    }
    this.#ready(host);
  }

  #datagram(key: string, port: number, payload: Uint8Array, length: number): void {
    const host = this.#byKey.get(key);
    const ask = host === undefined ? undefined : findAsk(host.asks, port, payload);
    if (host === undefined || ask === undefined || ask.asked === 0) return;
    this.#shortage.passed();
    host.shortages = 0;
    if (ask.heard !== null) {
      ask.heard.received += length;
      return;
    }
    const now = this.#now();
    const rttMs = ask.asked === 1 ? now - ask.sentAt : undefined;
    this.#learn(host, rttMs);
    const question = answered(ask, payload);
    const sent = question.payload(ask.token).length;
    ask.heard = { question, sent, received: length, payload, rttMs };
    host.doubts?.settled(ask.port, false);
    this.#await(host, ask, now + GATHER_MS);
  }

  #failure(key: string, port: number, answer: Answer): void {
    const host = this.#byKey.get(key);
    const ask = host?.asks.get(port);
    if (host !== undefined && ask !== undefined && ask.heard === null) {
      this.#failed(host, ask, answer);
    }
  }

  #failed(host: UdpHost<Target>, ask: Ask, answer: Answer): void {
    if (answer.state === 'short') return this.#ranShort(host, ask, answer);
    const refused = answer.state === 'closed';
    host.doubts?.settled(ask.port, refused);
    if (ask.role === 'witness') return; // its volley ends by its timer
    const rttMs = ask.asked === 1 ? this.#now() - ask.sentAt : undefined;
    if (refused) {
      host.refused ??= ask.port;
      this.#shortage.passed();
      host.shortages = 0;
      this.#learn(host, rttMs);
    }
    this.#end(host, ask);
    this.#told.port(host.address, ask.port, answer, refused ? rttMs : undefined);
    this.#count(host, 1);
    this.#conclude(host);
  }

  #ranShort(host: UdpHost<Target>, ask: Ask, answer: Answer): void {
    const now = this.#now();
    host.shortages += 1;
    const next = this.#shortage.ran(answer.reason, this.#used - 1, host.shortages, now);
    if (typeof next !== 'number') {
      return this.#failed(host, ask, { state: 'local-error', reason: next });
    }
    ask.asked -= 1;
    ask.due = Number.POSITIVE_INFINITY;
    host.ready.push(ask);
    this.#wakeLater(host, Math.max(next, now + TICK_MS));
  }

  #learn(host: UdpHost<Target>, rttMs: number | undefined): void {
    if (rttMs === undefined) return;
    host.rtt.add(rttMs);
    this.#neighbours.add(rttMs);
  }

  #settleOpen(host: UdpHost<Target>, ask: Ask, heard: Heard): void {
    this.#end(host, ask);
    const { question, sent, received, payload, rttMs } = heard;
    const datagram: DatagramFacts = { question: question.name, sent, received, payload };
    this.#told.port(host.address, ask.port, OPEN, rttMs, datagram);
    this.#count(host, 1);
    this.#conclude(host);
  }

  #settleSilent(host: UdpHost<Target>, ports: readonly number[]): void {
    if (ports.length === 0) return;
    this.#told.silence(host.address, ports);
    this.#count(host, ports.length);
  }

  /** Nothing more is wanted from the port. */
  #end(host: UdpHost<Target>, ask: Ask): void {
    host.asks.delete(ask.port);
    this.#used -= 1;
    this.#carrier.release(host.target, ask.port);
  }

  #count(host: UdpHost<Target>, ports: number): void {
    host.outcomes += ports;
    if (!host.complete) return;
    for (const ask of [...host.asks.values()]) this.#end(host, ask);
    this.#hosts.delete(host.id);
    this.#byKey.delete(host.target.key);
  }
}

function isAnswer(value: object): value is Answer {
  return 'state' in value && 'reason' in value;
}
