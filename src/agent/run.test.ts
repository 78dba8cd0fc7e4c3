import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { auditOf } from '../../test/helpers/made-audits.ts';
import { problem } from '../model/errors.ts';
import { Outbox } from './outbox.ts';
import { type AgentWorld, runAgent } from './run.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'postern-run-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const SETTINGS = { now: '2026-01-01T00:00:00Z', name: 'a', helloSeconds: 60, auditSeconds: 3600 };

interface Script {
  /** What the server does at each sign of life; the last again and again. */
  readonly hello: (turn: number) => void;
  readonly send?: (turn: number) => void;
  readonly fingerprint?: (turn: number) => string;
  /** The time of day at a second, ms; that of the clock when not given. */
  readonly now?: (second: number) => number;
  /** Turns of the loop until it is stopped; each is a second of its clock. */
  readonly turns: number;
}

/** Runs an agent whose clock goes on a second with each look at it: what it did, at which second. */
async function ran(script: Script) {
  const stopping = new AbortController();
  const did: string[] = [];
  const said: string[] = [];
  const ages: number[] = [];
  const outbox = await Outbox.open(folder);
  let [second, hellos, sent, prints] = [0, 0, 0, 0];
  const world: AgentWorld = {
    audit: async () => {
      did.push(`${second} audit`);
      return auditOf({ listeners: {} });
    },
    fingerprint: async () => script.fingerprint?.(prints++) ?? 'same',
    client: {
      hello: async () => {
        did.push(`${second} hello`);
        script.hello(hellos++);
        return SETTINGS;
      },
      send: async (_body, ageMs) => {
        did.push(`${second} send`);
        ages.push(ageMs);
        script.send?.(sent++);
      },
    },
    outbox,
    pollMs: 30_000,
    signal: stopping.signal,
    say: (line) => said.push(line),
    clock: () => second * 1000,
    now: () => script.now?.(second) ?? second * 1000,
    chance: () => 1,
    rest: async () => {
      second += 1;
      if (second > script.turns) stopping.abort();
    },
  };
  await runAgent(world);
  return { did, said, ages, waiting: (await outbox.waiting()).length };
}

it('audits at the start, on change and when it is time, and says that it is there', async () => {
  const { did, waiting } = await ran({
    hello: () => undefined,
    fingerprint: (turn) => (turn < 3 ? 'before' : 'after'),
    turns: 3700,
  });
  expect(did.filter((one) => one.endsWith('audit'))).toEqual(['0 audit', '90 audit', '3690 audit']);
  expect(did.filter((one) => one.endsWith('send'))).toEqual(['0 send', '90 send', '3690 send']);
  expect(did.filter((one) => one.endsWith('hello'))).toHaveLength(62);
  expect(waiting).toBe(0);
});

it('asks a server that is away ever more seldom, and loses nothing', async () => {
  const { did, said, waiting } = await ran({
    hello: (turn) => {
      if (turn < 9) throw problem('AGENT_UNREACHABLE', { value: 'x', problem: 'refused' });
    },
    fingerprint: (turn) => String(turn < 4),
    turns: 900,
  });
  const times = did.filter((one) => one.endsWith('hello')).map((one) => Number.parseInt(one, 10));
  expect(times.slice(0, 10)).toEqual([0, 1, 3, 7, 15, 31, 63, 127, 255, 511]);
  expect(did.filter((one) => one.endsWith('send'))).toEqual(['511 send', '511 send']);
  expect(said).toHaveLength(3);
  expect(waiting).toBe(0);
});

it('tells the age of its audits by a clock that nobody sets', async () => {
  const { ages } = await ran({
    hello: (turn) => {
      if (turn < 3) throw problem('AGENT_UNREACHABLE', { value: 'x', problem: 'refused' });
    },
    now: (second) => (second < 5 ? 0 : Date.UTC(2026, 0)) + second * 1000,
    turns: 20,
  });
  expect(ages).toEqual([7000]);
});

it('is not held up by an audit that cannot be read back', async () => {
  const broken = join(folder, 'audits', `0000000001-1-${randomUUID()}.json.gz`);
  mkdirSync(broken, { recursive: true });
  const { did, said, waiting } = await ran({ hello: () => undefined, turns: 40 });
  expect(did.filter((one) => one.endsWith('send'))).toEqual(['0 send']);
  expect(said.filter((line) => line.includes('AGENT_STATE') || line.includes(folder))).toHaveLength(
    1,
  );
  expect(waiting).toBe(1);
});

it('drops an audit that is never taken, and goes on', async () => {
  const { said, waiting } = await ran({
    hello: () => undefined,
    send: (turn) => {
      if (turn === 0) throw problem('AGENT_AUDIT', { problem: 'too large' });
    },
    fingerprint: (turn) => String(turn),
    turns: 40,
  });
  expect(said.filter((line) => line.includes('dropped'))).toHaveLength(1);
  expect(waiting).toBe(0);
});

it('ends at once when it was revoked', async () => {
  const revoked = ran({
    hello: () => {
      throw problem('AGENT_REVOKED', { value: 'a' });
    },
    turns: 10,
  });
  await expect(revoked).rejects.toMatchObject({ code: 'AGENT_REVOKED' });
});
