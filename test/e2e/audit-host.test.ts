import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditReport } from '../../src/contract/audit.ts';
import type { AuditReport } from '../../src/model/audit.ts';
import { findCommand } from '../helpers/needs.ts';
import { PROGRAM, postern } from '../helpers/postern.ts';
import type { Child } from '../lab/child.ts';
import { makeFolder } from '../lab/folders.ts';
import {
  firewalldMet,
  type ManagedFirewall,
  startFirewalld,
  startUfw,
  ufwMet,
} from '../lab/managed-firewalls.ts';
import { makeNamespace, type Namespace, namespacesMet } from '../lab/namespace.ts';
import { holdSockets } from '../lab/sockets.ts';

const STRICT = `table inet host {
  chain input {
    type filter hook input priority filter; policy drop;
    iif lo accept
    tcp dport 22 accept
    tcp dport 443 accept
  }
}`;

/** Stays connected to a port of the loopback until its standard input ends. */
const CLIENT = `
const socket = require('node:net').connect(JSON.parse(process.argv[1]), '127.0.0.1');
socket.on('error', () => {}).once('connect', () => require('node:fs').writeSync(1, 'ready'));
process.stdin.resume().on('end', () => process.exit());
`;

function idsOf({ flaws }: AuditReport): readonly string[] {
  return flaws.map(({ id }) => id);
}

/** Layers in force that have rules. */
function liveOf({ layers }: AuditReport) {
  return layers.filter(({ role, rules }) => role === 'live' && rules > 0);
}

function reachOf({ doors }: AuditReport, port: number): readonly string[] {
  const door = doors.find((one) => one.transport === 'tcp' && one.port === port);
  return door?.reachability.map(({ reach }) => reach) ?? [];
}

describe.runIf(namespacesMet('nft', 'iptables-nft', 'mount'))('an audit of a host', () => {
  let namespace: Namespace;
  let folder: string;
  let sockets: Child;

  /** Files that stand in the place of this machine's, for the audit alone. */
  async function auditWith(places: Readonly<Record<string, string>>): Promise<AuditReport> {
    const mounts = Object.entries(places).map(([inside, text], at) => {
      const file = join(folder, `file-${at}`);
      writeFileSync(file, text);
      return `mount --bind ${file} ${inside}`;
    });
    const script = ['set -e', ...mounts, 'exec "$@"'].join('\n');
    const command = ['ip', 'netns', 'exec', namespace.name, 'sh', '-c', script, 'sh'];
    const run = await postern(['audit', '--json'], {
      command: [...command, process.execPath, PROGRAM],
    });
    return auditReport.parse(JSON.parse(run.stdout));
  }

  /** A file that may not be run is no program. */
  function without(...programs: readonly string[]): Record<string, string> {
    return Object.fromEntries(programs.map((name) => [findCommand(name) ?? name, '']));
  }

  beforeAll(async () => {
    namespace = makeNamespace();
    folder = makeFolder('host');
    const bound = [8000, 5432].map(
      (port) => ({ transport: 'tcp', bind: '0.0.0.0', port }) as const,
    );
    sockets = await holdSockets(bound, folder, { namespace: namespace.name });
  });

  afterAll(async () => {
    await sockets?.kill();
    namespace?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('tells live rules and those that nftables.service loads apart', async () => {
    namespace.nft(`flush ruleset\n${STRICT}`);
    const same = await auditWith({ '/etc/nftables.conf': `flush ruleset\n${STRICT}\n` });
    expect(same.layers.map(({ kind, role }) => `${kind} ${role}`)).toContain('nftables saved');
    expect(idsOf(same)).not.toContain('firewall.not-saved');
    expect(idsOf(same)).not.toContain('firewall.not-live');
    const included = join(folder, 'wide.nft');
    writeFileSync(included, STRICT.replace('443 accept', '443 drop\n    tcp dport 8000 accept'));
    const other = await auditWith({ '/etc/nftables.conf': `include "${folder}/*.nft"\n` });
    expect(idsOf(other)).toEqual(
      expect.arrayContaining(['firewall.not-saved', 'firewall.not-live']),
    );
    expect(reachOf(other, 8000)).toEqual(['nobody', 'nobody']);
  });

  it('sees that a program for everybody is used by this machine alone', async () => {
    namespace.nft('flush ruleset');
    await namespace.script(CLIENT, 5432);
    const report = await auditWith({});
    const door = report.doors.find(({ port }) => port === 5432);
    expect(door?.verdict).toMatchObject({ rule: 'host.loopback-would-do', level: 'close' });
  });

  it('takes rules for unknown that no program here can list', async () => {
    namespace.nft(`flush ruleset\n${STRICT}`);
    const report = await auditWith(without('nft'));
    expect(reachOf(report, 8000)).toEqual(['unknown', 'unknown']);
    expect(report.audit.problems.map(({ message }) => message).join()).toContain('inet host');
    expect(idsOf(report)).not.toContain('firewall.none-active');
  });

  it('knows that there are none without any program', async () => {
    namespace.nft('flush ruleset');
    const report = await auditWith(
      without('nft', 'iptables-nft-save', 'iptables-legacy-save', 'iptables-save'),
    );
    expect(idsOf(report)).toContain('firewall.none-active');
    expect(reachOf(report, 8000)).toEqual(['anyone', 'anyone']);
    expect(report.audit.problems).toEqual([]);
  });

  it('reads rules of iptables once, and those that iptables cannot tell from nft', async () => {
    namespace.nft('flush ruleset');
    namespace.exec('iptables-nft', '-P', 'INPUT', 'DROP');
    namespace.exec(
      ...(['iptables-nft', '-A', 'INPUT', '-p', 'tcp', '--dport', '8000'] as const),
      ...(['-m', 'comment', '--comment', 'web', '-j', 'ACCEPT'] as const),
    );
    const plain = await auditWith({});
    expect(liveOf(plain)).toMatchObject([
      { kind: 'iptables', rules: 1, opaqueRules: 0, unread: [] },
    ]);
    namespace.nft('add chain ip filter native { type filter hook input priority 5; }');
    namespace.nft('add rule ip filter native tcp dport { 8000-8010 } ip ttl 9 drop');
    const mixed = await auditWith({});
    expect(liveOf(mixed).map(({ kind }) => kind)).toEqual(['nftables']);
    expect(mixed.layers.flatMap(({ unread }) => unread)).toEqual([]);
    expect(reachOf(mixed, 8000)[0]).toBe('unknown');
  });
});

/** What Docker 27 does for a container on its default bridge, published on all addresses. */
const DOCKER = `*nat
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A DOCKER -i docker0 -j RETURN
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80
COMMIT
*filter
:DOCKER - [0:0]
:DOCKER-USER - [0:0]
-I FORWARD -o docker0 -j DOCKER
-I FORWARD -j DOCKER-USER
-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT
-A DOCKER-USER -j RETURN
COMMIT
`;

describe.runIf(ufwMet())('an audit of a host with ufw', () => {
  let namespace: Namespace;
  let folder: string;
  let ufw: ManagedFirewall;
  let sockets: Child;

  function inside(...args: string[]) {
    return postern(args, { command: [...ufw.enter, process.execPath, PROGRAM] });
  }

  async function audited(): Promise<AuditReport> {
    const { stdout } = await inside('audit', '--json');
    return auditReport.parse(JSON.parse(stdout));
  }

  beforeAll(async () => {
    namespace = makeNamespace();
    folder = makeFolder('host');
    namespace.exec('ip', 'link', 'add', 'docker0', 'type', 'bridge');
    namespace.exec('ip', 'addr', 'add', '172.17.0.1/16', 'dev', 'docker0');
    namespace.exec('ip', 'link', 'set', 'docker0', 'up');
    sockets = await holdSockets(
      [
        { transport: 'tcp', bind: '::', port: 22, v6only: false },
        { transport: 'tcp', bind: '0.0.0.0', port: 5432 },
      ],
      folder,
      { namespace: namespace.name },
    );
    ufw = await startUfw(namespace);
  }, 60_000);

  afterAll(async () => {
    await sockets?.kill();
    await ufw?.close();
    namespace?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('says that ufw is there and switched off', async () => {
    const report = await audited();
    expect(report.layers.find(({ kind }) => kind === 'ufw')).toMatchObject({ off: true });
    const flaw = report.flaws.find(({ id }) => id === 'firewall.none-active');
    expect(flaw?.why).toContain('ufw');
    expect(idsOf(report)).not.toContain('firewall.not-saved');
  });

  it('says what Docker lets by, and that one family is open', async () => {
    ufw.exec('ufw', 'allow', '22/tcp');
    ufw.exec('ufw', 'allow', 'from', '::/0', 'to', 'any', 'port', '9443', 'proto', 'tcp');
    ufw.exec('ufw', '--force', 'enable');
    ufw.carryOut({ argv: ['iptables-restore', '--noflush'], stdin: DOCKER });
    const report = await audited();
    const of = (id: string) => report.flaws.filter((flaw) => flaw.id === id);
    expect(
      of('firewall.docker-bypass')
        .map(({ why }) => why)
        .join(),
    ).toContain('tcp 8080');
    expect(
      of('firewall.ipv6-open')
        .flatMap(({ evidence }) => evidence)
        .join(),
    ).toContain('9443');
    expect(idsOf(report)).not.toContain('firewall.not-saved');
    expect(idsOf(report)).not.toContain('firewall.not-live');
    expect(reachOf(report, 5432)).toEqual(['nobody', 'nobody']);
    expect(reachOf(report, 22)).toEqual(['anyone', 'anyone']);
    const table = await inside('audit');
    expect(table.stdout).toContain('8080');
  });
});

it.runIf(firewalldMet())(
  'says what firewalld lets in until its next reload',
  async () => {
    const namespace = makeNamespace();
    const firewall = await startFirewalld(namespace);
    try {
      const audited = async () => {
        const command = [...firewall.enter, process.execPath, PROGRAM];
        const { stdout } = await postern(['audit', '--json'], { command });
        return auditReport.parse(JSON.parse(stdout));
      };
      expect(idsOf(await audited())).toEqual([]);
      firewall.exec('firewall-cmd', '--zone=public', '--add-port=8080/tcp');
      firewall.exec('firewall-cmd', '--zone=public', `--add-interface=${namespace.far.device}`);
      const flaw = (await audited()).flaws.find(({ id }) => id === 'firewall.not-live');
      expect(flaw?.evidence.join()).toContain('8080');
      firewall.exec('firewall-cmd', '--zone=public', '--permanent', '--add-port=8080/tcp');
      expect(idsOf(await audited())).not.toContain('firewall.not-live');
    } finally {
      await firewall.close();
      namespace.close();
    }
  },
  60_000,
);
