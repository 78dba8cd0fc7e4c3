import { type Glance, type GlanceRequest, type Handshake, withoutConnection } from './glance.ts';

/** Bytes of a peer that are kept. */
export const KEPT_BYTES = 1024;
/** Bytes after which a peer has said enough, whatever it is. */
const ENOUGH_BYTES = 4096;
const KEPT_ARRIVALS = 64;

/** What a kernel tells of a connection under way; fields are absent where it does not. */
export interface LineFacts {
  readonly bytesAcked?: number;
  readonly window?: number;
  readonly options?: string;
}

/** One connection, as a `Looking` needs it. */
export interface Line {
  send(bytes: Uint8Array): void;
  facts(): LineFacts;
  /** Ends the connection with RST, so that neither side keeps it. */
  drop(): void;
}

/**
 * One quick look, whatever the sockets: waits for a greeting, says something, waits for an answer.
 * The observer tells it what happened; it tells once how the look ended.
 */
export class Looking {
  readonly #request: GlanceRequest;
  readonly #done: (glance: Glance) => void;
  readonly #said: Uint8Array[] = [];
  readonly #arrivals: number[] = [];
  #line: Line | null = null;
  #timer: NodeJS.Timeout | undefined;
  #connectedAt = 0;
  #answerBy = 0;
  #bytes = 0;
  #saidFirst = 0;
  #asked = false;
  #atStart: LineFacts = {};
  #over = false;

  constructor(request: GlanceRequest, done: (glance: Glance) => void) {
    this.#request = request;
    this.#done = done;
    this.#after(request.patience.connectMs, () => this.failed('silent'));
  }

  connected(line: Line): void {
    if (this.#over) return line.drop();
    this.#line = line;
    this.#connectedAt = performance.now();
    this.#atStart = line.facts();
    this.#after(this.#request.patience.greetingMs, () => this.#ask());
  }

  failed(handshake: Exclude<Handshake, 'completed'>): void {
    if (this.#over) return;
    this.#finish();
    this.#done(withoutConnection(handshake));
  }

  heard(bytes: Uint8Array): void {
    if (this.#over) return;
    if (this.#arrivals.length < KEPT_ARRIVALS) {
      this.#arrivals.push(Math.round(performance.now() - this.#connectedAt));
    }
    const room = KEPT_BYTES - this.#bytes;
    // a copy: the observer reads the next bytes into the same memory
    if (room > 0) this.#said.push(Uint8Array.from(bytes.subarray(0, room)));
    this.#bytes += bytes.length;
    if (this.#bytes >= ENOUGH_BYTES || this.#spokeLong()) return this.#end('open');
    if (this.#asked) this.#awaitMore();
  }

  /** The peer ended: in order, or by tearing the connection down. */
  ended(how: 'closed' | 'reset'): void {
    this.#end(how);
  }

  #spokeLong(): boolean {
    const [first = 0] = this.#arrivals;
    const { enoughMs = Number.POSITIVE_INFINITY } = this.#request.patience;
    return (this.#arrivals.at(-1) ?? 0) - first >= enoughMs;
  }

  #ask(): void {
    const { question, patience } = this.#request;
    this.#saidFirst = Math.min(this.#bytes, KEPT_BYTES);
    if (question.length > 0) {
      this.#asked = true;
      this.#line?.send(question);
    }
    this.#answerBy = performance.now() + patience.answerMs;
    this.#after(patience.answerMs, () => this.#end('open'));
  }

  /** More of an answer follows soon or not at all. */
  #awaitMore(): void {
    const left = this.#answerBy - performance.now();
    this.#after(Math.min(left, this.#request.patience.quietMs), () => this.#end('open'));
  }

  #end(end: Glance['end']): void {
    if (this.#over) return;
    const now = end === 'reset' ? {} : (this.#line?.facts() ?? {});
    this.#finish();
    this.#done({
      handshake: 'completed',
      said: Buffer.concat(this.#said),
      saidFirst: this.#asked ? this.#saidFirst : Math.min(this.#bytes, KEPT_BYTES),
      arrivals: this.#arrivals,
      asked: this.#asked,
      end,
      ...this.#acknowledged(now),
      ...(now.window === undefined ? {} : { window: now.window }),
      ...(this.#atStart.options === undefined ? {} : { stack: this.#atStart.options }),
    });
  }

  /** The peer's own bytes prove nothing of ours: a tarpit speaks without listening. */
  #acknowledged(now: LineFacts): { acknowledged?: boolean } {
    const before = this.#atStart.bytesAcked;
    if (!this.#asked || before === undefined || now.bytesAcked === undefined) return {};
    return { acknowledged: now.bytesAcked > before };
  }

  #finish(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#line?.drop();
  }

  #after(ms: number, act: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(act, Math.max(0, ms));
  }
}
