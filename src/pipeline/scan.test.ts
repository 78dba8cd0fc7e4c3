import { expect, it } from 'vitest';
import { scriptedPeer, silent } from '../../test/helpers/scripted-peer.ts';
import { PROTOCOLS } from '../identify/registry.ts';
import type { Outcome } from '../model/port.ts';
import type { Verdict } from '../model/verdict.ts';
import type { Engine } from '../probe/engine.ts';
import { newProgress } from './progress.ts';
import { type HostResult, type ScanInput, type Seen, scanHosts } from './scan.ts';

const VERDICT: Verdict = {
  level: 'unknown',
  severity: 'info',
  rule: 'unknown.service',
  why: 'A test.',
  todo: '',
};

/** Tells that these ports of 127.0.0.1 are open, in batches of 700, and asks nobody. */
function saysOpen(ports: readonly number[]): Engine {
  return {
    name: 'fake',
    transport: 'tcp',
    autoRate: 1,
    async *probe() {
      for (let from = 0; from < ports.length; from += 700) {
        yield ports.slice(from, from + 700).map((port): Outcome => {
          return { address: '127.0.0.1', transport: 'tcp', port, state: 'open', reason: 'syn-ack' };
        });
      }
    },
  };
}

async function* nothing(): AsyncGenerator<string> {}

function inputFor(ports: readonly number[], seen: Seen[], more: Partial<ScanInput>): ScanInput {
  return {
    addresses: nothing(),
    namesOf: () => [],
    ports,
    engine: saysOpen(ports),
    pace: { rate: 'max', perHost: 'max' },
    seed: 1,
    signal: new AbortController().signal,
    protocols: [],
    judge: (look) => {
      seen.push(look);
      return { verdict: VERDICT, findings: [] };
    },
    show: new Set(['open']),
    progress: newProgress(),
    warn: () => undefined,
    onProbed: () => undefined,
    onFault: () => undefined,
    ...more,
  };
}

async function resultsOf(input: ScanInput): Promise<HostResult[]> {
  const results: HostResult[] = [];
  for await (const result of scanHosts(input)) results.push(result);
  return results;
}

it('looks at every open port, also when more come than may wait', async () => {
  const ports = Array.from({ length: 3000 }, (_, index) => index + 1);
  const seen: Seen[] = [];
  const input = inputFor(ports, seen, {});
  const results = await resultsOf(input);
  expect(results).toHaveLength(1);
  expect(results[0]?.complete).toBe(true);
  expect(results[0]?.host.ports.map(({ port }) => port)).toEqual(ports);
  expect(seen).toHaveLength(3000);
  expect(input.progress).toMatchObject({ open: 3000, hosts: 1 });
});

it('does not take a port for silent that cancelling cut short', async () => {
  await using mute = await scriptedPeer([silent()]);
  const cancel = new AbortController();
  const seen: Seen[] = [];
  const input = inputFor([mute.port], seen, { protocols: PROTOCOLS, signal: cancel.signal });
  setTimeout(() => cancel.abort(), 100);
  const results = await resultsOf(input);
  expect(results[0]?.host.counts).toMatchObject({ open: 1, verified: 0 });
  expect(results[0]?.host.ports[0]?.verdict).toEqual(VERDICT);
  expect(seen).toMatchObject([{ service: null, identified: false }]);
});
