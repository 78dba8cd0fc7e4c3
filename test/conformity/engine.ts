import { describe, expect, it } from 'vitest';
import type { EngineKind } from '../../src/probe/engine.ts';
import { met } from '../helpers/needs.ts';
import { namespacesMet } from '../lab/namespace.ts';
import { type EngineFacts, namespaceSuite } from './engine-namespace.ts';
import {
  ALL_PORTS,
  byFact,
  collect,
  Endless,
  from,
  listening,
  listenOn,
  newStats,
  options,
  portsOf,
  probeInChild,
} from './probing.ts';

/** The suite that every engine passes. */
export function engineSuite(kind: EngineKind, facts: EngineFacts): void {
  loopbackSuite(kind);
  endingSuite(kind);
  paceSuite(kind);
  describe.skipIf(!namespacesMet('nft'))('in a namespace', () => {
    namespaceSuite(kind, facts);
  });
}

function loopbackSuite(kind: EngineKind): void {
  describe.skipIf(!met({ linux: true, commands: ['ss'] }))('on loopback addresses', () => {
    it.each(['127.0.71.2', '127.0.71.3', '::1'])('finds every open port of %s', async (host) => {
      const servers = await listenOn(host, 12);
      try {
        const before = listening(host);
        const outcomes = await collect(await kind.create(), from(host), ALL_PORTS);
        const after = listening(host);
        const { 'open/syn-ack': open = [] } = byFact(outcomes, ALL_PORTS);
        expect(open).toEqual(expect.arrayContaining(portsOf(servers)));
        // Others start and stop servers on this machine meanwhile; in a namespace the set is exact.
        const steady = [...before].filter((port) => after.has(port));
        expect(open).toEqual(expect.arrayContaining(steady));
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
    const { stack, ...seen } = outcome ?? {};
    expect(seen).toEqual({
      address: '127.0.0.1',
      transport: 'tcp',
      port: open,
      state: 'open',
      reason: 'syn-ack',
      rttMs: expect.any(Number),
    });
    if (stack !== undefined) expect(stack.options).toContain('mss');
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

async function* stuck(): AsyncGenerator<string> {
  yield '127.0.0.1';
  await new Promise(() => undefined);
}

async function* broken(): AsyncGenerator<string> {
  yield '127.0.0.1';
  throw new Error('the file went away');
}

function endingSuite(kind: EngineKind): void {
  it('asks of each address what it is told to ask of it', async () => {
    const wanted: Record<string, readonly number[]> = { '127.0.33.1': [1, 3], '127.0.33.3': [2] };
    const addresses = from('127.0.33.1', '127.0.33.2', '127.0.33.3');
    const outcomes = await collect(await kind.create(), addresses, [1, 2, 3], {
      portsOf: (address) => wanted[address] ?? [],
    });
    const asked = outcomes.map(({ address, port }) => `${address} ${port}`);
    expect(asked.toSorted()).toEqual(['127.0.33.1 1', '127.0.33.1 3', '127.0.33.3 2']);
  });

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
    const told = [];
    const run = (await kind.create()).probe(stuck(), [1], options({ signal: control.signal }));
    for await (const batch of run) {
      told.push(...batch);
      setTimeout(() => control.abort(), 20);
    }
    expect(told).toMatchObject([{ address: '127.0.0.1', port: 1, state: 'closed' }]);
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
    const run = collect(await kind.create(), broken(), [1]);
    await expect(run).rejects.toThrow('the file went away');
  });

  it('loses nothing with 64 file descriptors', async () => {
    const servers = await listenOn('127.0.0.1', 3);
    const open = portsOf(servers);
    const ports = [...ALL_PORTS.slice(60_999, 64_000), ...open];
    const shell = ['bash', '-c', 'ulimit -n 64 && exec "$0" "$@"'];
    const outcomes = probeInChild(shell, kind.name, '127.0.0.1', ports);
    for (const server of servers) server.close();
    expect(byFact(outcomes, ports)['open/syn-ack']).toEqual(open);
  });
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
    expect(stats).toMatchObject({ probes: 3, retries: 0, outcomes: 3, slowdowns: 0 });
  });
}
