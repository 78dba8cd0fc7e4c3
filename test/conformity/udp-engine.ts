import { describe, expect, it } from 'vitest';
import type { Question } from '../../src/probe/udp/question.ts';
import { udpPeer } from '../helpers/udp-peer.ts';
import { namespacesMet } from '../lab/namespace.ts';
import {
  ALL_PORTS,
  byFact,
  collect,
  Endless,
  from,
  newStats,
  options,
  probeInChild,
} from './probing.ts';
import { udpNamespaceSuite } from './udp-engine-namespace.ts';
import { bytes, QUESTIONS, text, type UdpEngineFacts, type UdpKind } from './udp-questions.ts';

/** The suite that every UDP engine passes. */
export function udpEngineSuite(kind: UdpKind, facts: UdpEngineFacts): void {
  answerSuite(kind);
  endingSuite(kind);
  paceSuite(kind);
  describe.skipIf(!namespacesMet('nft'))('in a namespace', () => {
    udpNamespaceSuite(kind, facts);
  });
}

function answerSuite(kind: UdpKind): void {
  it.each(['127.0.0.1', '::1'])('tells what answered which question on %s', async (address) => {
    await using peer = await udpPeer(
      (datagram) => (text(datagram).startsWith('beta') ? [datagram, datagram] : []),
      address,
    );
    const [outcome] = await collect(await kind(QUESTIONS).create(), from(address), [peer.port]);
    const asked = peer.received.map((datagram) => text(datagram).split(' ')[0]);
    expect(asked).toEqual(['alpha', 'beta']);
    const sent = peer.received[1]?.length ?? 0;
    expect(outcome).toEqual({
      address,
      transport: 'udp',
      port: peer.port,
      state: 'open',
      reason: 'udp-response',
      datagram: {
        question: 'beta',
        sent,
        received: 2 * sent,
        payload: Uint8Array.from(peer.received[1] ?? []),
      },
    });
  });

  it('keeps 4,096 bytes of a datagram and counts all of it', async () => {
    await using peer = await udpPeer(() => [Buffer.alloc(20_000, 7), Buffer.alloc(100)]);
    const engine = await kind(QUESTIONS).create();
    const [outcome] = await collect(engine, from(peer.address), [peer.port]);
    expect(outcome?.datagram?.received).toBe(20_100);
    expect(outcome?.datagram?.payload).toEqual(new Uint8Array(4096).fill(7));
    expect(outcome?.rttMs).toEqual(expect.any(Number));
  });

  it('takes an empty datagram for an answer', async () => {
    await using peer = await udpPeer(() => [new Uint8Array(0)]);
    const engine = await kind(QUESTIONS).create();
    const [outcome] = await collect(engine, from(peer.address), [peer.port]);
    expect(outcome).toMatchObject({ state: 'open', datagram: { question: 'alpha', received: 0 } });
  });

  it('calls a port that stays silent open|filtered, and what is refused closed', async () => {
    await using silent = await udpPeer(() => []);
    const closed = await closedPort();
    const ports = [silent.port, closed];
    const stats = newStats();
    const engine = await kind(QUESTIONS).create();
    const outcomes = await collect(engine, from('127.0.0.1'), ports, { stats });
    expect(byFact(outcomes, ports)).toEqual({
      'open|filtered/no-response': [silent.port],
      'closed/icmp-port-unreachable': [closed],
    });
    // its two questions, and once more after the other port was refused
    expect(silent.received.length).toBeGreaterThanOrEqual(3);
    expect(stats.outcomes).toBe(2);
  });

  it('asks again only after a pause', async () => {
    const question: Question = {
      name: 'one',
      ports: [],
      anywhere: true,
      payload: () => bytes('one'),
    };
    const times: number[] = [];
    await using silent = await udpPeer(() => {
      times.push(performance.now());
      return [];
    });
    const engine = await kind([question]).create();
    await collect(engine, from('127.0.0.1'), [silent.port]);
    expect(times).toHaveLength(2);
    // timers of the peer may be a little early
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(900);
  });

  it('sends one datagram to a silent port when told so', async () => {
    const question: Question = {
      name: 'one',
      ports: [],
      anywhere: true,
      payload: () => bytes('one'),
    };
    await using silent = await udpPeer(() => []);
    const stats = newStats();
    const engine = await kind([question]).create();
    await collect(engine, from('127.0.0.1'), [silent.port], { attempts: 1, timeoutMs: 200, stats });
    expect(stats).toEqual({ probes: 1, retries: 0, outcomes: 1, slowdowns: 0 });
    expect(silent.received).toHaveLength(1);
  });

  it('takes the answer of another port where the protocol answers from one', async () => {
    const question: Question = {
      name: 'tftp',
      ports: [],
      anywhere: true,
      fromAnyPort: true,
      payload: () => bytes('read'),
      answers: (payload) => text(payload) === 'error',
    };
    await using helper = await udpPeer(() => []);
    await using peer = await udpPeer(() => []);
    const engine = await kind([question]).create();
    const run = collect(engine, from('127.0.0.1'), [peer.port]);
    await answeredFrom(helper, peer);
    expect(await run).toMatchObject([
      { state: 'open', datagram: { question: 'tftp', received: 5 } },
    ]);
  });

  it('finds all closed ports of the loopback', async () => {
    await using peer = await udpPeer((datagram) => [datagram], '127.0.71.4');
    const ports = [...ALL_PORTS.slice(20_000, 24_000), peer.port].filter(
      (port, at, all) => all.indexOf(port) === at,
    );
    const engine = await kind(QUESTIONS).create();
    const found = byFact(await collect(engine, from('127.0.71.4'), ports), ports);
    expect(found['open/udp-response']).toEqual([peer.port]);
    expect(Object.keys(found).toSorted()).toEqual([
      'closed/icmp-port-unreachable',
      'open/udp-response',
    ]);
  });

  it('reports what is no address as a fault of our own', async () => {
    const engine = await kind(QUESTIONS).create();
    const outcomes = await collect(engine, from('example.invalid'), [53, 161]);
    expect(byFact(outcomes, [53, 161])).toEqual({ 'local-error/address-family': [53, 161] });
  });
}

type Peer = Awaited<ReturnType<typeof udpPeer>>;

/** Answers the first question that `peer` hears, from the port of `helper`. */
async function answeredFrom(helper: Peer, peer: Peer): Promise<void> {
  while (peer.senders.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const [sender] = peer.senders;
  if (sender !== undefined) helper.send(bytes('error'), sender);
}

/** A port that nobody listens on: one that was just free. */
async function closedPort(): Promise<number> {
  await using peer = await udpPeer(() => []);
  return peer.port;
}

async function* broken(): AsyncGenerator<string> {
  yield '127.0.0.1';
  throw new Error('the file went away');
}

function endingSuite(kind: UdpKind): void {
  it('asks of each address what it is told to ask of it', async () => {
    const wanted: Record<string, readonly number[]> = { '127.0.33.1': [1, 3], '127.0.33.3': [2] };
    const addresses = from('127.0.33.1', '127.0.33.2', '127.0.33.3');
    const outcomes = await collect(await kind(QUESTIONS).create(), addresses, [1, 2, 3], {
      portsOf: (address) => wanted[address] ?? [],
    });
    const asked = outcomes.map(({ address, port }) => `${address} ${port}`);
    expect(asked.toSorted()).toEqual(['127.0.33.1 1', '127.0.33.1 3', '127.0.33.3 2']);
  });

  it('ends when there are no addresses, or no ports', async () => {
    const engine = await kind(QUESTIONS).create();
    expect(await collect(engine, from(), [53])).toEqual([]);
    expect(await collect(engine, from('127.0.0.1'), [])).toEqual([]);
  });

  it('pulls addresses as it needs them and stops at abort', async () => {
    const control = new AbortController();
    const endless = new Endless();
    let batches = 0;
    const run = (await kind(QUESTIONS).create()).probe(
      endless.addresses(),
      [1, 2, 3],
      options({ signal: control.signal }),
    );
    for await (const _ of run) if (++batches === 3) control.abort();
    expect(batches).toBe(3);
    expect(endless.pulled).toBeLessThan(20_000);
    expect(endless.ended).toBe(true);
  });

  it('stops at abort while a port is silent', async () => {
    await using silent = await udpPeer(() => []);
    const control = new AbortController();
    const run = collect(await kind(QUESTIONS).create(), from('127.0.0.1'), [silent.port], {
      signal: control.signal,
    });
    while (silent.received.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    control.abort();
    expect(await run).toEqual([]);
  });

  it('sends nothing when cancelled before the start', async () => {
    const stats = newStats();
    const signal = AbortSignal.abort();
    const engine = await kind(QUESTIONS).create();
    expect(await collect(engine, from('127.0.0.1'), [1], { signal, stats })).toEqual([]);
    expect(stats.probes).toBe(0);
  });

  it('stops when its reader leaves, and tells the source of addresses', async () => {
    const endless = new Endless();
    const run = (await kind(QUESTIONS).create()).probe(endless.addresses(), [1], options());
    for await (const _ of run) break;
    const pulled = endless.pulled;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(endless.pulled).toBe(pulled);
    expect(endless.ended).toBe(true);
  });

  it('loses nothing with 64 file descriptors', () => {
    const ports = ALL_PORTS.slice(20_000, 23_000);
    const shell = ['bash', '-c', 'ulimit -n 64 && exec "$0" "$@"'];
    const outcomes = probeInChild(shell, kind([]).name, '127.0.71.5', ports);
    const { 'closed/icmp-port-unreachable': closed = [], ...others } = byFact(outcomes, ports);
    // a server of this machine on all addresses may be among them
    expect(Object.keys(others).filter((fact) => fact.startsWith('local-error'))).toEqual([]);
    expect(closed.length).toBeGreaterThan(2900);
  });

  it('passes on what the source of addresses throws', async () => {
    const run = collect(await kind(QUESTIONS).create(), broken(), [1]);
    await expect(run).rejects.toThrow('the file went away');
  });
}

function paceSuite(kind: UdpKind): void {
  it.each([
    ['overall', { rate: 400, perHost: 'max' }],
    ['per host', { rate: 'max', perHost: 400 }],
  ] as const)('keeps to the %s limit', async (_, pace) => {
    const stats = newStats();
    const ports = ALL_PORTS.slice(0, 250);
    const start = performance.now();
    const engine = await kind(QUESTIONS).create();
    const outcomes = await collect(engine, from('127.0.33.1'), ports, { pace, stats });
    const seconds = (performance.now() - start) / 1000;
    expect(outcomes).toHaveLength(250);
    // 20 ms worth may be sent at once; a slow machine only takes longer.
    expect(stats.probes).toBeLessThanOrEqual(400 * seconds + 400 * 0.02 + 1);
  });
}
