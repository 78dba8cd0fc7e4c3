import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { CONTROL, type Order, type Report } from './messages.ts';
import type { RunSettings } from './run.ts';

/** What is told of a thread that has begun. */
export interface Listener {
  heard(report: Report): void;
  failed(cause: unknown): void;
}

/**
 * The thread of one run, from this side. It loads its parts from the start on and sends nothing
 * before `begin`; until then it keeps no process alive.
 */
export class SendingThread {
  readonly #control = new Int32Array(new SharedArrayBuffer(12));
  readonly #port: MessagePort;
  readonly #worker: Worker;
  #listener: Listener | null = null;
  #failure: { readonly cause: unknown } | null = null;

  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#worker = new Worker(new URL('./thread.js', import.meta.url), {
      workerData: { control: this.#control, port: port2 },
      transferList: [port2],
      // flags of the program, such as --input-type, may forbid the thread its file
      execArgv: [],
    });
    this.#worker.on('error', (cause: unknown) => this.#fail(cause));
    this.#worker.unref();
  }

  /** Call once. Everything heard from now on goes to `listener`; its own end comes as a failure. */
  begin(run: RunSettings, listener: Listener): void {
    this.#listener = listener;
    if (this.#failure !== null) listener.failed(this.#failure.cause);
    this.#worker.ref();
    this.#port.on('message', (report: Report) => listener.heard(report));
    // comes behind all reports, where the thread's own end may overtake them
    this.#port.on('close', () =>
      listener.failed(new Error('the sending thread ended before it was done')),
    );
    this.order({ type: 'begin', run });
    this.#set(CONTROL.begin, 1);
  }

  order(order: Order): void {
    this.#port.postMessage(order);
  }

  /** Has it send nothing for the moment, or go on. */
  rest(resting: boolean): void {
    this.#set(CONTROL.rest, resting ? 1 : 0);
  }

  /** It ends by itself, soon; nothing is heard of it any more. */
  stop(): void {
    this.#set(CONTROL.stop, 1);
    this.#port.close();
    this.#worker.unref();
  }

  #set(cell: number, value: 0 | 1): void {
    Atomics.store(this.#control, cell, value);
    Atomics.notify(this.#control, cell);
  }

  #fail(cause: unknown): void {
    this.#failure = { cause };
    this.#listener?.failed(cause);
  }
}

/** Gives a thread for each run. The first is started at once: it loads its parts while we load ours. */
export function threadSupply(): () => SendingThread {
  let first: SendingThread | null = new SendingThread();
  return () => {
    const thread = first ?? new SendingThread();
    first = null;
    return thread;
  };
}
