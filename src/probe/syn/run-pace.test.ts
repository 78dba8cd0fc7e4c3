import { describe, expect, it } from 'vitest';
import {
  blockOf,
  ipv4Hosts,
  ipv6Hosts,
  SimulatedScan,
} from '../../../test/helpers/simulated-scan.ts';
import type { Network, Sent } from '../../../test/helpers/simulated-wire.ts';
import type { Pace } from '../engine.ts';
import type { HostBlock } from './hosts.ts';
import { MOST_ROUNDS, type RunSettings } from './run.ts';

const FIRST = 20_000;
const auto = { rate: 'auto', perHost: 'max' } as const;

function portsOf(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at + 1);
}

function scanOf(
  network: Partial<Network>,
  block: (ports: readonly number[]) => HostBlock,
  settings: Partial<RunSettings> & Pick<RunSettings, 'ports'>,
): SimulatedScan {
  const scan = new SimulatedScan({ behaviour: () => 'open', ...network }, settings);
  return scan.add(block(settings.ports));
}

/** The most events in any stretch of 1,000 ms, wherever it begins; `times` ascend. */
function mostInASecond(times: readonly number[]): number {
  let most = 0;
  let first = 0;
  for (const [at, time] of times.entries()) {
    while (time - (times[first] ?? 0) >= 1000) first += 1;
    most = Math.max(most, at - first + 1);
  }
  return most;
}

class Times<Key> extends Map<Key, number[]> {
  note(key: Key, at: number): void {
    const times = this.get(key);
    if (times === undefined) this.set(key, [at]);
    else times.push(at);
  }

  get mostInASecond(): number {
    return Math.max(...[...this.values()].map(mostInASecond));
  }
}

describe('the ceilings of SynRun', () => {
  /** Hosts of two /24, or of two /48. */
  const blocks = {
    4: (ports: readonly number[]) => blockOf(ipv4Hosts(512), ports),
    6: (ports: readonly number[]) =>
      blockOf([...ipv6Hosts(256), ...ipv6Hosts(65_536 + 256).slice(65_536)], ports),
  };

  it.each([
    [4, 100, 40, 'closed'],
    [6, 100, 40, 'closed'],
    [4, 100, 10, 'silent'],
    [4, 7, 3, 'silent'],
    [4, 1, 1, 'closed'],
    [4, 1000, 300, 'closed'],
  ] as const)(
    'hold over IPv%i at rate max: %i probes per second to a host, %i ports, %s',
    (family, perHost, ports, behaviour) => {
      const [hosts, networks] = [new Times<number>(), new Times<boolean>()];
      const onSent = ({ at, host }: Sent) => {
        hosts.note(host, at);
        networks.note(host < 256, at);
      };
      const pace: Pace = { rate: 'max', perHost };
      const network = { behaviour: () => behaviour, onSent };
      const scan = scanOf(network, blocks[family], { ports: portsOf(ports), pace });
      const began = scan.wire.now;
      scan.go();
      expect(hosts.size).toBe(512);
      expect(hosts.mostInASecond).toBeLessThanOrEqual(perHost);
      expect(networks.mostInASecond).toBeLessThanOrEqual(perHost * 8);
      // and they are no lower than they need be
      const seconds = (256 * ports * (behaviour === 'silent' ? 2 : 1)) / (perHost * 8);
      expect((scan.wire.now - began) / 1000).toBeLessThan(seconds * 1.1 + 4);
    },
  );

  it('hold for one host alone', () => {
    const hosts = new Times<number>();
    const onSent = ({ at, host }: Sent) => hosts.note(host, at);
    const block = (ports: readonly number[]) => blockOf(ipv4Hosts(1), ports);
    const pace: Pace = { rate: 'max', perHost: 50 };
    scanOf({ onSent }, block, { ports: portsOf(500), pace }).go();
    expect(hosts.mostInASecond).toBeLessThanOrEqual(50);
    expect(hosts.get(0)).toHaveLength(500);
  });

  it('slow down nobody who is not at his own', () => {
    const [last, ports] = [new Map<boolean, number>(), portsOf(50)];
    const onSent = ({ host, at }: Sent) => last.set(host < 256, at);
    const far = Array.from({ length: 1000 }, (_, at) => `198.19.${at >> 2}.${(at & 3) * 50}`);
    const block = () => blockOf([...ipv4Hosts(256), ...far], ports);
    const scan = scanOf({ onSent }, block, { ports, pace: { rate: 'max', perHost: 20 } });
    const began = scan.wire.now;
    scan.go();
    // 256 hosts of one network need 80 s at 160 probes per second; 1,000 of 250 networks 2.5 s
    expect((last.get(true) ?? 0) - began).toBeLessThan(80_000 * 1.1);
    expect((last.get(false) ?? 0) - began).toBeLessThan(40_000);
  });

  it.each([
    ['auto', 'max', true],
    [100, 'max', false],
  ] as const)('%s: our own loopback is exempt: %s', (perHost, rate, exempt) => {
    const hosts = new Times<number>();
    const onSent = ({ at, host }: Sent) => hosts.note(host, at);
    const block = (ports: readonly number[]) => blockOf(['127.0.0.1'], ports, { loopback: true });
    scanOf({ onSent }, block, { ports: portsOf(2000), pace: { rate, perHost } }).go();
    if (exempt) expect(hosts.mostInASecond).toBe(2000);
    else expect(hosts.mostInASecond).toBeLessThanOrEqual(100);
  });
});

describe('retries of SynRun', () => {
  it.each([
    ['max', 'max'],
    ['auto', 'auto'],
    ['max', 20],
  ] as const)('come two seconds later at the least: rate %s, per host %s', (rate, perHost) => {
    const probes = new Times<number>();
    const onSent = ({ at, probe, sourcePort }: Sent) => {
      if (sourcePort < FIRST + MOST_ROUNDS) probes.note(probe, at);
    };
    const behaviour: Network['behaviour'] = ({ host }) => (host % 3 === 0 ? 'silent' : 'open');
    const block = (ports: readonly number[]) => blockOf(ipv4Hosts(300), ports);
    const pace: Pace = { rate, perHost };
    scanOf({ loss: 0.1, behaviour, onSent }, block, { ports: portsOf(8), pace, attempts: 3 }).go();
    const gaps = [...probes.values()].flatMap((times) =>
      times.slice(1).map((time, at) => time - (times[at] ?? 0)),
    );
    expect(gaps.length).toBeGreaterThan(2000);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(2000);
    // losses brought about rounds beyond the three asked for
    expect(Math.max(...[...probes.values()].map((times) => times.length))).toBeGreaterThan(3);
  });
});

describe('the rate of SynRun', () => {
  const block = (ports: readonly number[]) => blockOf(ipv4Hosts(40_000), ports);

  it('climbs where nothing gets lost', () => {
    const scan = scanOf({}, block, { ports: portsOf(8), pace: auto }).go(4500);
    expect(scan.run.targetRate).toBeGreaterThan(100_000);
  });

  it.each([0.05, 0.15])('climbs over a path that loses %d each way whatever we do', (loss) => {
    const highest = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => {
      const scan = scanOf({ seed, loss }, block, { ports: portsOf(8), pace: auto });
      let rate = 0;
      for (let second = 0; second < 12; second++)
        rate = Math.max(rate, scan.go(1000).run.targetRate);
      return rate;
    });
    // how soon it learns that the losses are not its doing is a matter of chance
    expect(highest.filter((rate) => rate > 50_000).length).toBeGreaterThanOrEqual(6);
  });

  it.each([
    ['sent', 5, 0],
    ['received', 0, 5],
  ])('falls when packets are dropped that were %s, and climbs again', (_, sent, received) => {
    const scan = scanOf({}, block, { ports: portsOf(8), pace: auto }).go(2000);
    const before = scan.run.targetRate;
    for (let time = 0; time < 4; time++) {
      scan.wire.drop(sent, received);
      scan.go(260);
    }
    const { targetRate } = scan.run;
    expect(targetRate).toBeLessThan(before / 2);
    expect(scan.go(1500).run.targetRate).toBeGreaterThan(targetRate);
  });

  it.each([
    [3000, 0],
    [10_000, 0],
    [10_000, 0.05],
    [25_000, 0],
  ])('keeps near what a path takes: %i per second, beside losses of %d', (bottleneck, loss) => {
    let sent = 0;
    const onSent = () => {
      sent += 1;
    };
    const scan = scanOf({ bottleneck, loss, onSent }, block, { ports: portsOf(8), pace: auto }).go(
      5000,
    );
    sent = 0;
    scan.go(8000);
    expect(scan.run.idle).toBe(false);
    expect(sent / 8).toBeGreaterThan(bottleneck * 0.7);
    expect(sent / 8).toBeLessThan(bottleneck * 1.5);
  });

  it.each([700, 12_000])('is the number that was asked for: %i', (rate) => {
    const times: number[] = [];
    const onSent = ({ at }: Sent) => times.push(at);
    const pace: Pace = { rate, perHost: 'max' };
    scanOf({ onSent, loss: 0.2 }, block, { ports: portsOf(8), pace }).go(10_000);
    // what was saved up in a pause, 20 ms worth of it, may come on top
    expect(mostInASecond(times)).toBeLessThanOrEqual(Math.ceil(rate * 1.02) + 1);
    expect(times.length / 10).toBeGreaterThan(rate * 0.97);
  });
});
