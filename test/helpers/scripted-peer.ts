import { EventEmitter, once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import {
  type Bytes,
  type Credentials,
  Link,
  localhostCredentials,
  type PeerConnection,
  toBuffer,
} from './peer-link.ts';

export interface ScriptedPeer extends AsyncDisposable {
  readonly address: string;
  readonly port: number;
  /** In the order they came. */
  readonly connections: readonly PeerConnection[];
  /** Resolves when the nth connection (from 0) is over. */
  finished(index: number): Promise<PeerConnection>;
  /** Stops listening and tears down every connection. Idempotent. */
  close(): Promise<void>;
}

/** One step of a script. Rejects with an AbortError when the connection ends under it. */
export type Step = (link: Link) => Promise<void>;
export type Script = readonly Step[];

export interface PeerOptions {
  /** Default 127.0.0.1. */
  readonly address?: string;
  /** TLS from the first byte, with the certificate of test/fixtures/tls unless another is given. */
  readonly tls?: boolean | Credentials;
}

// ── steps ──────────────────────────────────────────────────────────────────────────────────────

/** Sends bytes. */
export function say(bytes: Bytes): Step {
  return (link) => link.send(bytes);
}

/**
 * Waits for a message: a prefix, a predicate over everything unread, or (nothing given) any bytes.
 * What is unread by then is consumed. A message that cannot match a prefix ends the connection and
 * stands in `trouble`.
 */
export function expectBytes(wanted?: Bytes | ((unread: Buffer) => boolean)): Step {
  if (typeof wanted === 'function') {
    return async (link) => {
      await link.receive((unread) => (wanted(unread) ? unread.length : null));
    };
  }
  const prefix = toBuffer(wanted ?? '');
  return async (link) => {
    const message = await link.receive((unread) => {
      const common = Math.min(unread.length, prefix.length);
      const fits = unread.subarray(0, common).equals(prefix.subarray(0, common));
      return !fits || common === prefix.length ? unread.length : null;
    });
    if (message.subarray(0, prefix.length).equals(prefix)) return;
    link.trouble ??= `expected ${quote(prefix)}, received ${quote(message)}`;
    link.close();
  };
}

function quote(bytes: Buffer): string {
  return JSON.stringify(bytes.subarray(0, 64).toString('latin1'));
}

/** Waits for one line (up to and with LF). */
export function expectLine(): Step {
  return async (link) => {
    await link.receive((unread) => {
      const at = unread.indexOf(10);
      return at < 0 ? null : at + 1;
    });
  };
}

/** Does nothing for a while. */
export function wait(ms: number): Step {
  return (link) => link.pause(ms);
}

/** Sends byte by byte. */
export function drip(bytes: Bytes, intervalMs = 20): Step {
  return async (link) => {
    for (const byte of toBuffer(bytes)) {
      await link.send(Uint8Array.of(byte));
      await link.pause(intervalMs);
    }
  };
}

/** One byte per second until the client goes away. */
export function tarpit(intervalMs = 1_000, byte = 0x2e): Step {
  return async (link) => {
    for (;;) {
      await link.send(Uint8Array.of(byte));
      await link.pause(intervalMs);
    }
  };
}

/** The same bytes again and again until the client goes away, as fast as it takes them. */
export function endless(bytes: Bytes = 'and so on '): Step {
  const block = Buffer.alloc(64 * 1024, toBuffer(bytes));
  return async (link) => {
    for (;;) await link.send(block);
  };
}

/** A response whose one header has `size` bytes (default 1 GB), streamed: `taken` says how far. */
export function hugeHttpHeader(size = 1_000_000_000): Step {
  const block = Buffer.alloc(64 * 1024, 'a');
  return async (link) => {
    await link.send('HTTP/1.1 200 OK\r\nX-Huge: ');
    for (let left = size; left > 0; left -= block.length) {
      await link.send(block.subarray(0, Math.min(left, block.length)));
    }
    await link.send('\r\nContent-Length: 0\r\n\r\n');
  };
}

/** Says nothing more until the client ends its side. */
export function silent(): Step {
  return (link) => link.clientEnd();
}

/** Holds the connection whatever the client does: not even its FIN is answered. */
export function hold(): Step {
  return (link) =>
    new Promise((_, reject) => {
      link.over.addEventListener('abort', () => reject(link.over.reason), { once: true });
    });
}

/** Ends our side in an orderly way and goes on reading: half-open. */
export function finish(): Step {
  return async (link) => link.finish();
}

/** Ends the connection in an orderly way (FIN). */
export function close(): Step {
  return async (link) => link.close();
}

/** Tears the connection down (RST). As the first step: reset after accept. */
export function reset(): Step {
  return async (link) => link.reset();
}

/** Handshakes TLS as server from here on (after the script agreed to STARTTLS). */
export function startTls(credentials: Credentials = localhostCredentials()): Step {
  return (link) => link.upgrade(credentials);
}

/** RFC 8446 §5.1: type, version, length, and then nothing that makes sense. */
const TLS_ANSWERS = {
  garbage: Buffer.alloc(512, '\x5a\x00\xff\x13', 'latin1'),
  alert: Buffer.from([0x15, 3, 3, 0, 2, 2, 40]),
  // A handshake record that announces 90 bytes of ServerHello and brings 6.
  'truncated-server-hello': Buffer.from([0x16, 3, 3, 0, 94, 2, 0, 0, 90, 3, 3]),
} as const;

/** Waits for a ClientHello and answers with something that no handshake survives. */
export function garbageTls(answer: keyof typeof TLS_ANSWERS = 'garbage'): Step {
  return async (link) => {
    await link.receive((unread) => (unread.length >= 5 ? unread.length : null));
    await link.send(TLS_ANSWERS[answer]);
    if (answer !== 'garbage') link.close();
  };
}

// ── captured conversations ─────────────────────────────────────────────────────────────────────

export interface Exchange {
  /**
   * What the client must say before the reply comes: the message's first bytes, or a predicate over
   * what is unread. Absent: the reply comes at once (a greeting).
   */
  readonly expect?: Bytes | ((unread: Buffer) => boolean);
  readonly reply: Bytes;
}

/** A script that serves captured bytes of a product; the same for every connection. */
export function replay(exchanges: readonly Exchange[]): Script {
  return exchanges.flatMap(({ expect, reply }) =>
    expect === undefined ? [say(reply)] : [expectBytes(expect), say(reply)],
  );
}

// ── the peer ───────────────────────────────────────────────────────────────────────────────────

/**
 * Listens on a port the kernel chooses and plays a script to each connection; a function gets the
 * connection's index (from 0) and gives its script. When a script is over the peer keeps silent and
 * ends its side after the client did.
 *
 * @example
 * await using peer = await scriptedPeer([say('220 ready\r\n'), expectLine(), reset()]);
 */
export async function scriptedPeer(
  script: Script | ((index: number) => Script),
  options: PeerOptions = {},
): Promise<ScriptedPeer> {
  const scriptOf = typeof script === 'function' ? script : () => script;
  const links: Link[] = [];
  const arrivals = new EventEmitter();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const link = new Link(socket);
    links.push(link);
    arrivals.emit('link');
    void play(link, [...tlsFirst(options), ...scriptOf(links.length - 1)]);
  });
  const address = options.address ?? '127.0.0.1';
  server.listen(0, address);
  await once(server, 'listening');
  const shut = () => closeAll(server, links);
  return {
    address,
    port: (server.address() as AddressInfo).port,
    connections: links,
    finished: (index) => finishedLink(arrivals, links, index),
    close: shut,
    [Symbol.asyncDispose]: shut,
  };
}

function tlsFirst({ tls }: PeerOptions): Step[] {
  if (!tls) return [];
  return [startTls(tls === true ? localhostCredentials() : tls)];
}

async function play(link: Link, script: Script): Promise<void> {
  try {
    for (const step of script) await step(link);
    await link.clientEnd();
  } catch (error) {
    if (!link.over.aborted) link.trouble ??= String(error);
  }
  link.close();
}

async function finishedLink(arrivals: EventEmitter, links: Link[], index: number): Promise<Link> {
  while (!links[index]) await once(arrivals, 'link');
  const link = links[index];
  if (!link.over.aborted) await once(link.over, 'abort');
  return link;
}

async function closeAll(server: Server, links: readonly Link[]): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  for (const link of links) link.destroy();
  await closed;
}
