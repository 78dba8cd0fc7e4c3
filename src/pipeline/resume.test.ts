import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { say, scriptedPeer, silent } from '../../test/helpers/scripted-peer.ts';
import type { Outcome } from '../model/port.ts';
import type { Verdict } from '../model/verdict.ts';
import type { Resolution } from '../net/dns.ts';
import type { Engine } from '../probe/engine.ts';
import { NO_EXCLUSIONS } from '../targets/exclude.ts';
import { formatPorts } from '../targets/ports.ts';
import { readTargets } from '../targets/read.ts';
import { createJournal } from './journal/create.ts';
import type { Entry } from './journal/entry.ts';
import { Journal } from './journal/open.ts';
import { type LookRequest, look } from './look.ts';

let folder = '';
let made = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-past-'));
});
afterAll(() => rm(folder, { recursive: true }));

const ID = '7d2c1a52-6f1b-4f0a-9a3e-0f4a5f0c9b11';
const VERDICT: Verdict = {
  level: 'unknown',
  severity: 'info',
  rule: 'unknown.service',
  why: 'A test.',
  todo: '',
};

interface World {
  readonly ports: readonly number[];
  readonly targets: readonly string[];
  /** Told by an earlier run, which was killed then. */
  readonly told: readonly Outcome[];
  readonly addressesOf?: Readonly<Record<string, readonly string[]>>;
  readonly signal?: AbortSignal;
}

/** Calls every port closed and remembers what it was asked. */
function recorder(asked: string[]): Engine {
  return {
    name: 'recorder',
    transport: 'tcp',
    autoRate: 1,
    async *probe(addresses, ports, { portsOf }) {
      for await (const address of addresses) {
        for (const port of portsOf?.(address) ?? ports) {
          asked.push(`${address} ${port}`);
          yield [{ address, transport: 'tcp', port, state: 'closed', reason: 'rst' }];
        }
      }
    },
  };
}

async function begun({ ports, targets, told, signal }: World): Promise<string> {
  const path = join(folder, `${(made += 1)}.state`);
  const never = new AbortController().signal;
  await createJournal(path, {
    tool: 'postern 0.0.0',
    id: ID,
    startedAt: '2026-01-01T00:00:00.000Z',
    settings: {
      ports: { tcp: formatPorts(ports), udp: '' },
      seed: 1,
      shard: null,
      identify: true,
      show: ['open'],
      policy: null,
    },
    manner: { engine: 'auto', rate: 'auto', perHost: 'auto', timeout: null },
    targets: readTargets(targets, { signal: never, onProblem: () => undefined }),
    problems: () => [],
    exclude: [],
    signal: signal ?? never,
  });
  const journal = await opened(path);
  await entriesOf(journal);
  const writer = await journal.writer({
    show: new Set(['open']),
    spent: () => ({ probes: 10, retries: 0, slowdowns: 0, ms: 1000 }),
    onFailure: (failure) => {
      throw failure;
    },
  });
  for (const outcome of told) writer.told(outcome);
  await writer.close();
  return path;
}

async function opened(path: string): Promise<Journal> {
  const journal = await Journal.open(path);
  if (journal === null) throw new Error('there is no journal');
  return journal;
}

async function entriesOf(journal: Journal): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of journal.told()) entries.push(entry);
  return entries;
}

async function resume(path: string, { ports, addressesOf = {}, signal }: World) {
  const asked: string[] = [];
  const request: LookRequest = {
    targets: [],
    edgeOf: () => undefined,
    journal: await opened(path),
    exclusions: NO_EXCLUSIONS,
    resolver: {
      resolve: (name): Promise<Resolution> =>
        Promise.resolve({ addresses: [...(addressesOf[name] ?? [])] }),
    },
    ports,
    engine: recorder(asked),
    pace: { rate: 'max', perHost: 'max' },
    identify: true,
    judge: () => ({ verdict: VERDICT, findings: [] }),
    show: ['open'],
    seed: 1,
    signal: signal ?? new AbortController().signal,
    id: ID,
    tool: 'postern 0.0.0',
    machine: 'here',
    now: () => new Date(),
    onProblem: () => undefined,
    onNote: () => undefined,
  };
  return { report: await look(request).run(), asked };
}

const closed = (address: string, port: number): Outcome => {
  return { address, transport: 'tcp', port, state: 'closed', reason: 'rst' };
};
const open = (address: string, port: number): Outcome => {
  return { address, transport: 'tcp', port, state: 'open', reason: 'syn-ack', rttMs: 0.25 };
};

it('asks only for what is not known', async () => {
  const world: World = {
    ports: [1, 2, 3],
    targets: ['127.0.0.2', '127.0.0.3'],
    told: [closed('127.0.0.2', 1), closed('127.0.0.2', 3)],
  };
  const { report, asked } = await resume(await begun(world), world);
  expect(asked.toSorted()).toEqual(['127.0.0.2 2', '127.0.0.3 1', '127.0.0.3 2', '127.0.0.3 3']);
  expect(report.hosts.map(({ counts }) => counts.closed)).toEqual([3, 3]);
  expect(report.scan).toMatchObject({ complete: true, startedAt: '2026-01-01T00:00:00.000Z' });
  expect(report.scan.stats).toMatchObject({ hosts: 2, answered: 6, probes: 10 });
});

it('does not take what was told over another transport for an answer', async () => {
  const world: World = {
    ports: [53],
    targets: ['127.0.0.2'],
    told: [{ ...closed('127.0.0.2', 53), transport: 'udp' }],
  };
  const { report, asked } = await resume(await begun(world), world);
  expect(asked).toEqual(['127.0.0.2 53']);
  expect(report.hosts).toMatchObject([{ counts: { closed: 1 } }]);
});

it('identifies open ports of a host that was killed before, without probing it', async () => {
  await using ssh = await scriptedPeer([say('SSH-2.0-OpenSSH_9.9\r\n')]);
  const world: World = {
    ports: [ssh.port],
    targets: ['127.0.0.1'],
    told: [open('127.0.0.1', ssh.port)],
  };
  const path = await begun(world);
  const { report, asked } = await resume(path, world);
  expect(asked).toEqual([]);
  expect(report.hosts[0]?.ports).toMatchObject([
    { port: ssh.port, rttMs: 0.25, service: { protocol: 'ssh', version: '9.9' } },
  ]);
  const again = await resume(path, world);
  expect(again).toEqual({ report, asked: [] });
});

it('keeps what it knows of an address that its name no longer has, and looks at the new one', async () => {
  await using ssh = await scriptedPeer([say('SSH-2.0-OpenSSH_9.9\r\n')]);
  const world: World = {
    ports: [ssh.port, 1, 2].toSorted((a, b) => a - b),
    targets: ['www.example'],
    told: [open('127.0.0.1', ssh.port), closed('127.0.0.1', 1)],
    addressesOf: { 'www.example': ['127.0.0.9'] },
  };
  const path = await begun(world);
  const { report, asked } = await resume(path, world);
  expect(asked).toEqual(world.ports.map((port) => `127.0.0.9 ${port}`));
  const gone = report.hosts.find(({ address }) => address === '127.0.0.1');
  expect(gone).toMatchObject({ counts: { open: 1, closed: 1, verified: 0 } });
  expect(gone?.ports).toMatchObject([{ port: ssh.port, asked: false, verdict: VERDICT }]);
  expect(report.scan.complete).toBe(false);
  expect(report.scan.problems).toEqual([
    {
      code: 'RESUME_GONE',
      message: expect.stringMatching(/^127.0.0.1 no longer .* 1 of its ports/),
    },
  ]);
  expect(await resume(path, world)).toEqual({ report, asked: [] });
});

it('does not take a host for finished whose questions cancelling cut short', async () => {
  await using mute = await scriptedPeer([silent()]);
  const cancel = new AbortController();
  const world: World = {
    ports: [mute.port],
    targets: ['127.0.0.1'],
    told: [open('127.0.0.1', mute.port)],
  };
  const path = await begun(world);
  setTimeout(() => cancel.abort(), 200);
  const { report } = await resume(path, { ...world, signal: cancel.signal });
  expect(report.hosts[0]?.ports).toMatchObject([{ asked: false }]);
  expect(report.scan.complete).toBe(false);
  const types = (await entriesOf(await opened(path))).map(({ type }) => type);
  expect(types.filter((type) => type !== 'spent')).toEqual(['told']);
});
