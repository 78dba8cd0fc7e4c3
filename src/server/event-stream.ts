/** Server-sent events (HTML, 9.2) to one listener. */

/** A reader this many events behind is ended: it comes back, and goes on where it was. */
const BEHIND = 512;
const HEARTBEAT_MS = 15_000;
/** How long somebody listens on whose key was revoked. */
const RECHECK_MS = 60_000;
/** How soon a browser comes back. */
const RETRY_MS = 2000;

export class EventStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly #encoder = new TextEncoder();
  readonly #timers: readonly NodeJS.Timeout[];
  readonly #onEnd: () => void;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;

  constructor(stillAllowed: () => Promise<boolean>, onEnd: () => void) {
    this.#onEnd = onEnd;
    this.body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
      cancel: () => this.#ended(),
    });
    this.#timers = [
      setInterval(() => this.send(': alive\n\n'), HEARTBEAT_MS),
      setInterval(() => this.#recheck(stillAllowed), RECHECK_MS),
    ];
    this.send(`retry: ${RETRY_MS}\n\n`);
  }

  send(text: string): void {
    if (this.#controller === null) return;
    this.#controller.enqueue(this.#encoder.encode(text));
    if ((this.#controller.desiredSize ?? 0) < -BEHIND) this.end();
  }

  /** What was sent still arrives. */
  end(): void {
    this.#controller?.close();
    this.#ended();
  }

  async #recheck(stillAllowed: () => Promise<boolean>): Promise<void> {
    if (!(await stillAllowed())) this.end();
  }

  #ended(): void {
    if (this.#controller === null) return;
    this.#controller = null;
    for (const timer of this.#timers) clearInterval(timer);
    this.#onEnd();
  }
}
