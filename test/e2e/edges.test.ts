import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scanReport } from '../../src/contract/scan.ts';
import { vitals } from '../../src/contract/stats.ts';
import type { HostRecord, ScanReport } from '../../src/model/scan.ts';
import { met } from '../helpers/needs.ts';
import { postern } from '../helpers/postern.ts';
import { type ScriptedPeer, scriptedPeer, silent } from '../helpers/scripted-peer.ts';
import { nginxWithEdgeFields } from '../lab/servers/nginx.ts';
import { redis } from '../lab/servers/redis.ts';
import { withServer } from '../lab/with-server.ts';

let folder: string;
let lists: string;
let mute: ScriptedPeer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'postern-edges-'));
  lists = join(folder, 'edges.json');
  const lab = {
    provider: 'Lab Edge',
    source: 'test/e2e/edges.test.ts',
    asOf: '2026-11-25',
    networks: ['127.0.0.0/9', '::1/128'],
  };
  writeFileSync(lists, JSON.stringify({ schema: 'postern.edges/1', providers: [lab] }));
  mute = await scriptedPeer([silent()]);
});

afterAll(async () => {
  await mute.close();
  rmSync(folder, { recursive: true });
});

async function scan(...args: readonly string[]): Promise<ScanReport> {
  const run = await postern(['scan', '--json', ...args]);
  return scanReport.parse(JSON.parse(run.stdout));
}

function rulesOf(host: HostRecord | undefined): Record<number, string | undefined> {
  const ports = host?.ports ?? [];
  return Object.fromEntries(ports.map(({ port, verdict }) => [port, verdict?.rule]));
}

describe.skipIf(!met(nginxWithEdgeFields.needs) || !met(redis.needs))('a shared edge', () => {
  const web = withServer(nginxWithEdgeFields, { certificate: 'expired' });
  const database = withServer(redis);
  const ports = () => [web().ports.http, web().ports.https, database().ports.plain, mute.port];

  it('is told by the lists of --edges, and only its own faults are the customer’s', async () => {
    const { hosts, findings } = await scan('127.0.0.1', '-p', ports().join(','), '--edges', lists);
    expect(hosts[0]?.edge).toEqual({
      provider: 'Lab Edge',
      basis: 'list',
      evidence: [
        '127.0.0.1 is in the ranges that Lab Edge publishes (test/e2e/edges.test.ts, as of 2026-11-25)',
      ],
    });
    const [http, https, open, quiet] = ports();
    expect(rulesOf(hosts[0])).toEqual({
      [http ?? 0]: 'edge.shared-port',
      [https ?? 0]: 'edge.shared-port',
      [open ?? 0]: 'access.no-authentication',
      [quiet ?? 0]: 'edge.shared-port',
    });
    expect(findings.map(({ rule }) => rule)).toEqual(['access.no-authentication']);
  });

  it('serves a name with a certificate that is the customer’s to renew', async () => {
    const https = web().ports.https;
    const { findings } = await scan('localhost', '-p', `${https}`, '--edges', lists);
    const of4 = findings.filter(({ address }) => address === '127.0.0.1');
    expect(of4.map(({ rule }) => rule)).toEqual(['certificate.expired']);
  });

  it('is guessed from the answers of a real server, and then judged as any other', async () => {
    const { http, https } = web().ports;
    const { hosts } = await scan('127.0.0.1', '-p', `${http},${https}`);
    expect(hosts[0]?.edge).toEqual({
      provider: 'Cloudflare',
      basis: 'answers',
      evidence: expect.arrayContaining([
        `Port ${http} answers with cf-ray: 8c1f0a2b3c4d5e6f-FRA`,
        `Port ${https} answers with cf-cache-status: DYNAMIC`,
      ]),
    });
    expect(rulesOf(hosts[0])[http]).toBe('service.web');
  });

  it('is told once per host in every form', async () => {
    const files = ['json', 'jsonl', 'csv', 'xml', 'html', 'sarif', 'md', 'txt'].map((ending) =>
      join(folder, `report.${ending}`),
    );
    const args = ['-p', `${web().ports.http}`, '--edges', lists];
    await postern(['scan', '127.0.0.1', ...args, ...files.flatMap((file) => ['-o', file])]);
    for (const file of files) expect(readFileSync(file, 'utf8'), file).toContain('Lab Edge');
    const said = readFileSync(join(folder, 'report.txt'), 'utf8').replaceAll('\n', ' ');
    expect(said.split('127.0.0.1 is Lab Edge’s shared edge:')).toHaveLength(2);
  });
});

describe('the lists of --edges', () => {
  it('are refused with line and field when they are none', async () => {
    const bad = join(folder, 'bad.json');
    const text = readFileSync(lists, 'utf8').replace('127.0.0.0/9', '127.0.0.0/99');
    writeFileSync(bad, JSON.stringify(JSON.parse(text), null, 1));
    const run = await postern(['scan', '127.0.0.1', '-p', '1', '--edges', bad]);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain(
      `${bad}:9:5: providers.0.networks.0: "127.0.0.0/99" is no address block`,
    );
  });

  it('that are not there are named', async () => {
    const run = await postern(['scan', '127.0.0.1', '-p', '1', '--edges', join(folder, 'none')]);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain('EDGES_FILE');
  });

  it('take the place of the list of the same provider, and leave the others', async () => {
    const own = join(folder, 'own.json');
    const provider = { provider: 'fastly', source: 'us', asOf: '2026', networks: ['127.0.0.1'] };
    writeFileSync(own, JSON.stringify({ schema: 'postern.edges/1', providers: [provider] }));
    const { hosts } = await scan('127.0.0.1', '-p', `${mute.port}`, '--edges', own);
    expect(hosts[0]?.edge?.provider).toBe('fastly');
  });
});

describe('--stats', () => {
  it('writes JSON lines on standard error, the last one with the end’s counts', async () => {
    const run = await postern(['scan', '127.0.0.1', '-p', `${mute.port}`, '--stats', '--json']);
    const lines = run.stderr.split('\n').filter((line) => line.startsWith('{'));
    const told = lines.map((line) => vitals.parse(JSON.parse(line)));
    const { scan: about, hosts } = scanReport.parse(JSON.parse(run.stdout));
    expect(told.filter(({ final }) => final)).toHaveLength(1);
    expect(told.at(-1)).toMatchObject({
      final: true,
      sent: about.stats.probes,
      retries: about.stats.retries,
      outcomes: 1,
      expected: 1,
      open: hosts[0]?.counts.open,
      identifying: 0,
      hosts: 1,
    });
  });
});
