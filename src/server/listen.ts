import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAdaptorServer } from '@hono/node-server';
import { messageOf, problem } from '../model/errors.ts';
import { isLoopback } from '../model/loopback.ts';

/** What one client can hold: slow senders are ended, idle connections too. */
const LIMITS = { headersTimeout: 10_000, requestTimeout: 60_000, keepAliveTimeout: 65_000 };
const MAX_HEADERS = 16 * 1024;
/** Nothing was read or written: longer than between two heartbeats of a stream. */
const SILENT_MS = 60_000;
const MAX_CONNECTIONS = 2000;
const CHECK_MS = 2000;

export interface Listen {
  readonly host: string;
  readonly port: number;
}

/** Reads HOST:PORT, [IPv6]:PORT or PORT. Throws SERVE_OPTION. */
export function readListen(value: string): Listen {
  const match = /^(?:(?:\[([\da-f:.%\w]+)\]|([^:[\]]+)):)?(\d{1,5})$/i.exec(value);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    const wanted = 'HOST:PORT, [IPv6]:PORT or PORT';
    throw problem('SERVE_OPTION', { value, option: '--listen', problem: `it must be ${wanted}` });
  }
  return { host: match[1] ?? match[2] ?? '127.0.0.1', port };
}

/** Whether only programs of this machine can reach it. */
export function isLocal({ host }: Listen): boolean {
  return host === 'localhost' || isLoopback(host);
}

export function urlOf({ host, port }: Listen): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

export interface Listening {
  readonly at: Listen;
  /** No new connections; resolves when all answers are given, or cut off after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

export type Fetch = Parameters<typeof createAdaptorServer>[0]['fetch'];

/** Serves HTTP/1.1. Throws SERVE_LISTEN. */
export async function listen(wanted: Listen, fetch: Fetch): Promise<Listening> {
  const server = createAdaptorServer({
    fetch,
    serverOptions: {
      ...LIMITS,
      maxHeaderSize: MAX_HEADERS,
      connectionsCheckingInterval: CHECK_MS,
    },
  }) as Server;
  server.maxConnections = MAX_CONNECTIONS;
  server.timeout = SILENT_MS;
  server.listen(wanted.port, wanted.host);
  await once(server, 'listening').catch((error: unknown) => {
    throw problem('SERVE_LISTEN', { value: urlOf(wanted), problem: reasonOf(error) }, error);
  });
  const { port } = server.address() as AddressInfo;
  return { at: { host: wanted.host, port }, close: (graceMs) => close(server, graceMs) };
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  if (code === 'EADDRINUSE') return 'the port is in use';
  if (code === 'EACCES') return 'ports below 1024 need rights that this user has not';
  if (code === 'EADDRNOTAVAIL') return 'this machine has no such address';
  return messageOf(error);
}

async function close(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const done = new AbortController();
  const late = sleep(graceMs, undefined, { signal: done.signal }).then(
    () => server.closeAllConnections(),
    () => undefined,
  );
  // connections that were answering are idle only afterwards
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  await closed;
  clearInterval(idle);
  done.abort();
  await late;
}
