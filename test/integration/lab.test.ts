import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { met } from '../helpers/needs.ts';
import { type RunningServer, startServer } from '../lab/server.ts';
import { SERVERS } from '../lab/servers.ts';

/** Vitest runs five of these at a time. */
describe.concurrent('the lab', () => {
  for (const spec of SERVERS) {
    it.skipIf(!met(spec.needs))(`starts and stops ${spec.name}`, { timeout: 300_000 }, async () => {
      const server = await startServer(spec);
      const answers = await answersOfAllDoors(server);
      expect(Object.keys(answers)).toEqual(Object.keys(spec.doors));
      expect(Object.values(answers)).not.toContain(0);
      for (const expected of Object.values(server.expected)) {
        expect(expected.product).toBe(spec.product);
        expect(expected.version).toMatch(/^\d+(\.\w+)*$/);
      }
      expect(await openDoors(server)).toEqual([]);
      expect(existsSync(`/proc/${server.pid}`)).toBe(false);
      expect(existsSync(server.dir)).toBe(false);
    });
  }
});

/** How many bytes each door said; the server is stopped then. */
async function answersOfAllDoors(running: RunningServer): Promise<Record<string, number>> {
  await using server = running;
  const answers: Record<string, number> = {};
  for (const door of Object.keys(server.ports)) {
    answers[door] = (await server.hello(door)).length;
  }
  return answers;
}

/** The TCP doors that somebody still opens. */
async function openDoors(server: RunningServer): Promise<string[]> {
  const open: string[] = [];
  for (const [door, port] of Object.entries(server.ports)) {
    if (server.expected[door]?.transport === 'udp') continue;
    if (await opens(server.address, port)) open.push(door);
  }
  return open;
}

function opens(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
