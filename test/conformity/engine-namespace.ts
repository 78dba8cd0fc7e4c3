import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Outcome, PortState, Reason } from '../../src/model/port.ts';
import type { EngineKind } from '../../src/probe/engine.ts';
import { findCommand } from '../helpers/needs.ts';
import { makeNamespace, type Namespace } from '../lab/namespace.ts';
import { ALL_PORTS, byFact, collect, from, newStats, openPorts, probeInChild } from './probing.ts';

/** What an engine cannot know, with the reason why. */
export interface EngineFacts {
  /** False: it cannot tell an ICMP code from another, nor port-unreachable from RST. */
  readonly readsIcmp: boolean;
}

const RULES = `
table inet lab {
  chain input {
    type filter hook input priority 0;
    tcp dport 1000-1004 drop
    tcp dport 1010-1014 reject with tcp reset
    tcp dport 1020 reject with icmpx type port-unreachable
    tcp dport 1021 reject with icmpx type admin-prohibited
    tcp dport 1022 reject with icmpx type host-unreachable
    tcp dport 1023 reject with icmpx type no-route
    iifname != lo tcp dport 10000-11000 tcp flags syn numgen random mod 100 < 5 drop
    iifname != lo tcp dport 30000 tcp flags syn numgen random mod 100 < 30 drop
  }
}`;
const LISTENING = [80, 1003, 2222, 10_010, 10_500, 15_000, 19_999, 30_000, 40_000, 65_535];

/** What an error number alone says of an ICMP message. ICMPv6 has one for what is prohibited. */
function blurred(reason: Reason, family: 'v4' | 'v6'): { state: PortState; reason: Reason } {
  if (family === 'v6' && reason === 'icmp-admin-prohibited')
    return { state: 'unreachable', reason };
  return reason === 'icmp-port-unreachable'
    ? { state: 'closed', reason: 'rst' }
    : { state: 'unreachable', reason: 'icmp-unreachable' };
}

/**
 * Whether no rule of the lab touches a port. The lossy ones have a test of their own: over many ports
 * some lose every attempt, by chance, and an honest engine calls them filtered.
 */
function isPlain(port: number): boolean {
  const lossy = (port >= 10_000 && port <= 11_000) || port === 30_000;
  return !lossy && (port < 1000 || port > 1023);
}

/** What needs another host: firewalls, ICMP, routes, losses. */
export function namespaceSuite(kind: EngineKind, { readsIcmp }: EngineFacts): void {
  let peer: Namespace;
  beforeAll(async () => {
    peer = makeNamespace();
    peer.nft(RULES);
    await peer.listen(LISTENING);
    peer.answerFor(`${peer.spare(0)}/22`);
  });
  afterAll(() => peer.close());
  const families = ['v4', 'v6'] as const;

  it.each(families)('finds all 65,535 ports of a host over IP%s', async (family) => {
    const ports = ALL_PORTS.filter(isPlain);
    const outcomes = await collect(await kind.create(), from(peer.far[family]), ports);
    const found = byFact(outcomes, ports);
    expect(found['open/syn-ack']).toEqual(LISTENING.filter(isPlain));
    expect(Object.keys(found).toSorted()).toEqual(['closed/rst', 'open/syn-ack']);
  });

  it.each(families)(
    'is complete over IP%s at a peer that loses one SYN in 20, paced',
    async (family) => {
      const ports = ALL_PORTS.slice(9999, 11_000);
      const stats = newStats();
      const outcomes = await collect(await kind.create(), from(peer.far[family]), ports, {
        pace: { rate: 'auto', perHost: 'auto' },
        stats,
      });
      const found = byFact(outcomes, ports);
      expect(found['open/syn-ack']).toEqual([10_010, 10_500]);
      expect(Object.keys(found).toSorted()).toEqual(['closed/rst', 'open/syn-ack']);
      expect(stats.retries).toBeGreaterThan(0);
    },
  );

  it.each(families)('calls silence filtered and RST closed over IP%s', async (family) => {
    const ports = [80, 1000, 1001, 1002, 1003, 1004, 1010, 1011];
    const outcomes = await collect(await kind.create(), from(peer.far[family]), ports);
    expect(byFact(outcomes, ports)).toEqual({
      'open/syn-ack': [80],
      'filtered/no-response': [1000, 1001, 1002, 1003, 1004],
      'closed/rst': [1010, 1011],
    });
  });

  it.each(families)('sends one probe to a silent port when told so over IP%s', async (family) => {
    const stats = newStats();
    await collect(await kind.create(), from(peer.far[family]), [1000, 1001], {
      attempts: 1,
      timeoutMs: 200,
      stats,
    });
    expect(stats).toMatchObject({ probes: 2, retries: 0, outcomes: 2, slowdowns: 0 });
  });

  const icmp: readonly [number, Reason][] = [
    [1020, 'icmp-port-unreachable'],
    [1021, 'icmp-admin-prohibited'],
    [1022, 'icmp-host-unreachable'],
    [1023, 'icmp-net-unreachable'],
  ];
  for (const family of families) {
    it.each(icmp)(`answers ICMP at port %i, %s, over IP${family}`, async (port, reason) => {
      const [outcome] = await collect(await kind.create(), from(peer.far[family]), [port]);
      expect(outcome).toMatchObject(
        readsIcmp ? { state: 'unreachable', reason } : blurred(reason, family),
      );
    });

    it.each([
      ['unreachable', 'no-route'],
      ['blackhole', 'no-route'],
      ['prohibit', 'permission'],
    ])(`takes a route of type %s for our own side over IP${family}: %s`, async (type, reason) => {
      const nowhere = peer.spare(2049, family);
      ip('route', 'add', type, nowhere);
      try {
        const outcomes = await collect(await kind.create(), from(nowhere), [80, 81]);
        expect(byFact(outcomes, [80, 81])).toEqual({ [`local-error/${reason}`]: [80, 81] });
      } finally {
        ip('route', 'del', type, nowhere);
      }
    });

    it(`calls a host that is absent from our link unreachable over IP${family}`, async () => {
      const absent = peer.spare(2048, family);
      const { device } = peer.near;
      const directory = `/proc/sys/net/ip${family}/neigh/${device}`;
      writeFileSync(`${directory}/retrans_time_ms`, '100');
      ip('route', 'add', absent, 'dev', device);
      const outcomes = await collect(await kind.create(), from(absent), [80]);
      expect(outcomes).toMatchObject([{ address: absent, state: 'unreachable' }]);
      expect(outcomes[0]?.reason).toBe(readsIcmp ? 'icmp-host-unreachable' : 'icmp-unreachable');
    });
  }

  it.each(['127.0.0.1', '::1'])('never meets itself on %s', (address) => {
    const inside = ['ip', 'netns', 'exec', peer.name];
    const ports = ALL_PORTS.filter(isPlain);
    const found = byFact(probeInChild(inside, kind.name, address, ports), ports);
    expect(found['open/syn-ack']).toEqual(LISTENING.filter(isPlain));
    expect(Object.keys(found).toSorted()).toEqual(['closed/rst', 'open/syn-ack']);
  });

  it('finds the open ports of a peer that accepts nothing', async () => {
    const ports = Array.from({ length: 20 }, (_, index) => 50_000 + index);
    await peer.listen(ports, { backlog: 1, deaf: true });
    const outcomes = await collect(await kind.create(), from(peer.far.v4), ports);
    expect(byFact(outcomes, ports)).toEqual({ 'open/syn-ack': ports });
  });

  // one interval in twenty may miss by the kernel's dice: that four of six do is one run in 10,000
  it('tells how many open ports losses hid, in the interval it states', async () => {
    const hosts = Array.from({ length: 1024 }, (_, at) => peer.spare(at));
    // the first packets to a neighbour wait for its link address, and may be lost to that
    await collect(await kind.create(), from(...hosts), [80]);
    let held = 0;
    for (let scan = 0; scan < 6; scan++) {
      const stats = newStats();
      const outcomes = await collect(await kind.create(), from(...hosts), [30_000], { stats });
      const missed = hosts.length - openPorts(outcomes).length;
      const [low, high] = stats.loss?.interval ?? [Number.NaN, Number.NaN];
      expect(missed).toBeGreaterThan(20);
      expect(high - low).toBeLessThan(200);
      if (low <= missed && missed <= high) held += 1;
    }
    expect(held).toBeGreaterThanOrEqual(3);
  });

  it('finds open ports among many hosts', async () => {
    const hosts = Array.from({ length: 1024 }, (_, at) => peer.spare(at));
    const ports = [80, 81, 2222, 2223];
    const outcomes = await collect(await kind.create(), from(...hosts), ports);
    expect(new Set(outcomes.map(({ address, port }) => `${address} ${port}`)).size).toBe(4096);
    expect(openPorts(outcomes)).toEqual([...hosts.map(() => 80), ...hosts.map(() => 2222)]);
    expect(states(outcomes)).toEqual(['closed', 'open']);
  });
}

function states(outcomes: readonly Outcome[]): PortState[] {
  return [...new Set(outcomes.map(({ state }) => state))].toSorted();
}

function ip(...args: string[]): void {
  execFileSync(findCommand('ip') ?? 'ip', args);
}
