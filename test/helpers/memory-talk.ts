import type { TlsDetails } from '../../src/model/service.ts';
import type { Conversation, Framing, Reply } from '../../src/net/conversation.ts';

/** Receives after which a conversation counts as endless. */
const MAX_RECEIVES = 1000;
const MAX_CONNECTIONS = 8;

/** A TLS layer as `startTls` gives it. */
export const LAYER: TlsDetails = {
  startTls: true,
  version: 'TLSv1.3',
  cipher: 'TLS_AES_256_GCM_SHA384',
  chain: [],
};

export interface MemoryOptions {
  readonly port?: number;
  readonly transport?: 'tcp' | 'udp';
  readonly tls?: TlsDetails;
  /** Whether `startTls` succeeds; default true. */
  readonly tlsAgreed?: boolean;
}

/**
 * A conversation without a socket: hands out `replies` one after the other as they are asked for,
 * whatever is sent. Every fresh connection gets the same replies. For property tests: throws when a
 * plugin receives without end.
 */
export function memoryTalk(
  replies: readonly Uint8Array[],
  options: MemoryOptions = {},
): Conversation & { readonly sent: Uint8Array[] } {
  return new MemoryTalk(replies, options, { connections: 0, receives: 0 });
}

class MemoryTalk implements Conversation {
  readonly transport: 'tcp' | 'udp';
  readonly port: number;
  readonly serverName = undefined;
  readonly authority = '127.0.0.1';
  readonly sent: Uint8Array[] = [];
  tls: TlsDetails | undefined;
  readonly #options: MemoryOptions;
  readonly #replies: readonly Uint8Array[];
  readonly #spent: { connections: number; receives: number };
  #next = 0;
  #buffer: Uint8Array = new Uint8Array(0);

  constructor(
    replies: readonly Uint8Array[],
    options: MemoryOptions,
    spent: { connections: number; receives: number },
  ) {
    this.#replies = replies;
    this.#options = options;
    this.#spent = spent;
    this.port = options.port ?? 1;
    this.transport = options.transport ?? 'tcp';
    this.tls = options.tls;
  }

  get received(): Uint8Array {
    return Buffer.concat(this.#replies.slice(0, this.#next)).subarray(0, 4096);
  }

  send(bytes: Uint8Array | string): void {
    this.sent.push(Buffer.from(bytes as Uint8Array));
  }

  async receive(until?: Framing): Promise<Reply> {
    this.#spent.receives += 1;
    if (this.#spent.receives > MAX_RECEIVES) throw new Error('receives without end');
    for (;;) {
      const buffer = this.#buffer;
      const claimed = buffer.length === 0 ? null : until ? until(buffer) : buffer.length;
      if (claimed !== null && claimed <= buffer.length) {
        this.#buffer = buffer.subarray(claimed);
        return { bytes: buffer.subarray(0, claimed), end: 'complete' };
      }
      const more = this.#replies[this.#next];
      if (more === undefined) {
        this.#buffer = new Uint8Array(0);
        return { bytes: buffer, end: 'closed' };
      }
      this.#next += 1;
      this.#buffer = Buffer.concat([buffer, more]);
    }
  }

  async startTls(): Promise<TlsDetails | null> {
    if (this.#options.tlsAgreed === false) return null;
    this.tls = LAYER;
    this.#buffer = new Uint8Array(0);
    return LAYER;
  }

  async fresh(): Promise<Conversation | null> {
    this.#spent.connections += 1;
    if (this.#spent.connections > MAX_CONNECTIONS) return null;
    return new MemoryTalk(this.#replies, this.#options, this.#spent);
  }
}
