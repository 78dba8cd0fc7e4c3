import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scanReport } from '../../src/contract/scan.ts';
import type { ScanReport } from '../../src/model/scan.ts';
import { met } from '../helpers/needs.ts';
import { postern } from '../helpers/postern.ts';
import { type ScriptedPeer, say, scriptedPeer, silent } from '../helpers/scripted-peer.ts';

let ssh: ScriptedPeer;
let memcached: ScriptedPeer;
let mute: ScriptedPeer;
let folder: string;

beforeAll(async () => {
  ssh = await scriptedPeer([say('SSH-2.0-OpenSSH_9.9\r\n'), silent()]);
  memcached = await scriptedPeer([
    async (link) => {
      for (;;) {
        await link.receive((unread) => (unread.includes(10) ? unread.length : null));
        await link.send('VERSION 1.6.38\r\n');
      }
    },
  ]);
  mute = await scriptedPeer([silent()]);
  folder = mkdtempSync(join(tmpdir(), 'postern-e2e-'));
});

afterAll(async () => {
  await Promise.all([ssh.close(), memcached.close(), mute.close()]);
  rmSync(folder, { recursive: true });
});

function parsed(text: string): ScanReport {
  return scanReport.parse(JSON.parse(text));
}

/** A port of 127.0.0.1 on which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('postern scan', () => {
  it('finds, identifies and judges, and exits 0 when nothing is at or above --fail-on', async () => {
    const { code, stdout } = await postern(['scan', '127.0.0.1', '-p', `${ssh.port}`, '--json']);
    const report = parsed(stdout);
    expect(report.hosts).toHaveLength(1);
    expect(report.hosts[0]?.ports[0]).toMatchObject({
      address: '127.0.0.1',
      port: ssh.port,
      state: 'open',
      reason: 'syn-ack',
      service: { protocol: 'ssh', product: 'OpenSSH', version: '9.9' },
      verdict: { level: 'restrict' },
    });
    expect(code).toBe(0);
  });

  it('exits 1 when a finding is at or above --fail-on', async () => {
    const args = ['scan', '127.0.0.1', '-p', `${ssh.port}`, '--format', 'jsonl'];
    expect((await postern([...args, '--fail-on', 'medium'])).code).toBe(1);
    expect((await postern([...args, '--fail-on', 'never'])).code).toBe(0);
  });

  it('states its scope and counts what is not listed', async () => {
    const closed = await closedPort();
    const ports = [closed, mute.port].sort((a, b) => a - b);
    const run = await postern([
      ...['scan', '127.0.0.1', '-p', ports.join(','), '--exclude', '127.0.0.2'],
      ...['--no-identify', '--json'],
    ]);
    const { scan, hosts } = parsed(run.stdout);
    expect(scan.scope).toMatchObject({
      targets: ['127.0.0.1'],
      exclude: ['127.0.0.2'],
      transports: ['tcp'],
      vantage: { kind: 'loopback' },
    });
    expect(scan.complete).toBe(true);
    expect(hosts[0]?.counts).toMatchObject({ open: 1, verified: 0, closed: 1, filtered: 0 });
    expect(hosts[0]?.ports).toMatchObject([{ port: mute.port, asked: false }]);
  });

  it('lists closed ports when asked to', async () => {
    const closed = await closedPort();
    const args = ['scan', '127.0.0.1', '-p', `${closed}`, '--show', 'all', '--json'];
    const { hosts } = parsed((await postern(args)).stdout);
    expect(hosts[0]?.ports).toMatchObject([{ port: closed, state: 'closed', reason: 'rst' }]);
  });

  it('scans the good targets of a file, names the bad ones with their line, and exits 3', async () => {
    const list = join(folder, 'hosts.txt');
    writeFileSync(list, '# ours\r\n127.0.0.1\r\n010.0.0.1\r\n');
    const run = await postern(['scan', `@${list}`, '-p', `${ssh.port}`, '--json']);
    expect(run.stderr).toContain('hosts.txt line 3: "010.0.0.1"');
    const report = parsed(run.stdout);
    expect(report.scan.problems).toMatchObject([{ code: 'TARGET_SYNTAX' }]);
    expect(report.hosts).toHaveLength(1);
    expect(run.code).toBe(3);
  });

  it('reads targets from standard input and reports names', async () => {
    const run = await postern(['scan', '-', '-p', `${ssh.port}`, '--json'], {
      input: 'localhost\n127.0.0.1\n',
    });
    const ours = parsed(run.stdout).hosts.filter(({ address }) => address === '127.0.0.1');
    expect(ours).toHaveLength(1);
    expect(ours[0]?.names).toEqual(['localhost']);
  });

  it('sends nothing with --plan', async () => {
    const run = await postern(['scan', '127.0.0.1', '-p', `${ssh.port}`, '--plan']);
    const before = ssh.connections.length;
    expect(run.stdout).toContain('1 address');
    expect(run.stdout).toContain('Nothing was sent.');
    expect(ssh.connections.length).toBe(before);
    const json = await postern(['--json', 'scan', '10.0.0.0/8', '--top', '10', '--plan']);
    expect(JSON.parse(json.stdout)).toMatchObject({
      addresses: 2 ** 24,
      probes: { least: 2 ** 24 * 10, most: 2 ** 24 * 20 },
    });
  });

  it('writes several reports in one run, each in the form of its ending', async () => {
    const files = ['json', 'jsonl', 'csv', 'xml', 'html', 'sarif', 'md'].map((ending) =>
      join(folder, `report.${ending}`),
    );
    const run = await postern([
      ...['scan', '127.0.0.1', '-p', `${ssh.port},${memcached.port}`],
      ...files.flatMap((file) => ['-o', file]),
    ]);
    expect(run.stderr).toBe('');
    for (const file of files) expect(readFileSync(file, 'utf8')).toContain('9.9');
    expect(run.stdout).toContain('memcached');
    expect(run.code).toBe(1);
  });

  it('writes -o also when nobody reads its standard output', async () => {
    const file = join(folder, 'unread.json');
    const args = `scan 127.0.0.1 -p ${ssh.port} --no-identify -o ${file}`;
    // not spawnSync: the peer would count this visitor only in the next test
    await postern([], {
      command: ['sh', '-c', `${process.execPath} bin/postern.js ${args} 2>&1 | true`],
    });
    expect(parsed(readFileSync(file, 'utf8')).hosts[0]?.ports).toMatchObject([{ port: ssh.port }]);
  });

  it('refuses an -o it cannot write before it scans', async () => {
    const before = ssh.connections.length;
    const args = ['scan', '127.0.0.1', '-p', `${ssh.port}`];
    const nowhere = await postern([...args, '-o', join(folder, 'no', 'such', 'r.json')]);
    expect(nowhere).toMatchObject({ code: 2, stdout: '' });
    expect(nowhere.stderr).toContain('OUTPUT_FILE');
    const ending = await postern([...args, '-o', join(folder, 'report.pdf')]);
    expect(ending.stderr).toContain('OUTPUT_FORMAT');
    expect(ssh.connections.length).toBe(before);
  });

  it.each([
    [['scan']],
    [['scan', '127.0.0.1', '-p', '70000']],
    [['scan', '127.0.0.1', '-p', 'nosuchservice']],
    [['scan', '127.0.0.1', '-p', 'U:ssh']],
    [['scan', '127.0.0.1', '--rate', 'fast']],
    [['scan', '127.0.0.1', '--no-such-option']],
    [['scan', '127.0.0.1', '--exclude', '300.1.1.1']],
    [['scan', '127.0.0.1', '--engine', 'warp']],
    [['scan', '127.0.0.1', '--policy', '/nonexistent/postern.yaml']],
    [['sacn', '127.0.0.1']],
    [[]],
  ])('exits 2 on %j', async (args) => {
    const { code, stdout, stderr } = await postern(args);
    expect(code).toBe(2);
    if (args.length > 0) expect(stdout).toBe('');
    expect(stderr + stdout).not.toBe('');
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('gives the same ports with the portable engine', async () => {
    const ports = [ssh.port, mute.port, await closedPort()].join(',');
    const run = await postern([
      ...['scan', '127.0.0.1', '-p', ports, '--engine', 'node', '--no-identify', '--json'],
    ]);
    const { hosts, scan } = parsed(run.stdout);
    expect(scan.scope.engine).toBe('node');
    expect(hosts[0]?.ports.map(({ port }) => port)).toEqual(
      [ssh.port, mute.port].sort((a, b) => a - b),
    );
  });

  it('on Ctrl-C prints what was found and exits 130', async () => {
    const started = Date.now();
    let stopped = 0;
    const run = await postern(
      ['scan', '127.0.0.1', '-p', `${ssh.port},${mute.port}`, '--format', 'json'],
      {
        onStart: (child) => {
          setTimeout(() => {
            stopped = Date.now();
            child.kill('SIGINT');
          }, 1500);
        },
      },
    );
    expect(run.code).toBe(130);
    expect(stopped).toBeGreaterThan(started);
    const report = parsed(run.stdout);
    expect(report.scan.complete).toBe(false);
    const found = report.hosts[0]?.ports.find(({ port }) => port === ssh.port);
    expect(found?.service).toMatchObject({ protocol: 'ssh' });
    expect(report.hosts[0]?.ports.map(({ port }) => port)).toContain(mute.port);
  });

  it('colours nothing that is not a terminal, and does when told', async () => {
    const args = ['scan', '127.0.0.1', '-p', `${memcached.port}`];
    expect((await postern(args)).stdout).not.toContain('\u001b[');
    expect((await postern(args, { env: { FORCE_COLOR: '1' } })).stdout).toContain('\u001b[');
    const both = await postern(args, { env: { FORCE_COLOR: '1', NO_COLOR: '1' } });
    expect(both.stdout).not.toContain('\u001b[');
  });

  it('ends quietly when its reader goes away', async () => {
    const command = `${process.execPath} bin/postern.js ports --json | head -c 10`;
    const run = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
    expect(run.stdout).toHaveLength(10);
    expect(run.stderr).toBe('');
  });
});

/**
 * A loopback address that no other test uses: a scan of all ports knocks on every door, and tests
 * that run at the same time count who knocks on theirs.
 */
const OWN_ADDRESS = '127.77.0.1';

/** TCP ports that accept connections to OWN_ADDRESS, as the kernel tells. */
function listening(): Set<number> {
  const { stdout } = spawnSync('ss', ['-Hltn'], { encoding: 'utf8' });
  const ours = stdout
    .split('\n')
    .map((line) => line.split(/\s+/)[3] ?? '')
    .filter((local) => ['127.77.0.1', '0.0.0.0', '*', '[::]'].includes(hostOf(local)));
  return new Set(ours.map((local) => Number(local.slice(local.lastIndexOf(':') + 1))));
}

function hostOf(local: string): string {
  return local.slice(0, local.lastIndexOf(':'));
}

describe.skipIf(!met({ linux: true, commands: ['ss'] }))('a scan of all ports', () => {
  const doors: ScriptedPeer[] = [];
  beforeAll(async () => {
    const greeting = say('SSH-2.0-OpenSSH_9.9\r\n');
    doors.push(await scriptedPeer([greeting, silent()], { address: OWN_ADDRESS }));
    doors.push(await scriptedPeer([silent()], { address: OWN_ADDRESS }));
  });
  afterAll(async () => {
    await Promise.all(doors.map((door) => door.close()));
  });

  it('finds the set that ss shows, in JSON that the published schema takes', async () => {
    const args = ['scan', OWN_ADDRESS, '--format', 'json', '--fail-on', 'never'];
    const before = listening();
    const run = await postern(args);
    const after = listening();
    const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
    addFormats.default(ajv);
    const schema = readFileSync('schemas/postern.scan-1.schema.json', 'utf8');
    const check = ajv.compile(JSON.parse(schema) as object);
    check(JSON.parse(run.stdout));
    expect(check.errors).toBeNull();
    const { scan, hosts } = parsed(run.stdout);
    expect(scan.scope.ports.tcp).toBe('1-65535');
    const counts = { ...hosts[0]?.counts, verified: 0 };
    expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(65_535);
    const found = new Map(hosts[0]?.ports.map(({ port, service }) => [port, service?.protocol]));
    // servers that listen everywhere come and go with other tests: what stood all the time must be
    // found, and nothing that stood neither before nor after
    for (const port of before) if (after.has(port)) expect([...found.keys()]).toContain(port);
    for (const port of found.keys()) expect(before.has(port) || after.has(port)).toBe(true);
    const [greeting, still] = doors;
    expect(found.get(greeting?.port ?? 0)).toBe('ssh');
    expect(found.has(still?.port ?? 0)).toBe(true);
  });
});
