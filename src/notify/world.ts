import { connect, isIP, type Socket } from 'node:net';
import { messageOf, problem } from '../model/errors.ts';
import { within } from '../net/within.ts';
import type { World } from './channel.ts';
import { type Guard, permittedAddresses } from './guard.ts';
import { guardedPost } from './guarded-fetch.ts';

export interface WorldOptions {
  readonly guard: Guard;
  readonly signal: AbortSignal;
  readonly now: () => Date;
  /** For one HTTP exchange or one connection to be made; default 15,000. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 15_000;

/** The world of channels: every way out goes through the guard. */
export function createWorld({ guard, signal, now, timeoutMs = TIMEOUT_MS }: WorldOptions): World {
  return {
    now,
    signal,
    fetch: (request) => guardedPost(request, guard, { signal, timeoutMs }),
    addresses: (host) => permittedAddresses(host, guard),
    connect: async (host, port) => {
      const addresses = await permittedAddresses(host, guard);
      signal.throwIfAborted();
      return connected(host, port, addresses, within(timeoutMs, signal));
    },
  };
}

/** A connection to the first of the addresses that takes one. */
async function connected(
  host: string,
  port: number,
  addresses: readonly string[],
  signal: AbortSignal,
): Promise<Socket> {
  let last: unknown = new Error('no address');
  for (const address of addresses) {
    try {
      return await dial(address, port, signal);
    } catch (thrown) {
      last = thrown;
    }
  }
  throw problem('NOTIFY_UNREACHABLE', { peer: `${host}:${port}`, problem: messageOf(last) });
}

function dial(address: string, port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, family: isIP(address) });
    const abort = (): void => {
      socket.destroy();
      reject(new Error('no answer in time'));
    };
    // stays: a reset between here and the caller's own listener must not end the process
    socket.on('error', reject);
    socket.once('connect', () => {
      signal.removeEventListener('abort', abort);
      resolve(socket);
    });
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}
