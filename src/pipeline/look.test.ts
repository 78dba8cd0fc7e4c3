import { expect, it } from 'vitest';
import type { Outcome } from '../model/port.ts';
import type { Engine } from '../probe/engine.ts';
import { NO_EXCLUSIONS, readExclusions } from '../targets/exclude.ts';
import { look } from './look.ts';

/** An engine on a machine without a route to anywhere. */
const STRANDED: Engine = {
  name: 'stranded',
  transport: 'tcp',
  autoRate: 1,
  async *probe(addresses, ports) {
    for await (const address of addresses) {
      yield ports.map((port): Outcome => {
        return { address, transport: 'tcp', port, state: 'local-error', reason: 'no-route' };
      });
    }
  },
};

const resolver = { resolve: () => Promise.resolve({ addresses: [] }) };

function stranded(targets: readonly string[], exclusions = NO_EXCLUSIONS, ports = [1, 2, 3]) {
  const told: string[] = [];
  const scan = look({
    targets,
    exclusions,
    resolver,
    ports,
    engine: STRANDED,
    pace: { rate: 'max', perHost: 'max' },
    identify: false,
    judge: () => {
      throw new Error('nothing is open');
    },
    edgeOf: () => undefined,
    show: ['open'],
    seed: 1,
    signal: new AbortController().signal,
    id: '7d2c1a52-6f1b-4f0a-9a3e-0f4a5f0c9b11',
    tool: 'postern 0.0.0',
    machine: 'here',
    now: () => new Date(0),
    onProblem: ({ code }) => told.push(code),
    onNote: () => undefined,
  });
  return { scan, told };
}

it('tells as a problem which ports could not be asked', async () => {
  const { scan, told } = stranded(['127.0.0.1', '127.0.0.2']);
  const report = await scan.run();
  expect(report.scan.problems).toEqual([
    {
      code: 'PORTS_NOT_ASKED',
      message: 'for 6 ports our own side failed before anything was sent (no-route)',
    },
  ]);
  expect(told).toEqual(['PORTS_NOT_ASKED']);
  expect(report.hosts.map(({ counts }) => counts.localError)).toEqual([3, 3]);
  expect(report.scan.complete).toBe(true);
});

it('says one port where it is one', async () => {
  const { scan } = stranded(['127.0.0.1', '10.0.0.1'], await without('127.0.0.1'), [1]);
  const report = await scan.run();
  expect(report.scan.problems.map(({ message }) => message)).toEqual([
    'for 1 port our own side failed before anything was sent (no-route)',
  ]);
  expect(report.scan.scope.vantage.kind).toBe('host');
});

it('takes a scan of nothing for a problem, and not for a look over loopback', async () => {
  const excluded = await stranded(['127.0.0.1'], await without('127.0.0.0/8')).scan.run();
  expect(excluded.scan.problems).toMatchObject([
    { code: 'NO_TARGETS', message: expect.stringContaining('all are excluded') },
  ]);
  expect(excluded.scan.scope.vantage.kind).toBe('host');
  const bad = await stranded(['127.1']).scan.run();
  expect(bad.scan.problems.map(({ code }) => code)).toEqual(['TARGET_SYNTAX']);
});

function without(text: string) {
  return readExclusions([text], { resolver, signal: new AbortController().signal });
}
