import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { met } from '../helpers/needs.ts';
import { type RunningServer, type ServerSpec, startServer } from '../lab/server.ts';
import { SERVERS } from '../lab/servers.ts';

/** Servers starting at the same time: the machines that run this have few cores. */
const AT_ONCE = 3;

describe.concurrent('the lab', () => {
  const slots = new Slots(AT_ONCE);
  for (const spec of SERVERS) {
    it.skipIf(!met(spec.needs))(`starts and stops ${spec.name}`, { timeout: 300_000 }, async () => {
      await slots.run(() => comesAndGoes(spec));
    });
  }
});

async function comesAndGoes(spec: ServerSpec): Promise<void> {
  const server = await startServer(spec);
  try {
    await everyDoorAnswers(server);
  } finally {
    await server.stop();
  }
  for (const [door, port] of Object.entries(server.ports)) {
    if (server.expected[door]?.transport === 'udp') continue;
    expect(await knock(server.address, port), `${door} after the stop`).toBe('ECONNREFUSED');
  }
  expect(existsSync(`/proc/${server.pid}`)).toBe(false);
  expect(existsSync(server.dir)).toBe(false);
}

async function everyDoorAnswers(server: RunningServer): Promise<void> {
  for (const [door, { product, version, protocol }] of Object.entries(server.expected)) {
    expect((await server.hello(door)).length, door).toBeGreaterThan(0);
    expect(product).toMatch(/^\w/);
    expect(version).toMatch(/^\d+(\.\w+)*$/);
    expect(protocol).toMatch(/^[a-z0-9-]+$/);
  }
}

function knock(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.once('connect', () => {
      socket.destroy();
      resolve('open');
    });
  });
}

class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  async run(task: () => Promise<void>): Promise<void> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      await task();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    }
  }
}
