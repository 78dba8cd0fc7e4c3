import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Outcome } from '../../src/model/port.ts';
import type { Engine, EngineStats, Pace } from '../../src/probe/engine.ts';
import { byFact, collect, from, newStats, openPorts, probeInChild } from '../conformity/probing.ts';
import { builtSyn } from '../helpers/built-syn.ts';
import { makeNamespace, type Namespace, namespacesMet } from '../lab/namespace.ts';

const LISTENING = [80, 443, 2222, 3306, 5432, 8080];
const PORTS = [...LISTENING, 81, 9];
const HOSTS = 1024;

/** Loses one packet in twenty each way, and nothing else: SYNs, their answers, RSTs. */
const LOSSY = `
table inet loss {
  chain input {
    type filter hook input priority 0;
    iifname != lo meta l4proto tcp numgen random mod 100 < 5 drop
  }
  chain output {
    type filter hook output priority 0;
    oifname != lo meta l4proto tcp numgen random mod 100 < 5 drop
  }
}`;

describe.skipIf(!namespacesMet('nft'))('the SYN engine over a path that loses 5 % each way', () => {
  let peer: Namespace;
  let engine: Engine;
  let hosts: string[];
  beforeAll(async () => {
    engine = await builtSyn();
    peer = makeNamespace();
    peer.answerFor(`${peer.spare(0)}/22`);
    hosts = Array.from({ length: HOSTS }, (_, at) => peer.spare(at));
    await peer.listen(LISTENING);
    peer.nft(LOSSY);
  });
  afterAll(() => peer?.close());

  const rates: readonly Pace['rate'][] = ['auto', 4000, 'max'];
  it.each(rates)(
    'at rate %s misses six of 6,144 open ports at most, and knows how many',
    async (rate) => {
      const stats = newStats();
      const pace: Pace = { rate, perHost: 'auto' };
      const outcomes = await collect(engine, from(...hosts), PORTS, { pace, stats });
      expect(outcomes).toHaveLength(HOSTS * PORTS.length);
      expect(distinct(outcomes)).toBe(HOSTS * PORTS.length);
      const open = openPorts(outcomes);
      expect(open.filter((port) => !LISTENING.includes(port))).toEqual([]);
      const missed = HOSTS * LISTENING.length - open.length;
      expect(missed).toBeLessThanOrEqual(6);
      const [low = Number.NaN, high = Number.NaN] = stats.loss?.interval ?? [];
      expect(missed).toBeGreaterThanOrEqual(low);
      expect(missed).toBeLessThanOrEqual(high);
      // a lost SYN-ACK comes again, sent by the peer; a lost SYN does not
      expect(stats.loss?.probeLoss).toBeGreaterThan(0.03);
      expect(stats.loss?.probeLoss).toBeLessThan(0.15);
      expect(stats.retries).toBeGreaterThan(0);
    },
  );
});

const METERS = ['syns', 'over_host', 'over_network'];
/** Counts SYNs above 50 per second to a host and 400 to a network, with next to nothing saved up. */
const COUNTING = `
table inet ceiling {
  set hosts { type ipv4_addr; flags dynamic; size 4096; }
  set networks { type ipv4_addr; flags dynamic; size 4096; }
  counter syns { }
  counter over_host { }
  counter over_network { }
  chain input {
    type filter hook input priority 0;
    iifname lo accept
    tcp flags & (syn | ack) != syn accept
    counter name syns
    add @hosts { ip daddr limit rate over 50/second burst 10 packets } counter name over_host
    add @networks { ip daddr & 255.255.255.0 limit rate over 400/second burst 40 packets } counter name over_network
  }
}`;

describe.skipIf(!namespacesMet('nft'))('the ceilings of the SYN engine', () => {
  let peer: Namespace;
  beforeAll(async () => {
    peer = makeNamespace();
    peer.answerFor(`${peer.spare(0)}/22`);
    await peer.listen([80]);
  });
  afterAll(() => peer?.close());

  function counted(name: string): number {
    const text = peer.exec('nft', 'list', 'counter', 'inet', 'ceiling', name);
    return Number(/packets (\d+)/.exec(text)?.[1]);
  }

  /** Scans 8 hosts of one network, 150 ports each; what the peer's own meters for 50 per second say. */
  async function meter(perHost: number): Promise<Record<string, number>> {
    peer.nft(COUNTING);
    try {
      const hosts = Array.from({ length: 8 }, (_, at) => peer.spare(at));
      const ports = Array.from({ length: 150 }, (_, at) => 80 + at);
      const pace: Pace = { rate: 'max', perHost };
      const outcomes = await collect(await builtSyn(), from(...hosts), ports, { pace });
      expect(openPorts(outcomes)).toHaveLength(8);
      const [syns = 0, host = 0, network = 0] = METERS.map(counted);
      return { syns, host, network };
    } finally {
      peer.exec('nft', 'delete', 'table', 'inet', 'ceiling');
    }
  }

  it('hold at rate max, as the peer’s own meters see it', async () => {
    expect(await meter(50)).toEqual({ syns: 1200, host: 0, network: 0 });
  });

  it('would be seen to be broken by the same meters', async () => {
    const { host = 0, network = 0 } = await meter(500);
    expect(host).toBeGreaterThan(300);
    expect(network).toBeGreaterThan(300);
  });
});

/** Counts SYNs that the kernel sends for us; frames of our own do not come by. */
const OUTGOING = `
table inet outgoing {
  counter syns { }
  chain output {
    type filter hook output priority 0;
    tcp flags & (syn | ack) == syn counter name syns
  }
}`;

describe.skipIf(!namespacesMet('nft'))('the ways that packets of the SYN engine take', () => {
  let peers: Namespace[];
  beforeAll(async () => {
    peers = [makeNamespace(), makeNamespace()];
    for (const [at, peer] of peers.entries()) await peer.listen([80 + at, 90]);
  });
  afterAll(() => {
    for (const peer of peers ?? []) peer.close();
  });

  const ports = [80, 81, 90, 91];

  it('are several interfaces and loopback at once, in both families', async () => {
    const [one, two] = peers as [Namespace, Namespace];
    const stats: EngineStats = newStats();
    const addresses = [one.far.v4, '127.0.0.1', two.far.v6, one.far.v6, '::1', two.far.v4];
    const outcomes = await collect(await builtSyn(), from(...addresses), ports, { stats });
    const of = (address: string) => outcomes.filter((it) => it.address === address);
    for (const address of [one.far.v4, one.far.v6]) {
      expect(byFact(of(address), ports)).toEqual({
        'open/syn-ack': [80, 90],
        'closed/rst': [81, 91],
      });
    }
    for (const address of [two.far.v4, two.far.v6]) {
      expect(byFact(of(address), ports)).toEqual({
        'open/syn-ack': [81, 90],
        'closed/rst': [80, 91],
      });
    }
    for (const address of ['127.0.0.1', '::1']) {
      expect(
        of(address)
          .map(({ state }) => state)
          .every((state) => state !== 'filtered'),
      ).toBe(true);
      expect(of(address)).toHaveLength(ports.length);
    }
    expect(stats.outcomes).toBe(24);
  });

  it('are link-local ones of several interfaces, also of one address', async () => {
    const [one, two] = peers as [Namespace, Namespace];
    for (const peer of [one, two]) {
      peer.exec('ip', 'addr', 'add', 'fe80::99/64', 'dev', peer.far.device, 'nodad');
    }
    const [first, second] = [`fe80::99%${one.near.device}`, `fe80::99%${two.near.device}`];
    const outcomes = await collect(await builtSyn(), from(first, second), ports);
    const of = (address: string) => outcomes.filter((it) => it.address === address);
    expect(byFact(of(first), ports)).toEqual({ 'open/syn-ack': [80, 90], 'closed/rst': [81, 91] });
    expect(byFact(of(second), ports)).toEqual({ 'open/syn-ack': [81, 90], 'closed/rst': [80, 91] });
  });

  /** Looks at an address from inside a namespace; also how many SYNs the kernel there sent for us. */
  function lookFromInside(peer: Namespace, address: string, asked: readonly number[]) {
    peer.nft(OUTGOING);
    try {
      const outcomes = probeInChild(['ip', 'netns', 'exec', peer.name], 'syn', address, asked);
      const text = peer.exec('nft', 'list', 'counter', 'inet', 'outgoing', 'syns');
      return { found: byFact(outcomes, asked), sent: Number(/packets (\d+)/.exec(text)?.[1]) };
    } finally {
      peer.exec('nft', 'delete', 'table', 'inet', 'outgoing');
    }
  }

  it.each(['v4', 'v6'] as const)(
    'are the kernel’s business where a rule decides: IP%s',
    (family) => {
      const [peer] = peers as [Namespace];
      const [flag, rule] = [family === 'v4' ? '-4' : '-6', ['fwmark', '7', 'lookup', '77']];
      const found = { 'closed/rst': [9, 11] };
      expect(lookFromInside(peer, peer.near[family], [9, 11])).toEqual({ found, sent: 0 });
      peer.exec('ip', flag, 'rule', 'add', ...rule);
      try {
        expect(lookFromInside(peer, peer.near[family], [9, 11])).toEqual({ found, sent: 2 });
      } finally {
        peer.exec('ip', flag, 'rule', 'del', ...rule);
      }
    },
  );

  it('are the kernel’s business on a point-to-point link', () => {
    const [, peer] = peers as [Namespace, Namespace];
    const [ours, theirs] = [peer.spare(77), peer.spare(78)];
    peer.exec('ip', 'tuntap', 'add', 'tun9', 'mode', 'tun');
    peer.exec('ip', 'addr', 'add', `${ours}/32`, 'dev', 'tun9');
    peer.exec('ip', 'link', 'set', 'tun9', 'up');
    peer.exec('ip', 'route', 'add', theirs, 'dev', 'tun9');
    const found = { 'filtered/no-response': [80, 81] };
    expect(lookFromInside(peer, theirs, [80, 81])).toEqual({ found, sent: 4 });
  });
});

function distinct(outcomes: readonly Outcome[]): number {
  return new Set(outcomes.map(({ address, port }) => `${address} ${port}`)).size;
}
