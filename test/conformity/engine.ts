import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Outcome, PortState, Reason } from '../../src/model/port.ts';
import type { Engine, EngineKind, EngineStats, ProbeOptions } from '../../src/probe/engine.ts';
import { findCommand, met } from '../helpers/needs.ts';
import { makeNamespace, type Namespace, namespacesMet } from '../lab/namespace.ts';

/** What an engine cannot know, with the reason why. */
export interface EngineFacts {
  /** False: it cannot tell an ICMP code from another, nor port-unreachable from RST. */
  readonly readsIcmp: boolean;
}

const ALL_PORTS: readonly number[] = Array.from({ length: 65_535 }, (_, index) => index + 1);

export function newStats(): EngineStats {
  return { probes: 0, retries: 0, outcomes: 0, slowdowns: 0 };
}

/** `--rate max --per-host max`, never cancelled, warnings dropped; override what matters. */
export function options(changes: Partial<ProbeOptions> = {}): ProbeOptions {
  return {
    pace: { rate: 'max', perHost: 'max' },
    signal: new AbortController().signal,
    stats: newStats(),
    warn: () => undefined,
    ...changes,
  };
}

export async function* from(...addresses: string[]): AsyncGenerator<string> {
  yield* addresses;
}

export async function collect(
  engine: Engine,
  addresses: AsyncIterable<string>,
  ports: readonly number[],
  changes: Partial<ProbeOptions> = {},
): Promise<Outcome[]> {
  const all: Outcome[] = [];
  for await (const batch of engine.probe(addresses, ports, options(changes))) {
    expect(batch.length).toBeGreaterThan(0);
    all.push(...batch);
  }
  return all;
}

/** Asserts exactly one outcome for each of `ports`, and returns the ports by `state/reason`. */
export function byFact(outcomes: readonly Outcome[], ports: readonly number[]) {
  expect(outcomes.map(({ port }) => port).toSorted((a, b) => a - b)).toEqual(
    ports.toSorted((a, b) => a - b),
  );
  const facts: Record<string, number[]> = {};
  for (const { state, reason, port } of outcomes.toSorted((a, b) => a.port - b.port)) {
    (facts[`${state}/${reason}`] ??= []).push(port);
  }
  return facts;
}

function openPorts(outcomes: readonly Outcome[]): number[] {
  return outcomes
    .filter(({ state }) => state === 'open')
    .map(({ port }) => port)
    .toSorted((a, b) => a - b);
}

async function listenOn(host: string, count: number): Promise<Server[]> {
  const servers = Array.from({ length: count }, () => createServer((socket) => socket.destroy()));
  for (const server of servers) {
    server.listen(0, host);
    await once(server, 'listening');
  }
  return servers;
}

function portsOf(servers: readonly Server[]): number[] {
  return servers
    .map((server) => {
      const address = server.address();
      return typeof address === 'object' && address !== null ? address.port : 0;
    })
    .toSorted((a, b) => a - b);
}

/** Ports that accept connections to `address` by the kernel's own table. */
function listening(address: string): Set<number> {
  const table = execFileSync(findCommand('ss') ?? 'ss', ['-Hltn'], { encoding: 'utf8' });
  const any = address.includes(':') ? ['*', '[::]'] : ['*', '0.0.0.0', '[::]'];
  const ours = address.includes(':') ? [`[${address}]`, ...any] : [address, ...any];
  return new Set(
    table
      .split('\n')
      .map((line) => line.trim().split(/ +/)[3] ?? '')
      .filter((local) => ours.includes(local.slice(0, local.lastIndexOf(':')).split('%')[0] ?? ''))
      .map((local) => Number(local.slice(local.lastIndexOf(':') + 1))),
  );
}

/** The suite that every engine passes. */
export function engineSuite(kind: EngineKind, facts: EngineFacts): void {
  describe(`engine ${kind.name}`, () => {
    loopbackSuite(kind);
    endingSuite(kind);
    paceSuite(kind);
    describe.skipIf(!namespacesMet('nft'))('in a namespace', () => namespaceSuite(kind, facts));
  });
}

function loopbackSuite(kind: EngineKind): void {
  describe.skipIf(!met({ linux: true, commands: ['ss'] }))('on loopback addresses', () => {
    it.each(['127.0.0.1', '127.0.71.3', '::1'])('finds every open port of %s', async (host) => {
      const servers = await listenOn(host, 12);
      try {
        const before = listening(host);
        const outcomes = await collect(await kind.create(), from(host), ALL_PORTS);
        const after = listening(host);
        const { 'open/syn-ack': open = [] } = byFact(outcomes, ALL_PORTS);
        expect(open).toEqual(expect.arrayContaining(portsOf(servers)));
        // Others may start and stop servers on this machine meanwhile.
        const steady = [...before].filter((port) => after.has(port));
        expect(open).toEqual(expect.arrayContaining(steady));
        expect(open.filter((port) => !before.has(port) && !after.has(port))).toEqual([]);
      } finally {
        for (const server of servers) server.close();
      }
    });
  });

  it('says what was seen, with a round trip', async () => {
    const servers = await listenOn('127.0.0.1', 1);
    const [open = 0] = portsOf(servers);
    const [outcome] = await collect(await kind.create(), from('127.0.0.1'), [open]);
    servers[0]?.close();
    expect(outcome).toEqual({
      address: '127.0.0.1',
      transport: 'tcp',
      port: open,
      state: 'open',
      reason: 'syn-ack',
      rttMs: expect.any(Number),
    });
  });

  it('probes several addresses of both families', async () => {
    const servers = await listenOn('127.0.0.1', 3);
    const ports = portsOf(servers);
    const hosts = ['127.0.0.1', '127.9.8.7', '::1'];
    const outcomes = await collect(await kind.create(), from(...hosts), ports);
    for (const server of servers) server.close();
    const seen = outcomes.map(({ address, port, state }) => `${address} ${port} ${state}`);
    const expected = hosts.flatMap((host) =>
      ports.map((port) => `${host} ${port} ${host === '127.0.0.1' ? 'open' : 'closed'}`),
    );
    expect(seen.toSorted()).toEqual(expected.toSorted());
  });

  it('reports what is no address as a fault of our own', async () => {
    const outcomes = await collect(await kind.create(), from('example.invalid'), [80, 443]);
    expect(byFact(outcomes, [80, 443])).toEqual({ 'local-error/address-family': [80, 443] });
  });
}

function endingSuite(kind: EngineKind): void {
  it('asks for no address when there is no port', async () => {
    let asked = 0;
    async function* addresses() {
      asked += 1;
      yield '127.0.0.1';
    }
    expect(await collect(await kind.create(), addresses(), [])).toEqual([]);
    expect(asked).toBe(0);
  });

  it('ends when there are no addresses', async () => {
    expect(await collect(await kind.create(), from(), [80])).toEqual([]);
  });

  it('pulls addresses as it needs them and stops at abort', async () => {
    const control = new AbortController();
    const endless = new Endless();
    let batches = 0;
    const run = (await kind.create()).probe(
      endless.addresses(),
      [1, 2, 3],
      options({ signal: control.signal }),
    );
    for await (const _ of run) if (++batches === 3) control.abort();
    expect(batches).toBe(3);
    expect(endless.pulled).toBeLessThan(20_000);
    expect(endless.ended).toBe(true);
  });

  it('stops at abort while the next address never comes', async () => {
    const control = new AbortController();
    async function* stuck() {
      yield '127.0.0.1';
      await new Promise(() => undefined);
    }
    setTimeout(() => control.abort(), 50);
    const outcomes = await collect(await kind.create(), stuck(), [1], { signal: control.signal });
    expect(outcomes).toHaveLength(1);
  });

  it('sends nothing when cancelled before the start', async () => {
    const stats = newStats();
    const signal = AbortSignal.abort();
    expect(await collect(await kind.create(), from('127.0.0.1'), [1], { signal, stats })).toEqual(
      [],
    );
    expect(stats.probes).toBe(0);
  });

  it('stops when its reader leaves, and tells the source of addresses', async () => {
    const endless = new Endless();
    const run = (await kind.create()).probe(endless.addresses(), [1], options());
    for await (const _ of run) break;
    const pulled = endless.pulled;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(endless.pulled).toBe(pulled);
    expect(endless.ended).toBe(true);
  });

  it('passes on what the source of addresses throws', async () => {
    async function* broken() {
      yield '127.0.0.1';
      throw new Error('the file went away');
    }
    const run = collect(await kind.create(), broken(), [1]);
    await expect(run).rejects.toThrow('the file went away');
  });

  it('loses nothing with 64 file descriptors', async () => {
    const servers = await listenOn('127.0.0.1', 3);
    const open = portsOf(servers);
    const report = fewDescriptors(kind.name, open);
    for (const server of servers) server.close();
    expect(report).toEqual({ outcomes: 3000 + open.length, distinct: 3000 + open.length, open });
  });
}

/** Runs the built engine in a process with 64 descriptors on 3,000 closed ports and the open ones. */
function fewDescriptors(engine: string, open: readonly number[]): unknown {
  const script = `
    const { chooseEngine } = await import('${process.cwd()}/dist/probe/engines.js');
    const open = ${JSON.stringify(open)};
    const ports = [...Array.from({ length: 3000 }, (_, i) => i + 61000), ...open];
    const engine = await chooseEngine('${engine}');
    const seen = [];
    const run = engine.probe((async function* () { yield '127.0.0.1'; })(), ports, {
      pace: { rate: 'max', perHost: 'max' },
      signal: new AbortController().signal,
      stats: { probes: 0, retries: 0, outcomes: 0, slowdowns: 0 },
      warn: () => {},
    });
    for await (const batch of run) seen.push(...batch);
    console.log(JSON.stringify({
      outcomes: seen.length,
      distinct: new Set(seen.map((outcome) => outcome.port)).size,
      open: seen.filter(({ state }) => state === 'open').map(({ port }) => port).sort((a, b) => a - b),
    }));`;
  const shell = `ulimit -n 64 && exec "$0" --input-type=module -e "$1"`;
  const child = spawnSync('bash', ['-c', shell, process.execPath, script], { encoding: 'utf8' });
  expect(child.stderr).toBe('');
  return JSON.parse(child.stdout);
}

class Endless {
  pulled = 0;
  ended = false;

  async *addresses(): AsyncGenerator<string> {
    try {
      for (;;) {
        this.pulled += 1;
        const { pulled } = this;
        yield `127.${1 + ((pulled >> 16) & 63)}.${(pulled >> 8) & 255}.${pulled & 255}`;
      }
    } finally {
      this.ended = true;
    }
  }
}

function paceSuite(kind: EngineKind): void {
  it.each([
    ['overall', { rate: 400, perHost: 'max' }],
    ['per host', { rate: 'max', perHost: 400 }],
  ] as const)('keeps to the %s limit', async (_, pace) => {
    const stats = newStats();
    const ports = ALL_PORTS.slice(0, 250);
    const start = performance.now();
    const outcomes = await collect(await kind.create(), from('127.0.33.1'), ports, { pace, stats });
    const seconds = (performance.now() - start) / 1000;
    expect(outcomes).toHaveLength(250);
    // 20 ms worth may be sent at once; a slow machine only takes longer.
    expect(stats.probes).toBeLessThanOrEqual(400 * seconds + 400 * 0.02 + 1);
  });

  it('counts what it did', async () => {
    const stats = newStats();
    await collect(await kind.create(), from('127.0.33.1'), [1, 2, 3], { stats });
    expect(stats).toEqual({ probes: 3, retries: 0, outcomes: 3, slowdowns: 0 });
  });
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
    tcp dport 10000-20000 tcp flags syn numgen random mod 100 < 5 drop
  }
}`;
const LISTENING = [80, 1003, 2222, 10_010, 10_500, 15_000, 19_999, 40_000, 65_535];

function namespaceSuite(kind: EngineKind, { readsIcmp }: EngineFacts): void {
  let peer: Namespace;
  beforeAll(async () => {
    peer = makeNamespace();
    peer.nft(RULES);
    await peer.listen(LISTENING);
  });
  afterAll(() => peer.close());
  const families = ['v4', 'v6'] as const;

  it.each(families)('finds all 65,535 ports of a host over IP%s', async (family) => {
    const ports = ALL_PORTS.filter((port) => port < 1000 || port > 1023);
    const outcomes = await collect(await kind.create(), from(peer.far[family]), ports);
    const found = byFact(outcomes, ports);
    expect(found['open/syn-ack']).toEqual(LISTENING.filter((port) => port !== 1003));
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
    expect(stats).toEqual({ probes: 2, retries: 0, outcomes: 2, slowdowns: 0 });
  });

  const icmp: readonly [number, Reason][] = [
    [1020, 'icmp-port-unreachable'],
    [1021, 'icmp-admin-prohibited'],
    [1022, 'icmp-host-unreachable'],
    [1023, 'icmp-net-unreachable'],
  ];
  for (const family of families) {
    it.runIf(readsIcmp).each(icmp)(
      `reads ICMP: port %i is %s over IP${family}`,
      async (port, reason) => {
        const [outcome] = await collect(await kind.create(), from(peer.far[family]), [port]);
        expect(outcome).toMatchObject({ state: 'unreachable', reason });
      },
    );

    it(`knows that no route leads to a host over IP${family}`, async () => {
      const nowhere = family === 'v4' ? '10.199.1.1' : 'fd79:1::1';
      run('ip', 'route', 'add', 'unreachable', nowhere);
      try {
        const outcomes = await collect(await kind.create(), from(nowhere), [80, 81]);
        expect(byFact(outcomes, [80, 81])).toEqual({ 'local-error/no-route': [80, 81] });
      } finally {
        run('ip', 'route', 'del', 'unreachable', nowhere);
      }
    });
  }

  it('finds the open ports of a peer that accepts nothing', async () => {
    const ports = Array.from({ length: 20 }, (_, index) => 50_000 + index);
    await peer.listen(ports, { backlog: 1, deaf: true });
    const outcomes = await collect(await kind.create(), from(peer.far.v4), ports);
    expect(byFact(outcomes, ports)).toEqual({ 'open/syn-ack': ports });
  });

  it('finds open ports among many hosts', async () => {
    peer.answerFor('10.198.0.0/22');
    const hosts = Array.from({ length: 1024 }, (_, at) => `10.198.${at >> 8}.${at & 255}`);
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

function run(command: string, ...args: string[]): void {
  execFileSync(findCommand(command) ?? command, args);
}
