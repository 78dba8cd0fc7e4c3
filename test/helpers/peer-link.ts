import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSecureContext, TLSSocket } from 'node:tls';

/** How a connection stands, seen from the peer. */
export type ConnectionEnd = 'open' | 'client-closed' | 'client-reset' | 'we-closed' | 'we-reset';

/** What the peer saw of one connection. Live: read it whenever the test wants to know. */
export interface PeerConnection {
  /** Everything the client sent, in clear (after a TLS upgrade: decrypted). */
  readonly received: Buffer;
  /** Bytes that the kernel took for sending; what the client left unread is part of it (a few MB). */
  readonly taken: number;
  readonly end: ConnectionEnd;
  /** The first thing that did not go by the script (an unexpected message), if any. */
  readonly trouble: string | undefined;
}

export interface Credentials {
  readonly key: string | Buffer;
  readonly cert: string | Buffer;
  readonly alpn?: readonly string[];
}

export type Bytes = string | Uint8Array;

/** Text stands for its Latin-1 bytes, so '\xff' is one byte. */
export function toBuffer(bytes: Bytes): Buffer {
  return typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : Buffer.from(bytes);
}

let shared: Credentials | undefined;

/** A self-signed certificate for localhost, valid for a century. */
export function localhostCredentials(): Credentials {
  const folder = new URL('../fixtures/tls/', import.meta.url);
  shared ??= {
    key: readFileSync(new URL('localhost.key', folder)),
    cert: readFileSync(new URL('localhost.crt', folder)),
  };
  return shared;
}

/** One accepted connection as its script sees it. */
export class Link implements PeerConnection {
  readonly #raw: Socket;
  #socket: Socket;
  readonly #over = new AbortController();
  readonly #received: Buffer[] = [];
  #unread = Buffer.alloc(0);
  #wake: () => void = () => {};
  #clientEnded = false;
  taken = 0;
  end: ConnectionEnd = 'open';
  trouble: string | undefined;

  constructor(socket: Socket) {
    this.#raw = socket;
    this.#socket = socket;
    this.#listen(socket);
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') this.#finish('client-reset');
    });
    socket.once('close', () => this.#finish('client-closed'));
  }

  get received(): Buffer {
    return Buffer.concat(this.#received);
  }

  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** Resolves when the kernel has taken the bytes: backpressure of the client holds it up. */
  send(bytes: Bytes): Promise<void> {
    const buffer = toBuffer(bytes);
    return this.#untilOver<void>((resolve) => {
      this.#socket.write(buffer, (error) => {
        if (error) return;
        this.taken += buffer.length;
        resolve();
      });
    });
  }

  /** Waits until `claim` says how many of the unread bytes make the message, and consumes those. */
  async receive(claim: (unread: Buffer) => number | null): Promise<Buffer> {
    for (;;) {
      const length = this.#unread.length > 0 ? claim(this.#unread) : null;
      if (length !== null) {
        const message = this.#unread.subarray(0, length);
        this.#unread = this.#unread.subarray(length);
        return message;
      }
      if (this.#clientEnded) this.close();
      await this.#news();
    }
  }

  /** Waits until the client ended its side. */
  async clientEnd(): Promise<void> {
    while (!this.#clientEnded) await this.#news();
  }

  pause(ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: this.over });
  }

  async upgrade(credentials: Credentials): Promise<void> {
    this.#socket.removeAllListeners('data');
    this.#socket.removeAllListeners('end');
    this.#raw.pause();
    if (this.#unread.length > 0) this.#raw.unshift(this.#unread);
    this.#unread = Buffer.alloc(0);
    const { key, cert, alpn } = credentials;
    const secure = new TLSSocket(this.#raw, {
      isServer: true,
      secureContext: createSecureContext({ key, cert }),
      ...(alpn && { ALPNProtocols: [...alpn] }),
    });
    secure.on('error', (error) => {
      this.trouble ??= error.message;
    });
    secure.once('close', () => this.#finish('client-closed'));
    this.#socket = secure;
    this.#listen(secure);
    await this.#untilOver<void>((resolve) => secure.once('secure', resolve));
  }

  finish(): void {
    this.#socket.end();
  }

  close(): void {
    this.#socket.end(() => this.#raw.destroy());
    this.#finish('we-closed');
  }

  /** Drops everything at once, without a word to the client beyond what the kernel says. */
  destroy(): void {
    this.#finish('we-closed');
    this.#raw.destroy();
  }

  reset(): void {
    this.#finish('we-reset');
    this.#raw.resetAndDestroy();
  }

  #listen(socket: Socket): void {
    socket.on('data', (chunk: Buffer) => {
      this.#received.push(chunk);
      this.#unread = Buffer.concat([this.#unread, chunk]);
      this.#wake();
    });
    socket.on('end', () => {
      this.#clientEnded = true;
      this.#wake();
    });
  }

  #finish(end: ConnectionEnd): void {
    if (this.end === 'open') this.end = end;
    this.#over.abort();
  }

  /** Bytes arrived or the client ended. */
  #news(): Promise<void> {
    return this.#untilOver<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  #untilOver<T>(start: (resolve: (value: T) => void) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const stop = () => reject(this.over.reason);
      if (this.over.aborted) return stop();
      this.over.addEventListener('abort', stop, { once: true });
      start((value) => {
        this.over.removeEventListener('abort', stop);
        resolve(value);
      });
    });
  }
}
