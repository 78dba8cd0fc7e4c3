import { expect, it } from 'vitest';
import type { Outcome } from '../model/port.ts';
import type { Engine } from '../probe/engine.ts';
import { NO_EXCLUSIONS } from '../targets/exclude.ts';
import { look } from './look.ts';

/** An engine on a machine without a route to anywhere. */
const STRANDED: Engine = {
  name: 'stranded',
  transport: 'tcp',
  async *probe(addresses, ports) {
    for await (const address of addresses) {
      yield ports.map((port): Outcome => {
        return { address, transport: 'tcp', port, state: 'local-error', reason: 'no-route' };
      });
    }
  },
};

it('tells as a problem which ports could not be asked', async () => {
  const told: string[] = [];
  const scan = look({
    targets: ['127.0.0.1', '127.0.0.2'],
    exclusions: NO_EXCLUSIONS,
    resolver: { resolve: () => Promise.resolve({ addresses: [] }) },
    ports: [1, 2, 3],
    engine: STRANDED,
    pace: { rate: 'max', perHost: 'max' },
    identify: false,
    judge: () => {
      throw new Error('nothing is open');
    },
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
