import { Worker } from 'node:worker_threads';
import type { AuditReport, SeenOutside } from '../../model/audit.ts';
import type { AuditDigest } from '../../model/audit-digest.ts';
import { PosternError, problem } from '../../model/errors.ts';
import type { Answer, HostDoors, Question } from './messages.ts';

/** An audit that takes longer is no audit; the thread is started anew. */
const WITHIN_MS = 30_000;
/** Questions under way: bounds what waits in memory. */
const MAX_WAITING = 32;
/** Without a question for so long, the thread ends: its libraries take memory that an idle server saves. */
const IDLE_MS = 30_000;
/** Of the thread, MB. The largest audit taken has 64 MB of text. */
const MAX_HEAP_MB = 768;

/** Sources of the tests have the thread where the compiler puts it. */
const THREAD = import.meta.url.endsWith('.ts')
  ? '../../../dist/server/audits/thread.js'
  : './audit-thread.js';

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** Reads audits in a thread of its own, one after another; it is started when one comes. */
class AuditReader {
  #worker: Worker | null = null;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;
  #idle: NodeJS.Timeout | undefined;

  /**
   * Reads an audit that an agent sent. `looksAt` is asked for what is known from outside of the host's
   * addresses. Throws AGENT_AUDIT, API_TOO_MANY.
   */
  async digest(
    body: Uint8Array,
    looksAt: (addresses: readonly string[]) => Promise<readonly SeenOutside[]>,
  ): Promise<AuditDigest> {
    const id = this.#nextId();
    const { addresses } = await this.#ask({ type: 'read', id, body }, 'read');
    try {
      const looks = await looksAt(addresses);
      return (await this.#ask({ type: 'digest', id, looks }, 'digest')).digest;
    } catch (error) {
      await this.#ask({ type: 'forget', id }, 'forgotten').catch(() => undefined);
      throw error;
    }
  }

  /** Joins a stored audit with what was seen from outside. */
  doors(body: Uint8Array, looks: readonly SeenOutside[]): Promise<HostDoors> {
    return this.#ask({ type: 'doors', id: this.#nextId(), body, looks }, 'doors');
  }

  async unpack(body: Uint8Array): Promise<AuditReport> {
    return (await this.#ask({ type: 'unpack', id: this.#nextId(), body }, 'unpacked')).report;
  }

  #nextId(): number {
    this.#last += 1;
    return this.#last;
  }

  async #ask<Type extends Answer['type']>(
    question: Question,
    type: Type,
  ): Promise<Extract<Answer, { type: Type }>> {
    if (this.#waiting.size >= MAX_WAITING) {
      throw problem('API_TOO_MANY', { value: 'audits that wait to be read' });
    }
    const worker = this.#start();
    const timer = setTimeout(() => void worker.terminate(), WITHIN_MS);
    try {
      const answer = await new Promise<Answer>((resolve, reject) => {
        this.#waiting.set(question.id, { resolve, reject });
        worker.postMessage(question);
      });
      if (answer.type === 'failed') throw failure(answer);
      if (answer.type !== type) throw new Error(`the thread answered ${answer.type} to ${type}`);
      return answer as Extract<Answer, { type: Type }>;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(question.id);
      this.#restLater();
    }
  }

  #start(): Worker {
    clearTimeout(this.#idle);
    if (this.#worker !== null) return this.#worker;
    const worker = new Worker(new URL(THREAD, import.meta.url), {
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
    });
    worker.on('message', (answer: Answer) => this.#waiting.get(answer.id)?.resolve(answer));
    worker.on('error', () => this.#ended(worker));
    worker.on('exit', () => this.#ended(worker));
    // a server that stops does not wait for it; listening made it wait
    worker.unref();
    this.#worker = worker;
    return worker;
  }

  /** Too much memory, or too long: what it was given was no audit. */
  #ended(worker: Worker): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    for (const { reject } of this.#waiting.values()) {
      reject(problem('AGENT_AUDIT', { problem: 'it took too long or too much memory to read' }));
    }
  }

  #restLater(): void {
    clearTimeout(this.#idle);
    if (this.#waiting.size > 0) return;
    this.#idle = setTimeout(() => {
      const worker = this.#worker;
      this.#worker = null;
      void worker?.terminate();
    }, IDLE_MS);
    this.#idle.unref();
  }
}

function failure({ code, message }: Extract<Answer, { type: 'failed' }>): Error {
  return code === null ? new Error(message) : new PosternError(code, message);
}

/** One thread for all requests. */
export const auditReader = new AuditReader();
