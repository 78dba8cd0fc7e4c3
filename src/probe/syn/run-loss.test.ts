import { describe, expect, it } from 'vitest';
import { blockOf, ipv4Hosts, SimulatedScan } from '../../../test/helpers/simulated-scan.ts';
import { chances, type Network } from '../../../test/helpers/simulated-wire.ts';
import { estimateLoss } from '../loss-estimate.ts';
import type { SynRun } from './run.ts';

const PORTS = [22, 25, 53, 80, 443, 3306, 8080, 8443];
const OPEN = 6;
const SEEDS = Array.from({ length: 20 }, (_, at) => at + 1);
const isOpen = ({ port }: { port: number }) => PORTS.indexOf(port) < OPEN;

/** What the scan itself says of the open ports it missed. */
function intervalOf({ answers }: SynRun): readonly [number, number] {
  const ports = [...answers].map(([attempts, { open, closed }]) => ({ attempts, open, closed }));
  return estimateLoss({ ports })?.interval ?? [Number.NaN, Number.NaN];
}

/** Of `SEEDS`, those whose interval holds the true number of open ports missed; and all missed. */
function judged(scanOf: (seed: number) => SimulatedScan, open: number) {
  let held = 0;
  let missed = 0;
  for (const seed of SEEDS) {
    const scan = scanOf(seed).go();
    const hidden = open - (scan.tally['syn-ack'] ?? 0);
    const [low, high] = intervalOf(scan.run);
    if (low <= hidden && hidden <= high) held += 1;
    missed += hidden;
  }
  return { held, missed };
}

function scanOf(network: Network, hosts: number, ports: readonly number[]): SimulatedScan {
  const scan = new SimulatedScan(network, { ports, seed: network.seed ?? 0 });
  return scan.add(blockOf(ipv4Hosts(hosts), ports));
}

describe('SynRun over a path that loses', () => {
  it.each([
    [0.01, 0.9999],
    [0.05, 0.999],
  ])('%d each way finds %d of all open ports', (loss, recall) => {
    const behaviour: Network['behaviour'] = (sent) => (isOpen(sent) ? 'open' : 'closed');
    const scan = scanOf({ seed: 3, loss, behaviour }, 20_000, PORTS).go();
    const { 'syn-ack': found = 0, rst = 0, silent = 0 } = scan.tally;
    expect(found / 120_000).toBeGreaterThanOrEqual(recall);
    expect(found + rst + silent).toBe(160_000);
    expect(scan.tally).not.toHaveProperty('twice');
  });

  it.each([0.01, 0.05, 0.2])('%d each way knows how many open ports it missed', (loss) => {
    const behaviour: Network['behaviour'] = (sent) => (isOpen(sent) ? 'open' : 'closed');
    const { held } = judged((seed) => scanOf({ seed, loss, behaviour }, 2000, PORTS), 2000 * OPEN);
    expect(held).toBeGreaterThanOrEqual(18);
  });

  it.each([0.01, 0.05, 0.2])(
    '%d each way, where only one host in twenty exists and has one port open',
    (loss) => {
      const [hosts, open] = [8000, 400];
      const behaviour: Network['behaviour'] = ({ host }) => (host % 20 === 0 ? 'open' : 'silent');
      const { held, missed } = judged(
        (seed) => scanOf({ seed, loss, behaviour }, hosts, [443]),
        open,
      );
      expect(held).toBeGreaterThanOrEqual(18);
      if (loss <= 0.05) expect(missed).toBeLessThanOrEqual(0.001 * open * SEEDS.length);
    },
  );

  it('knows it too where some hosts have one port open and some all', () => {
    const open = 1000 * OPEN + 1000;
    const behaviour: Network['behaviour'] = ({ host, port }) => {
      if (host % 4 === 0) return PORTS.indexOf(port) < OPEN ? 'open' : 'closed';
      return host % 4 === 1 && port === PORTS[host % 8] ? 'open' : 'silent';
    };
    const { held } = judged((seed) => scanOf({ seed, loss: 0.05, behaviour }, 4000, PORTS), open);
    expect(held).toBeGreaterThanOrEqual(18);
  });

  it('asks silent hosts no more than twice where nothing gets lost', () => {
    const behaviour: Network['behaviour'] = ({ host }) => (host % 20 === 0 ? 'open' : 'silent');
    const scan = scanOf({ behaviour }, 2000, PORTS).go();
    expect(scan.run.counts).toMatchObject({ probes: 800 + 2 * 15_200, valid: 800 });
  });

  it('says nothing of losses after one attempt', () => {
    const chance = chances(1);
    const behaviour = () => (chance() < 0.5 ? 'open' : 'silent');
    const settings = { ports: PORTS, attempts: 1 };
    const scan = new SimulatedScan({ behaviour }, settings).add(blockOf(ipv4Hosts(50), PORTS)).go();
    expect(intervalOf(scan.run)).toEqual([Number.NaN, Number.NaN]);
    expect(scan.run.counts).toMatchObject({ probes: 400, retries: 0 });
  });
});
