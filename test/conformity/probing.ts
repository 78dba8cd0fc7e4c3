import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { expect } from 'vitest';
import type { Outcome } from '../../src/model/port.ts';
import {
  type Engine,
  type EngineStats,
  isSilence,
  type ProbeOptions,
  type Told,
} from '../../src/probe/engine.ts';
import { findCommand } from '../helpers/needs.ts';

export const ALL_PORTS: readonly number[] = Array.from({ length: 65_535 }, (_, at) => at + 1);

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
    for (const told of batch) all.push(...outcomesOf(told));
  }
  return all;
}

/** A silence as the outcomes it stands for. */
export function outcomesOf(told: Told): readonly Outcome[] {
  if (!isSilence(told)) return [told];
  const { address, transport, state, ports } = told;
  return ports.map((port) => ({ address, transport, port, state, reason: 'no-response' }));
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

export function openPorts(outcomes: readonly Outcome[]): number[] {
  return outcomes
    .filter(({ state }) => state === 'open')
    .map(({ port }) => port)
    .toSorted((a, b) => a - b);
}

export async function listenOn(host: string, count: number): Promise<Server[]> {
  const servers = Array.from({ length: count }, () => createServer((socket) => socket.destroy()));
  for (const server of servers) {
    server.listen(0, host);
    await once(server, 'listening');
  }
  return servers;
}

export function portsOf(servers: readonly Server[]): number[] {
  return servers
    .map((server) => {
      const address = server.address();
      return typeof address === 'object' && address !== null ? address.port : 0;
    })
    .toSorted((a, b) => a - b);
}

/** Ports that accept connections to `address` by the kernel's own table. */
export function listening(address: string): Set<number> {
  const table = execFileSync(findCommand('ss') ?? 'ss', ['-Hltn'], { encoding: 'utf8' });
  const any = address.includes(':') ? ['*', '[::]'] : ['*', '0.0.0.0', '[::]'];
  // Servers of both families (the JVM's) bind IPv4 addresses in their mapped form.
  const own = address.includes(':') ? [`[${address}]`] : [address, `[::ffff:${address}]`];
  const ours = [...own, ...any];
  return new Set(
    table
      .split('\n')
      .map((line) => line.trim().split(/ +/)[3] ?? '')
      .filter((local) => ours.includes(local.slice(0, local.lastIndexOf(':')).split('%')[0] ?? ''))
      .map((local) => Number(local.slice(local.lastIndexOf(':') + 1))),
  );
}

/** Probes with the built engine, of TCP or UDP, in a process of its own, which `prefix` starts. */
export function probeInChild(
  prefix: readonly string[],
  engine: string,
  address: string,
  ports: readonly number[],
): Outcome[] {
  const built = `${process.cwd()}/dist/probe/engines.js`;
  if (!existsSync(built)) throw new Error(`${built} is missing: run \`npm run build\` first`);
  const script = `
    const { chooseEngine } = await import('${built}');
    const { linuxUdp, nodeUdp } = await import('${process.cwd()}/dist/probe/udp/kinds.js');
    const outcomes = [];
    const udp = { udp: linuxUdp, dgram: nodeUdp }.${engine}?.([]);
    const engine = await (udp === undefined ? chooseEngine('${engine}') : udp.create());
    const addresses = (async function* () { yield '${address}'; })();
    const spread = (told) => (told.ports ?? [told.port]).map((port) => ({
      reason: 'no-response', ...told, ports: undefined, port }));
    for await (const batch of engine.probe(addresses, ${JSON.stringify(ports)}, {
      pace: { rate: 'max', perHost: 'max' },
      signal: new AbortController().signal,
      stats: { probes: 0, retries: 0, outcomes: 0, slowdowns: 0 },
      warn: () => {},
    })) for (const told of batch) outcomes.push(...spread(told));
    console.log(JSON.stringify(outcomes));`;
  const [command, ...args] = [...prefix, process.execPath, '--input-type=module'];
  const child = spawnSync(command, args, { input: script, encoding: 'utf8', maxBuffer: 1 << 26 });
  expect(child.stderr).toBe('');
  return JSON.parse(child.stdout) as Outcome[];
}

/** Addresses without end, and what became of their source. */
export class Endless {
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
