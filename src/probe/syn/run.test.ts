import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { answerPacket } from '../../../test/helpers/answer-packets.ts';
import {
  blockOf,
  ipv4Hosts,
  ipv6Hosts,
  SimulatedScan,
} from '../../../test/helpers/simulated-scan.ts';
import type {
  Behaviour,
  Network,
  Sent,
  SimulatedWire,
} from '../../../test/helpers/simulated-wire.ts';
import type { HostBlock } from './hosts.ts';
import { MOST_ROUNDS, SOURCE_PORTS } from './run.ts';

const PORTS = [22, 25, 53, 80, 443, 3306, 8080, 8443];
const FIRST = 20_000;
const auto = { rate: 'auto', perHost: 'max' } as const;
const BEHAVIOURS: readonly Behaviour[] = ['open', 'closed', 'prohibited', 'silent'];
const FATES = {
  open: 'syn-ack',
  closed: 'rst',
  prohibited: 'icmp-admin-prohibited',
  silent: 'silent',
} as const;

function mixed({ host, port }: Pick<Sent, 'host' | 'port'>): Behaviour {
  return BEHAVIOURS[(host + PORTS.indexOf(port)) % 4] ?? 'silent';
}

/** What may become of a probe where host 7 is refused and host 9 known to be absent. */
function possible(probe: number): string[] {
  const [host, index] = [Math.floor(probe / PORTS.length), probe % PORTS.length];
  if (host === 7) return ['permission'];
  if (host === 9) return ['icmp-host-unreachable'];
  return ['silent', FATES[mixed({ host, port: PORTS[index] ?? 0 })]];
}

function scanOf(network: Partial<Network>, hosts: number, settings = {}): SimulatedScan {
  const scan = new SimulatedScan({ behaviour: mixed, ...network }, { ports: PORTS, ...settings });
  return scan.add(blockOf(ipv4Hosts(hosts), PORTS));
}

describe('SynRun', () => {
  it.each(['max', 'auto', 20_000] as const)(
    'gives each probe one fate, and the right one, at rate %s whatever the network does',
    (rate) => {
      const network: Network = {
        behaviour: mixed,
        loss: 0.1,
        latency: (chance, { host }) => 1 + chance * (host % 5 === 0 ? 3000 : 300),
        copies: (chance) => (chance < 0.1 ? 2 : 0),
        roomPerMs: 40,
        refusal: ({ host }) => (host === 7 ? 'permission' : undefined),
        foretold: (_, host) => (host === 9 ? 1 : undefined),
      };
      const pace = { rate, perHost: 'auto' } as const;
      const scan = new SimulatedScan(network, { ports: PORTS, pace })
        .add(blockOf(ipv4Hosts(2000), PORTS))
        .add(blockOf(ipv6Hosts(2000), PORTS))
        .add(blockOf(ipv4Hosts(1, 9000), PORTS))
        .go();
      for (const chunk of scan.chunks) {
        expect(chunk).toMatchObject({ over: true, twice: 0 });
        const fates = [...chunk];
        expect(fates.filter((fate, probe) => !possible(probe).includes(fate))).toEqual([]);
      }
      expect(scan.tally['syn-ack']).toBeGreaterThan(7900);
    },
  );

  it.each([4, 6] as const)('lets nobody forge an answer over IPv%i', (family) => {
    let forged = 0;
    const network: Network = {
      behaviour: () => 'silent',
      onSent: (sent: Sent, wire: SimulatedWire) => {
        const inject = (bytes: Uint8Array) => {
          forged += 1;
          wire.inject(bytes, family, 5);
        };
        const { sequence, port, sourcePort, host } = sent;
        const others = [
          { sequence: (sequence ^ 0x8000) >>> 0 },
          { sequence: (sequence + 1) >>> 0 },
          { sequence: (sequence - 2) >>> 0 },
          { port: port === 22 ? 25 : 22 },
          { port: 9 },
          { sourcePort: sourcePort + 1 },
          { sourcePort: FIRST - 1 },
          { sourcePort: FIRST + SOURCE_PORTS },
          { host: (host + 1) % 50 },
        ];
        for (const kind of ['open', 'closed', 'prohibited'] as const) {
          for (const other of others) inject(answerPacket({ ...sent, kind, ...other }));
        }
        inject(answerPacket({ ...sent, kind: 'open' }).slice(0, 30));
      },
    };
    const hosts = family === 4 ? ipv4Hosts(50) : ipv6Hosts(50);
    const scan = new SimulatedScan(network, { ports: PORTS }).add(blockOf(hosts, PORTS)).go();
    expect(scan.tally).toEqual({ silent: 400 });
    expect(scan.run.counts).toMatchObject({ probes: 800, valid: 0, duplicates: 0 });
    expect(scan.run.counts.received).toBe(forged);
    expect(forged).toBe(800 * 28);
  });

  it('takes a RST that acknowledges the sequence number alone', () => {
    const network: Network = {
      behaviour: () => 'silent',
      onSent: (sent: Sent, wire: SimulatedWire) => {
        const sequence = (sent.sequence - 1) >>> 0;
        wire.inject(answerPacket({ ...sent, kind: 'closed', sequence }), 4, 5);
      },
    };
    expect(scanOf(network, 3).go().tally).toEqual({ rst: 24 });
  });

  it('counts duplicates, and tells each port once', () => {
    const scan = scanOf({ behaviour: () => 'open', copies: () => 2 }, 100).go();
    expect(scan.tally).toEqual({ 'syn-ack': 800 });
    // the last round ends with its first answer: what comes after the end is only received
    const { valid, duplicates } = scan.run.counts;
    expect(duplicates).toBe(valid - 800);
    expect(duplicates).toBeGreaterThan(700);
  });

  it('credits an answer to the round it answers, however late', () => {
    const latency = () => 2500;
    const scan = scanOf({ behaviour: () => 'open', latency }, 100).go();
    expect(scan.tally).toEqual({ 'syn-ack': 800 });
    expect(scan.run.counts).toMatchObject({ probes: 1600, retries: 800, valid: 800 });
    expect(scan.run.answers.get(MOST_ROUNDS)?.open.slice(0, 3)).toEqual([800, 0, 0]);
    for (const rtt of scan.chunks[0]?.rttUs ?? [])
      expect(Math.abs(rtt - 2_500_000)).toBeLessThan(20_000);
  });

  it('is deaf to answers that come after the end', () => {
    const scan = scanOf({ behaviour: () => 'open', latency: () => 9000 }, 10).go();
    expect(scan.tally).toEqual({ silent: 80 });
    for (let wait = 0; wait < 1000; wait++) scan.run.receive(10);
    expect(scan.run.counts).toMatchObject({ received: 160, valid: 0, duplicates: 0 });
  });

  it.each([1, 2, 5])(
    'sends %i times to a silent port, each round from a port of its own',
    (attempts) => {
      const sent: Sent[] = [];
      const network: Network = { behaviour: () => 'silent', onSent: (it: Sent) => sent.push(it) };
      scanOf(network, 100, { attempts }).go();
      for (let round = 0; round < attempts; round++) {
        const probes = sent.filter(({ sourcePort }) => sourcePort === FIRST + round);
        expect(new Set(probes.map(({ probe }) => probe)).size).toBe(800);
      }
      expect(sent).toHaveLength(attempts * 800);
    },
  );

  it.each([1, 3])(
    'skips no probe and repeats none where there is hardly room: %i attempts',
    (attempts) => {
      const times = new Map<string, number>();
      const network: Network = {
        behaviour: mixed,
        roomPerMs: 3,
        onSent: ({ probe, sourcePort }) => {
          const key = `${probe} ${sourcePort}`;
          if (sourcePort < FIRST + attempts) times.set(key, (times.get(key) ?? 0) + 1);
        },
      };
      // witnesses are asked on the same wire, and find no room either
      const scan = scanOf(network, 1000, { attempts, pace: auto }).go();
      expect(new Set(times.values())).toEqual(new Set([1]));
      expect(times.size).toBe(8000 + (attempts - 1) * 2000);
      expect(scan.run.counts.slowdowns).toBeGreaterThan(0);
      expect(scan.tally['silent']).toBe(2000);
    },
  );

  it('asks nobody again who was refused by our own side', () => {
    const network: Partial<Network> = { refusal: () => 'no-route' };
    const scan = scanOf(network, 100).go();
    expect(scan.tally).toEqual({ 'no-route': 800 });
    expect(scan.wire.sent).toBe(800);
  });

  it('counts what was dropped on our side', () => {
    const scan = scanOf({}, 10);
    scan.wire.drop(3, 40);
    scan.go();
    expect(scan.run.counts).toMatchObject({ dropped: 40, slowdowns: 1 });
  });

  it('never sends what is left out', () => {
    const sent = new Set<string>();
    const network = {
      onSent: ({ host, port }: Sent) => sent.add(`${host} ${port}`),
      behaviour: mixed,
    };
    const hosts = ipv4Hosts(200);
    const portsOf = (address: string) =>
      PORTS.filter((port) => (port + hosts.indexOf(address)) % 3 > 0);
    const scan = new SimulatedScan(network, { ports: PORTS }).add(
      blockOf(hosts, PORTS, { portsOf }),
    );
    const wanted = hosts.flatMap((address, host) =>
      portsOf(address).map((port) => `${host} ${port}`),
    );
    expect([...sent]).toEqual([]);
    scan.go();
    expect([...sent].toSorted()).toEqual(wanted.toSorted());
    expect(scan.tally['left out']).toBe(1600 - wanted.length);
  });

  it('tells hosts of one link-local address on several interfaces apart', () => {
    const hosts = ['fe80::1%2', 'fe80::1%3', 'fe80::2%2', 'fe80::1%4'];
    const behaviour = ({ host }: Sent) => (host === 1 ? 'closed' : 'open');
    const scan = new SimulatedScan({ behaviour }, { ports: PORTS }).add(blockOf(hosts, PORTS)).go();
    expect(scan.tally).toEqual({ 'syn-ack': 24, rst: 8 });
    expect(scan.run.counts.probes).toBe(32);
  });

  it('lets go of chunks that are over', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const scan = scanOf({}, 1, { pace: auto }).go();
    const scanned = (id: number) => {
      const block = blockOf(ipv4Hosts(100, id * 100), PORTS);
      scan.run.add(id, block);
      scan.go();
      return new WeakRef<HostBlock>(block);
    };
    const blocks = Array.from({ length: 50 }, (_, at) => scanned(at + 1));
    // the last one may still lie in a register
    await new Promise(setImmediate);
    collectGarbage();
    expect(blocks.filter((block) => block.deref() !== undefined).length).toBeLessThan(2);
    expect(scan.run.answers.size).toBeLessThanOrEqual(SOURCE_PORTS);
  });
});

describe('the order of SynRun', () => {
  function order(seed: number): number[] {
    const probes: number[] = [];
    const network: Network = {
      behaviour: () => 'closed',
      onSent: ({ probe }: Sent) => probes.push(probe),
    } as const;
    scanOf(network, 1000, { seed }).go();
    return probes;
  }

  it('is the same for one seed, and another for another', () => {
    expect(order(5)).toEqual(order(5));
    const [one, other] = [order(5), order(6)];
    expect(other.toSorted((a, b) => a - b)).toEqual(one.toSorted((a, b) => a - b));
    expect(one.filter((probe, at) => probe === other[at]).length).toBeLessThan(20);
  });

  it('spreads over hosts and ports', () => {
    const first = order(5).slice(0, 1000);
    // of 1,000 hosts drawn by chance 632 differ
    expect(new Set(first.map((probe) => Math.floor(probe / 8))).size).toBeGreaterThan(600);
    for (let port = 0; port < 8; port++) {
      expect(first.filter((probe) => probe % 8 === port).length).toBeGreaterThan(90);
    }
  });
});
