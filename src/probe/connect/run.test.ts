import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outcomesOf } from '../../../test/conformity/probing.ts';
import type { Outcome } from '../../model/port.ts';
import type { EngineStats, ProbeOptions } from '../engine.ts';
import { type Answer, CLOSED, type Dialer, OPEN, type Sink } from './dialer.ts';
import { connectEngine } from './engine.ts';
import { mix } from './permute.ts';

/** How a simulated peer takes the `nth` probe to a port: an answer after `rttMs`, or silence. */
type Peer = (address: string, port: number, nth: number) => Answer | null;

/** A network in virtual time: waiting is what makes time pass, and dialling a little. */
class Simulation implements Dialer<string> {
  readonly name = 'simulation';
  readonly capacity: number;
  readonly sent: { readonly at: number; readonly address: string; readonly port: number }[] = [];
  mostUnderWay = 0;
  time = 0;
  readonly #peer: Peer;
  readonly #rttMs: number;
  readonly #tries = new Map<string, number>();
  readonly #underWay = new Map<number, { at: number; answer: Answer | null }>();

  constructor(peer: Peer, { rttMs = 20, capacity = 1000 } = {}) {
    this.#peer = peer;
    this.#rttMs = rttMs;
    this.capacity = capacity;
  }

  target(address: string): string {
    return address;
  }

  dial(slot: number, address: string, port: number): Answer | null {
    this.time += 0.01;
    const key = `${address} ${port}`;
    const nth = (this.#tries.get(key) ?? 0) + 1;
    this.#tries.set(key, nth);
    this.sent.push({ at: this.time, address, port });
    const answer = this.#peer(address, port, nth);
    if (answer?.state === 'short' || answer?.state === 'local-error') return answer;
    this.#underWay.set(slot, { at: this.time + this.#rttMs, answer });
    this.mostUnderWay = Math.max(this.mostUnderWay, this.#underWay.size);
    return null;
  }

  drop(slot: number): void {
    this.#underWay.delete(slot);
  }

  collect(sink: Sink): void {
    for (const [slot, { at, answer }] of this.#underWay) {
      if (answer === null || at > this.time) continue;
      this.#underWay.delete(slot);
      sink(slot, answer, this.#rttMs);
    }
  }

  wait(ms: number): Promise<void> {
    const answers = [...this.#underWay.values()].filter(({ answer }) => answer !== null);
    const next = Math.min(...answers.map(({ at }) => at), this.time + ms);
    this.time = Math.max(next, this.time + 0.01);
    return new Promise((resolve) => setImmediate(resolve));
  }

  wake(): void {
    // `wait` never sleeps.
  }

  close(): void {
    this.#underWay.clear();
  }
}

const AUTO = { rate: 'auto', perHost: 'auto' } as const;
const MAX = { rate: 'max', perHost: 'max' } as const;

async function scan(
  simulation: Simulation,
  targets: readonly string[],
  ports: readonly number[],
  changes: Partial<ProbeOptions> = {},
): Promise<{ outcomes: Outcome[]; stats: EngineStats; warnings: string[] }> {
  const stats: EngineStats = { probes: 0, retries: 0, outcomes: 0, slowdowns: 0 };
  const warnings: string[] = [];
  const engine = connectEngine(
    'simulation',
    () => simulation,
    () => simulation.time,
  );
  async function* addresses() {
    yield* targets;
  }
  const outcomes: Outcome[] = [];
  for await (const batch of engine.probe(addresses(), ports, {
    pace: MAX,
    signal: new AbortController().signal,
    stats,
    warn: (message) => warnings.push(message),
    ...changes,
  })) {
    outcomes.push(...batch.flatMap(outcomesOf));
  }
  return { outcomes, stats, warnings };
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index + 1);
}

function hosts(length: number): string[] {
  return range(length).map((at) => `10.0.${at >> 8}.${at & 255}`);
}

function count(outcomes: readonly Outcome[], fact: string): number {
  return outcomes.filter(({ state, reason }) => `${state}/${reason}` === fact).length;
}

describe('a run', () => {
  it('gives exactly one outcome per address and port, whatever the peers do', async () => {
    const answers: readonly (Answer | null)[] = [
      OPEN,
      CLOSED,
      null,
      { state: 'self', reason: 'other-local' },
      { state: 'unreachable', reason: 'icmp-host-unreachable' },
      { state: 'local-error', reason: 'permission' },
      { state: 'short', reason: 'descriptors' },
    ];
    const property = fc.asyncProperty(
      fc.integer(),
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 1, max: 40 }),
      fc.boolean(),
      async (seed, hostCount, portCount, paced) => {
        const simulation = new Simulation((address, port, nth) => {
          const draw = mix(seed ^ mix(port * 31 + nth) ^ mix(address.length * 7));
          return answers[draw % answers.length] ?? null;
        });
        const ports = range(portCount);
        const options = { pace: paced ? AUTO : MAX };
        const { outcomes, stats } = await scan(simulation, hosts(hostCount), ports, options);
        const distinct = new Set(outcomes.map(({ address, port }) => `${address} ${port}`));
        expect(distinct.size).toBe(hostCount * portCount);
        expect(outcomes).toHaveLength(hostCount * portCount);
        expect(stats.outcomes).toBe(outcomes.length);
        expect(stats.probes).toBe(simulation.sent.length);
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });

  it('interleaves hosts and gives each its own order of ports', async () => {
    const simulation = new Simulation(() => CLOSED);
    await scan(simulation, hosts(4), range(50));
    const order = (host: string) =>
      simulation.sent.filter(({ address }) => address === host).map(({ port }) => port);
    const [first = '', second = ''] = hosts(2);
    expect(order(first)).not.toEqual(order(second));
    expect(order(first)).not.toEqual(range(50));
    expect(new Set(simulation.sent.slice(0, 8).map(({ address }) => address)).size).toBe(4);
  });

  it('repeats an order for the same seed and changes it for another', async () => {
    const orders = await Promise.all(
      [7, 7, 8].map(async (seed) => {
        const simulation = new Simulation(() => CLOSED);
        await scan(simulation, hosts(1), range(50), { seed });
        return simulation.sent.map(({ port }) => port);
      }),
    );
    expect(orders[0]).toEqual(orders[1]);
    expect(orders[0]).not.toEqual(orders[2]);
  });

  it('asks a silent port again, later, before it is filtered', async () => {
    const simulation = new Simulation(() => null);
    const { outcomes, stats } = await scan(simulation, hosts(1), [80]);
    expect(outcomes).toMatchObject([{ state: 'filtered', reason: 'no-response' }]);
    expect(stats).toMatchObject({ probes: 2, retries: 1 });
    const [first, second] = simulation.sent;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(1200);
  });

  it.each([0.02, 0.05, 0.1])(
    'misses nothing at a peer that loses %d of the probes',
    async (loss) => {
      const ports = range(5000);
      const simulation = new Simulation((_, port, nth) => {
        const lost = mix(port * 97 + nth) / 2 ** 32 < loss;
        return lost ? null : port % 100 === 0 ? OPEN : CLOSED;
      });
      const { outcomes, stats } = await scan(simulation, hosts(1), ports);
      expect(count(outcomes, 'open/syn-ack')).toBe(50);
      expect(count(outcomes, 'closed/rst')).toBe(4950);
      expect(stats.retries).toBeLessThan(5000 * loss * 2);
    },
  );

  it('does not let silent hosts hold up the others', async () => {
    const simulation = new Simulation((address) => (address.endsWith('.7') ? CLOSED : null));
    const all = hosts(100);
    const { outcomes } = await scan(simulation, all, range(10), { pace: AUTO });
    const answering = outcomes.findLastIndex(({ state }) => state === 'closed');
    const silent = outcomes.findIndex(({ state }) => state === 'filtered');
    expect(count(outcomes, 'closed/rst')).toBe(10);
    expect(answering).toBeLessThan(silent);
  });

  it('waits for a peer as long as its round trips suggest', async () => {
    const simulation = new Simulation((_, port) => (port === 7 ? null : CLOSED), { rttMs: 400 });
    const { outcomes, stats } = await scan(simulation, hosts(1), range(200), { pace: AUTO });
    expect(count(outcomes, 'closed/rst')).toBe(199);
    expect(stats.retries).toBeLessThan(10);
  });

  it('keeps to the rates it was given', async () => {
    const simulation = new Simulation(() => CLOSED);
    await scan(simulation, hosts(3), range(300), { pace: { rate: 300, perHost: 200 } });
    const perSecond = range(10).map(
      (second) =>
        simulation.sent.filter(({ at }) => at >= second * 1000 && at < (second + 1) * 1000).length,
    );
    expect(Math.max(...perSecond)).toBeLessThanOrEqual(300 * 1.02 + 1);
    const one = simulation.sent.filter(({ address }) => address === '10.0.0.1');
    const span = (one.at(-1)?.at ?? 0) - (one[0]?.at ?? 0);
    expect(one.length).toBeLessThanOrEqual((span / 1000) * 200 + 5);
  });

  it('stays under the default ceilings, but not on loopback', async () => {
    const remote = new Simulation(() => CLOSED, { rttMs: 1 });
    await scan(remote, hosts(1), range(3000), { pace: AUTO });
    expect(remote.time).toBeGreaterThan(2900);
    const local = new Simulation(() => CLOSED, { rttMs: 1 });
    await scan(local, ['127.0.0.1'], range(3000), { pace: AUTO });
    expect(local.time).toBeLessThan(500);
  });

  it('sends less at once to a peer that loses much', async () => {
    const losing = new Simulation((_, port, nth) =>
      mix(port * 13 + nth) / 2 ** 32 < 0.2 ? null : CLOSED,
    );
    const steady = new Simulation(() => CLOSED, { rttMs: 200 });
    await scan(losing, hosts(1), range(3000), { pace: AUTO });
    await scan(steady, hosts(1), range(3000), { pace: AUTO });
    expect(losing.mostUnderWay).toBeLessThan(steady.mostUnderWay);
  });

  it('slows down, warns once and loses nothing when descriptors run out', async () => {
    let underWay = 0;
    const simulation = new Simulation(() => {
      underWay = (underWay + 1) % 50;
      return underWay === 0 ? { state: 'short', reason: 'descriptors' } : CLOSED;
    });
    const { outcomes, stats, warnings } = await scan(simulation, hosts(2), range(500));
    expect(count(outcomes, 'closed/rst')).toBe(1000);
    expect(stats.slowdowns).toBeGreaterThan(1);
    expect(warnings).toEqual([
      'ran out of file descriptors (raise the limit with `ulimit -n`): slowed down, no port is lost',
    ]);
  });

  it('gives up with a local error when nothing can be sent for long', async () => {
    const simulation = new Simulation(() => ({ state: 'short', reason: 'memory' }));
    const { outcomes } = await scan(simulation, hosts(1), range(3));
    expect(count(outcomes, 'local-error/memory')).toBe(3);
  });

  it('says no-route when no source address leads to a host', async () => {
    const simulation = new Simulation(() => ({ state: 'short', reason: 'source-ports' }));
    const { outcomes, stats } = await scan(simulation, hosts(1), range(20));
    expect(count(outcomes, 'local-error/no-route')).toBe(20);
    expect(stats.slowdowns).toBe(0);
  });

  it('never reports a connection to itself', async () => {
    const simulation = new Simulation((_, __, nth) =>
      nth < 3 ? { state: 'self', reason: 'other-local' } : CLOSED,
    );
    const { outcomes, stats } = await scan(simulation, ['127.0.0.1'], range(10));
    expect(count(outcomes, 'closed/rst')).toBe(10);
    expect(stats).toMatchObject({ probes: 30, retries: 20 });
  });

  it('has no more under way than the dialer takes', async () => {
    const simulation = new Simulation(() => CLOSED, { capacity: 7 });
    await scan(simulation, hosts(5), range(50));
    expect(simulation.mostUnderWay).toBe(7);
  });

  it.each([1, 2, 3, 4, 5, 6])(
    'knows how many open ports it missed (network %d)',
    async (network) => {
      const ports = range(3000);
      const isOpen = (port: number) => port % 3 > 0;
      const simulation = new Simulation((address, port, nth) => {
        const lost = mix(mix(port * 97 + nth) ^ mix(network + address.length)) / 2 ** 32 < 0.3;
        return lost || !isOpen(port) ? null : OPEN;
      });
      const { outcomes, stats } = await scan(simulation, hosts(1), ports);
      const missed = 2000 - count(outcomes, 'open/syn-ack');
      const [low, high] = stats.loss?.interval ?? [Number.NaN, Number.NaN];
      expect(low).toBeLessThanOrEqual(missed);
      expect(high).toBeGreaterThanOrEqual(missed);
      expect(high).toBeLessThan(60);
      expect(stats.loss?.probeLoss).toBeCloseTo(0.3, 1);
    },
  );

  it('knows of hosts with one port each that as many attempts were all there was', async () => {
    const simulation = new Simulation((address, _, nth) =>
      mix(mix(Number(address.split('.')[2]) * 256 + Number(address.split('.')[3])) ^ nth) % 10 < 3
        ? null
        : OPEN,
    );
    const { outcomes, stats } = await scan(simulation, hosts(2000), [443]);
    const missed = count(outcomes, 'filtered/no-response');
    expect(missed).toBeGreaterThan(100);
    expect(stats.loss?.interval[0]).toBeLessThanOrEqual(missed);
    expect(stats.loss?.interval[1]).toBeGreaterThanOrEqual(missed);
  });

  it('says nothing of losses when it asked only once', async () => {
    const simulation = new Simulation(() => OPEN);
    const { stats } = await scan(simulation, hosts(1), range(100), { attempts: 1 });
    expect(stats.loss).toBeUndefined();
  });
});
