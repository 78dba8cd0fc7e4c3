import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { auditReport } from '../../src/contract/audit.ts';
import type { AuditReport } from '../../src/model/audit.ts';
import { met } from '../helpers/needs.ts';
import { PROGRAM, postern, type Run } from '../helpers/postern.ts';
import { type Child, startChild } from '../lab/child.ts';
import { makeFolder } from '../lab/folders.ts';
import { makeNamespace, type Namespace, namespacesMet } from '../lab/namespace.ts';
import { holdSockets } from '../lab/sockets.ts';

const RULES = `table inet filter {
  set office { type ipv4_addr; flags interval; elements = { 10.66.0.0/16, 10.67.0.0/16 } }
  chain input {
    type filter hook input priority filter; policy drop;
    ct state established,related accept
    iif lo accept
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
    tcp dport 6379 accept
    tcp dport 22 ip saddr @office accept
    tcp dport 8443 accept
    tcp dport 8443 drop
    udp dport 5353 meta nfproto ipv6 accept
  }
}`;

/** Reads the lines of ss(8): transport, bind and port of what accepts traffic. */
function listedBySs(namespace: Namespace): readonly string[] {
  const lines = namespace.exec('ss', '-lntuH').trim().split('\n');
  return lines.map((line) => {
    const [transport = '', , , , local = ''] = line.split(/\s+/);
    const at = local.lastIndexOf(':');
    const bind = local.slice(0, at).replace(/^\[|\]$/g, '');
    return `${transport} ${bind.replace(/^\*$/, '::')} ${local.slice(at + 1)}`;
  });
}

describe.runIf(namespacesMet('nft', 'ss', 'redis-server', 'python3'))('postern audit', () => {
  let namespace: Namespace;
  let folder: string;
  const children: Child[] = [];
  let report: AuditReport;

  function inside(...args: string[]): Promise<Run> {
    const command = ['ip', 'netns', 'exec', namespace.name, process.execPath, PROGRAM];
    return postern(args, { command });
  }

  async function audited(...args: string[]): Promise<AuditReport> {
    const run = await inside('audit', '--json', ...args);
    return auditReport.parse(JSON.parse(run.stdout));
  }

  function door(transport: 'tcp' | 'udp', port: number, of = report) {
    return of.doors.find((one) => one.transport === transport && one.port === port);
  }

  beforeAll(async () => {
    namespace = makeNamespace();
    folder = makeFolder('audit');
    namespace.nft(RULES);
    const bound = ['--bind', '0.0.0.0', '--port', '6379', '--save', '', '--dir', folder];
    children.push(
      startChild(
        {
          command: 'redis-server',
          args: [...bound, '--protected-mode', 'no'],
          namespace: namespace.name,
        },
        join(folder, 'redis.log'),
      ),
      await holdSockets(
        [
          { transport: 'tcp', bind: '::', port: 22, v6only: false },
          { transport: 'tcp', bind: '127.0.0.1', port: 5432 },
          { transport: 'tcp', bind: namespace.far.v4, port: 9100 },
          { transport: 'udp', bind: '::', port: 5353, v6only: true },
        ],
        folder,
        { namespace: namespace.name },
      ),
    );
    await vi.waitFor(() => {
      if (children[0]?.log().includes('Ready to accept') !== true) throw new Error('not ready');
    }, 10_000);
    report = await audited();
  });

  afterAll(async () => {
    for (const child of children) await child.kill();
    namespace?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('lists every listener that ss lists', () => {
    const ours = report.listeners
      .filter((listener) => listener.namespace === 'host')
      .map(({ transport, bind, port }) => `${transport} ${bind} ${port}`);
    expect([...ours].sort()).toEqual([...listedBySs(namespace)].sort());
  });

  it('names the program, its package and the rule that lets anyone in to a cache', () => {
    const listener = report.listeners.find(({ port }) => port === 6379);
    expect(listener).toMatchObject({ program: 'redis-server', scope: 'all' });
    expect(listener?.package?.name).toMatch(/^redis/);
    expect(door('tcp', 6379)?.verdict).toMatchObject({ level: 'close', rule: 'exposed.cache' });
    expect(door('tcp', 6379)?.verdict.why).toContain('tcp dport 6379 accept');
  });

  it('tells some networks, IPv6 alone, the loopback and nobody apart', () => {
    const [four, six] = door('tcp', 22)?.reachability ?? [];
    expect(four).toMatchObject({ family: 4, reach: 'networks' });
    expect(four?.parts[0]).toMatchObject({ fate: 'accept', from: ['10.66.0.0/15'] });
    expect(six).toMatchObject({ family: 6, reach: 'nobody' });
    expect(door('udp', 5353)?.reachability.map(({ reach }) => reach)).toEqual(['nobody', 'anyone']);
    expect(door('tcp', 5432)?.verdict.rule).toBe('host.loopback');
    expect(door('tcp', 9100)?.verdict.rule).toBe('host.one-layer');
  });

  it('finds the rule that nobody needs and the one that never sees a packet', () => {
    expect(door('tcp', 8443)?.verdict).toMatchObject({ rule: 'host.allowed-unused' });
    const shadowed = report.flaws.filter(({ id }) => id === 'firewall.shadowed-rule');
    expect(shadowed.map(({ rule }) => rule?.text)).toEqual(['tcp dport 8443 drop']);
  });

  it('looks at its own addresses first with --outside', async () => {
    const looked = await audited('--outside', '--quiet');
    expect(door('tcp', 6379, looked)?.outside).toEqual(
      expect.arrayContaining([expect.objectContaining({ state: 'open', itself: true })]),
    );
  });

  it('joins a scan that another host made', async () => {
    const file = join(folder, 'scan.json');
    const scan = await postern([
      ...['scan', namespace.far.v4, '-p', '6379,8443,9100', '--format', 'json', '--quiet'],
      ...['--rate', 'max', '--timeout', '300'],
    ]);
    writeFileSync(file, scan.stdout);
    const looked = await audited('--outside', file);
    const seen = door('tcp', 6379, looked)?.outside?.[0];
    expect(seen).toMatchObject({ state: 'open', service: { protocol: 'redis' } });
    expect(seen?.itself).toBeUndefined();
    expect(looked.audit.unseen.join()).toContain('--show all');
  });

  it('asks a security group before the host: two layers keep everybody out', async () => {
    const file = join(folder, 'sg.json');
    const group = { GroupId: 'sg-1', GroupName: 'web', IpPermissions: [], IpPermissionsEgress: [] };
    writeFileSync(file, JSON.stringify({ SecurityGroups: [group] }));
    const joined = await audited('--firewall', file);
    expect(door('tcp', 9100, joined)).toMatchObject({
      blockedBy: ['aws', 'nftables'],
      verdict: { rule: 'host.blocked' },
    });
    expect(door('tcp', 6379, joined)?.verdict.rule).toBe('host.one-layer');
  });

  it('explains who gets in, and walks one packet', async () => {
    const who = await inside('explain', '22');
    expect(who.stdout).toContain('tcp port 22 over IPv4: some get in');
    const way = await inside(
      'explain',
      '22',
      '--verbose',
      '--from',
      '10.99.0.1',
      '--device',
      namespace.far.device,
    );
    expect(way.stdout).toMatch(/no +tcp dport 22 ip saddr @office accept/);
    expect(way.stdout).toMatch(/policy +drop/);
  });

  it('shows the table, and exits 1 for what is high', async () => {
    const run = await inside('audit');
    expect(run.code).toBe(1);
    expect(run.stdout).toMatch(/high +close +6379\/tcp +redis-server +0\.0\.0\.0 +anyone/);
  });

  it.runIf(met({ commands: ['setpriv'] }))('says what it may not see as another user', async () => {
    const command = [
      ...['ip', 'netns', 'exec', namespace.name, 'setpriv', '--reuid=65534', '--regid=65534'],
      ...['--clear-groups', process.execPath, PROGRAM],
    ];
    const run = await postern(['audit', '--json'], { command });
    const seen = auditReport.parse(JSON.parse(run.stdout));
    expect(run.code).toBe(3);
    expect(seen.audit.complete).toBe(false);
    expect(door('tcp', 6379, seen)?.reachability[0]?.reach).toBe('unknown');
    expect(seen.flaws.map(({ id }) => id)).not.toContain('firewall.none-active');
    const lint = await postern(['firewall', 'lint'], { command });
    expect([lint.code, lint.stdout]).toEqual([
      3,
      'Nothing wrong was found in what could be read, which is not all.\n',
    ]);
    const explained = await postern(['explain', '6379'], { command });
    expect(explained.code).toBe(3);
    expect(explained.stdout).toContain('who gets in is not known');
    expect((await postern(['firewall', 'show'], { command })).code).toBe(3);
  });
});

it.runIf(namespacesMet('ss'))('audits a host without listeners and rules', async () => {
  const namespace = makeNamespace();
  try {
    const text = execFileSync(
      'ip',
      ['netns', 'exec', namespace.name, process.execPath, PROGRAM, 'audit', '--fail-on', 'never'],
      { encoding: 'utf8' },
    );
    expect(text).toContain('0 ports with a listener');
    expect(text).toContain('No firewall is active');
  } finally {
    namespace.close();
  }
});
