import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Reason } from '../../src/model/port.ts';
import { findCommand } from '../helpers/needs.ts';
import { makeNamespace, type Namespace } from '../lab/namespace.ts';
import { ALL_PORTS, byFact, collect, from, newStats, probeInChild } from './probing.ts';
import { QUESTIONS, type UdpEngineFacts, type UdpKind } from './udp-questions.ts';

const RULES = `
table inet lab {
  chain input {
    type filter hook input priority 0;
    udp dport 1000-1004 drop
    udp dport 1020 reject with icmpx type port-unreachable
    udp dport 1021 reject with icmpx type admin-prohibited
    udp dport 1022 reject with icmpx type host-unreachable
    udp dport 1023 reject with icmpx type no-route
    udp dport 10000-10100 numgen inc mod 2 < 1 drop
  }
}`;
/** More than Linux refuses at once (six to each peer), few enough to be waited for. */
const REFUSED = ALL_PORTS.slice(1999, 2012);
const ECHOING = [1003, 2500, 10_010, 40_000];
const families = ['v4', 'v6'] as const;

/** What needs another host: firewalls, ICMP and its limits, losses. */
export function udpNamespaceSuite(kind: UdpKind, { readsIcmp }: UdpEngineFacts): void {
  let peer: Namespace;
  beforeAll(async () => {
    peer = makeNamespace();
    peer.nft(RULES);
    await peer.echo(ECHOING);
  });
  afterAll(() => peer.close());
  const pace = { rate: 'auto', perHost: 'auto' } as const;
  const probe = async (family: 'v4' | 'v6', ports: readonly number[], stats = newStats()) =>
    collect(await kind(QUESTIONS).create(), from(peer.far[family]), ports, { pace, stats });

  it.each(families)('tells open, closed and silent ports apart over IP%s', async (family) => {
    const ports = [1000, 1001, 1003, 2500, 2501, 40_000];
    expect(byFact(await probe(family, ports), ports)).toEqual({
      'open|filtered/no-response': [1000, 1001, 1003],
      'open/udp-response': [2500, 40_000],
      'closed/icmp-port-unreachable': [2501],
    });
  });

  it.each(families)('waits for refusals that the host withholds over IP%s', async (family) => {
    const ports = [1000, ...REFUSED, 2500];
    const stats = newStats();
    expect(byFact(await probe(family, ports, stats), ports)).toEqual({
      'open|filtered/no-response': [1000],
      'closed/icmp-port-unreachable': REFUSED,
      'open/udp-response': [2500],
    });
    expect(stats.retries).toBeGreaterThan(0);
  });

  it.each(families)('finds an open port although a question is lost over IP%s', async (family) => {
    const stats = newStats();
    expect(await probe(family, [10_010], stats)).toMatchObject([{ state: 'open' }]);
    expect(stats).toMatchObject({ probes: 2, retries: 1 });
  });

  const icmp: readonly [number, Reason][] = [
    [1021, 'icmp-admin-prohibited'],
    [1022, 'icmp-host-unreachable'],
    [1023, 'icmp-net-unreachable'],
  ];
  for (const family of families) {
    it.each(icmp)(
      `never takes ICMP for an answer at port %i, %s, over IP${family}`,
      async (...fact) => {
        const [port, reason] = fact;
        const [outcome] = await probe(family, [port]);
        if (readsIcmp) expect(outcome).toMatchObject({ state: 'unreachable', reason });
        else expect(['unreachable', 'open|filtered']).toContain(outcome?.state);
      },
    );

    it(`takes the host's own port-unreachable for closed over IP${family}`, async () => {
      expect(await probe(family, [1020])).toMatchObject([
        { state: 'closed', reason: 'icmp-port-unreachable' },
      ]);
    });

    it.each([
      ['unreachable', 'no-route'],
      ['blackhole', 'no-route'],
      ['prohibit', 'permission'],
    ])(`takes a route of type %s for our own side over IP${family}: %s`, async (type, reason) => {
      const nowhere = peer.spare(2049, family);
      ip('route', 'add', type, nowhere);
      try {
        const outcomes = await collect(await kind(QUESTIONS).create(), from(nowhere), [53, 161]);
        expect(byFact(outcomes, [53, 161])).toEqual({ [`local-error/${reason}`]: [53, 161] });
      } finally {
        ip('route', 'del', type, nowhere);
      }
    });
  }

  it.each(['127.0.0.1', '::1'])('never meets itself on %s', (address) => {
    const inside = ['ip', 'netns', 'exec', peer.name];
    // no rule of the lab touches the upper half, from which the kernel draws our own port
    const ports = ALL_PORTS.slice(19_999);
    const outcomes = probeInChild(inside, kind([]).name, address, ports);
    expect(byFact(outcomes, ports)).toEqual({ 'closed/icmp-port-unreachable': ports });
  });

  it('finds open ports among many hosts', async () => {
    peer.answerFor(`${peer.spare(0)}/24`);
    const hosts = Array.from({ length: 64 }, (_, at) => peer.spare(at));
    const ports = [1000, 2500];
    await peer.echo([2500], hosts);
    const engine = await kind(QUESTIONS).create();
    const outcomes = await collect(engine, from(...hosts), ports, { pace });
    const open = outcomes.filter(({ state }) => state === 'open');
    expect(new Set(open.map(({ address, port }) => `${address} ${port}`))).toEqual(
      new Set(hosts.map((host) => `${host} 2500`)),
    );
    expect(outcomes).toHaveLength(128);
  });
}

function ip(...args: string[]): void {
  execFileSync(findCommand('ip') ?? 'ip', args);
}
