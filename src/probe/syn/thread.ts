/**
 * The sending thread: one loop of orders, sending and receiving, without an event loop. It ends when
 * told to, or when every chunk is finished and no more will come.
 */
import { type MessagePort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { StackFacts } from '../../model/port.ts';
import { type Libc, loadLibc } from '../../net/linux/libc.ts';
import { ANSWER_WORDS, CONTROL, type Order, type Report, UNKNOWN } from './messages.ts';
import { PacketWire } from './packet-wire.ts';
import { type RunSettings, SOURCE_PORTS, SynRun } from './run.ts';

/** Answers handed over at once, and the longest that they wait for it. */
const BATCH = 2048;
const BATCH_MS = 5;
const STATS_MS = 100;
/** A pause asked for by a reader that is slow, in slices. */
const REST_MS = 5;

interface Started {
  readonly port: MessagePort;
  readonly control: Int32Array;
}

/** Collects answers and hands them over in batches. */
class Outbox {
  readonly #port: MessagePort;
  #stacksTold = 0;
  /** Looks of SYN-ACKs, which answers name by number. */
  stacks: readonly StackFacts[] = [];
  #words = new Uint32Array(BATCH * ANSWER_WORDS);
  #count = 0;
  #since = 0;

  constructor(port: MessagePort) {
    this.#port = port;
  }

  report(report: Report, transfer: readonly ArrayBuffer[] = []): void {
    this.#port.postMessage(report, [...transfer]);
  }

  answer(chunk: number, probe: number, reason: number, rttUs: number, stack: number): void {
    if (this.#count === 0) this.#since = performance.now();
    const at = this.#count * ANSWER_WORDS;
    this.#words[at] = chunk;
    this.#words[at + 1] = probe;
    this.#words[at + 2] = reason;
    this.#words[at + 3] = rttUs < 0 ? UNKNOWN : rttUs;
    this.#words[at + 4] = stack < 0 ? UNKNOWN : stack;
    this.#count += 1;
    if (this.#count === BATCH) this.flush();
  }

  finished(id: number, settled: Uint32Array): void {
    this.flush();
    this.report({ type: 'finished', id, settled });
  }

  flushOld(): void {
    if (this.#count > 0 && performance.now() - this.#since >= BATCH_MS) this.flush();
  }

  flush(): void {
    if (this.#count === 0) return;
    const words = this.#words.slice(0, this.#count * ANSWER_WORDS);
    this.#count = 0;
    const stacks = this.stacks.slice(this.#stacksTold);
    this.#stacksTold = this.stacks.length;
    this.report({ type: 'answers', words, stacks }, [words.buffer]);
  }
}

class Thread {
  readonly #port: MessagePort;
  readonly #control: Int32Array;
  readonly #outbox: Outbox;
  readonly #run: SynRun;
  #ended = false;
  #asked = false;
  #statsAt = 0;

  constructor({ port, control }: Started, run: RunSettings, wire: PacketWire) {
    this.#port = port;
    this.#control = control;
    this.#outbox = new Outbox(port);
    this.#run = new SynRun(wire, run, () => performance.now(), this.#outbox);
    this.#outbox.stacks = this.#run.stacks;
  }

  loop(): void {
    while (Atomics.load(this.#control, CONTROL.stop) === 0) {
      this.#takeOrders();
      if (this.#done) break;
      this.#turn();
      this.#outbox.flushOld();
      this.#askForMore();
      if (performance.now() >= this.#statsAt) this.#tellStats();
    }
    this.#outbox.flush();
    this.#tellStats();
    this.#outbox.report({ type: 'done' });
  }

  get #done(): boolean {
    return this.#ended && this.#run.idle;
  }

  #turn(): void {
    if (Atomics.load(this.#control, CONTROL.rest) !== 0) {
      this.#run.receive(REST_MS);
      return;
    }
    this.#run.step();
    if (!this.#done) this.#run.receive(this.#run.restMs());
  }

  #takeOrders(): void {
    for (;;) {
      const received = receiveMessageOnPort(this.#port);
      if (received === undefined) return;
      const order = received.message as Order;
      if (order.type === 'end') this.#ended = true;
      else if (order.type === 'chunk') {
        this.#run.add(order.id, order.block);
        this.#asked = false;
      }
    }
  }

  #askForMore(): void {
    if (this.#asked || this.#ended || !this.#run.hungry) return;
    this.#asked = true;
    this.#outbox.report({ type: 'hungry' });
  }

  #tellStats(): void {
    this.#statsAt = performance.now() + STATS_MS;
    const { counts, targetRate, answers } = this.#run;
    this.#outbox.report({ type: 'stats', stats: { counts, targetRate, answers: [...answers] } });
  }
}

/** Waits for the first order: what is to be run. Null when the run was stopped before. */
function awaitBegin({ port, control }: Started): RunSettings | null {
  Atomics.wait(control, CONTROL.begin, 0);
  const order = receiveMessageOnPort(port)?.message as Order | undefined;
  return order?.type === 'begin' ? order.run : null;
}

async function main(): Promise<void> {
  const started = workerData as Started;
  const libc = await loadLibc();
  const run = awaitBegin(started);
  if (run !== null) work(libc, started, run);
  started.port.close();
}

function work(libc: Libc, started: Started, run: RunSettings): void {
  const first = run.sourcePort;
  const wire = PacketWire.open(libc, { first, last: first + SOURCE_PORTS - 1 });
  if (typeof wire === 'number') {
    started.port.postMessage({ type: 'failed', error: -wire } satisfies Report);
    return;
  }
  try {
    new Thread(started, run, wire).loop();
  } finally {
    wire.close();
  }
}

await main();
