import { readFileSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type ServerType, serve } from '@hono/node-server';
import type { Caller } from '../../src/server/caller.ts';
import { ROUTES } from '../../src/server/routes.ts';
import { testApi } from '../helpers/test-api.ts';
import { openTestStore, type TestStore } from '../helpers/test-store.ts';
import type { Certificate } from './certificates.ts';

/** The API over a store of its own, on a port: agents of other processes reach it. */
export interface AgentServer {
  readonly stored: TestStore;
  /** As a person. Throws when it fails. */
  ask<T>(method: string, path: string, body?: unknown, caller?: Caller): Promise<T>;
  /** Listens (again); resolves to the port, the same each time. */
  up(): Promise<number>;
  down(): Promise<void>;
  /** Requests so far. */
  readonly requests: () => number;
  end(): Promise<void>;
}

export async function agentServer(
  hostname: string,
  certificate?: Certificate,
): Promise<AgentServer> {
  const stored = await openTestStore();
  const api = testApi(stored.store, ROUTES);
  const tls =
    certificate === undefined
      ? {}
      : {
          createServer: createTlsServer,
          serverOptions: {
            key: readFileSync(certificate.key),
            cert: readFileSync(certificate.cert),
          },
        };
  let server: ServerType | undefined;
  let port = 0;
  let requests = 0;
  const fetch = (request: Request) => {
    requests += 1;
    return api.fetch(request);
  };
  const down = async (): Promise<void> => {
    const running = server;
    server = undefined;
    if (running === undefined) return;
    await new Promise((resolve) => {
      running.close(resolve);
      if ('closeAllConnections' in running) running.closeAllConnections();
    });
  };
  return {
    stored,
    requests: () => requests,
    ask: async <T>(method: string, path: string, body?: unknown, caller?: Caller) => {
      const answer = await api.ask(method, path, {
        ...(body === undefined ? {} : { body }),
        ...(caller === undefined ? {} : { caller }),
      });
      if (answer.status >= 300) throw new Error(JSON.stringify(answer));
      return answer.json as T;
    },
    up: () =>
      new Promise((resolve) => {
        server = serve({ fetch, hostname, port, ...tls }, (info: AddressInfo) => {
          port = info.port;
          resolve(port);
        });
      }),
    down,
    end: async () => {
      await down();
      await stored.end();
    },
  };
}
