import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nftables } from '../../src/firewall/kinds/nftables/nftables.ts';
import type { Listener } from '../../src/model/listener.ts';
import type { Machine } from '../../src/model/machine.ts';
import { NO_POLICY } from '../../src/model/policy.ts';
import { audit } from '../../src/pipeline/audit.ts';
import { auditTable } from '../../src/report/audit/table.ts';
import { expectShown, shownOutput, textBlocks } from '../helpers/doc-examples.ts';
import { PROGRAM, postern } from '../helpers/postern.ts';
import { makeFolder, removeFolder } from '../lab/folders.ts';
import { makeNamespace, type Namespace, namespacesMet } from '../lab/namespace.ts';

/** The firewall of the host that docs/audit.md shows. */
const RULES = `table inet filter {
  set office { type ipv4_addr; flags interval; elements = { 10.66.0.0/16, 10.67.0.0/16 } }
  chain input {
    type filter hook input priority filter; policy drop;
    ct state established,related accept
    iif "lo" accept
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
    tcp dport 80 accept
    tcp dport 6379 accept
    tcp dport 5900 accept
    ip saddr @office tcp dport 5432 accept
  }
}`;

const MACHINE: Machine = {
  hostname: 'db1',
  system: 'linux',
  devices: [
    {
      name: 'eth0',
      addresses: [
        { address: '192.0.2.7', prefix: 24 },
        { address: '2001:db8::7', prefix: 64 },
      ],
      loopback: false,
      up: true,
    },
  ],
  routes: [],
};

function listening(program: string, port: number, binds: readonly string[]): readonly Listener[] {
  return binds.map((bind) => ({
    transport: 'tcp',
    bind,
    port,
    families: bind.includes(':') ? [6] : [4],
    scope: bind.startsWith('127.') ? 'loopback' : 'all',
    namespace: 'host',
    program,
    unseen: [],
  }));
}

/** One security group as `aws ec2 describe-security-groups` prints it: docs/firewall-files.md, sg.json. */
const SECURITY_GROUP = JSON.stringify({
  SecurityGroups: [
    {
      GroupId: 'sg-0a1',
      IpPermissions: [
        permission(22, { IpRanges: [{ CidrIp: '10.66.0.0/16' }] }),
        permission(80, {
          IpRanges: [{ CidrIp: '0.0.0.0/0' }],
          Ipv6Ranges: [{ CidrIpv6: '::/0' }],
        }),
        permission(6379, { IpRanges: [{ CidrIp: '0.0.0.0/0' }] }),
      ],
    },
  ],
});

function permission(port: number, sources: object) {
  return { IpProtocol: 'tcp', FromPort: port, ToPort: port, ...sources };
}

describe('docs/audit.md', () => {
  it('shows the table as it is printed', () => {
    const redis = listening('redis-server', 6379, ['0.0.0.0']).map((listener) => ({
      ...listener,
      user: 'root',
      package: { manager: 'dpkg', name: 'redis-tools', version: '5:7.0.15-1~deb12u10' } as const,
    }));
    const listeners = [
      ...redis,
      ...listening('nginx', 80, ['0.0.0.0', '::']),
      ...listening('postgres', 5432, ['0.0.0.0', '::']),
      ...listening('memcached', 11_211, ['127.0.0.1']),
    ];
    const source = { origin: 'nft -j list ruleset', text: RULES };
    const report = audit({
      facts: {
        ...{ machine: MACHINE, listeners, publications: [], usage: new Map() },
        ...{ layers: [nftables.read([source], 'live')], problems: [], unseen: [] },
      },
      policy: NO_POLICY,
      ...{ id: 'x', tool: 'postern', at: '2026-11-25T21:00:00.000Z' },
    });
    const [table = ''] = textBlocks('audit.md');
    const printed = [...auditTable(report)].join('');
    expect(table).toMatch(/^Firewall: /);
    expect(printed.slice(0, table.length)).toBe(table);
  });

  describe.runIf(namespacesMet('nft'))('on a host', () => {
    let namespace: Namespace;

    beforeAll(() => {
      namespace = makeNamespace();
      namespace.nft(RULES);
    });
    afterAll(() => namespace?.close());

    it.each(['explain 5432', 'explain 5432 --from 192.0.2.9'])(
      'shows what postern %s prints',
      async (line) => {
        const command = ['ip', 'netns', 'exec', namespace.name, process.execPath, PROGRAM];
        const { stdout } = await postern(line.split(' '), { command });
        const printed = stdout.replaceAll(namespace.far.device, 'eth0');
        expectShown(shownOutput('audit.md', `sudo postern ${line}`), printed);
      },
    );
  });
});

describe('docs/firewall-files.md', () => {
  let folder: string;

  beforeAll(() => {
    folder = makeFolder('firewall-files');
    writeFileSync(join(folder, 'host.nft'), textBlocks('firewall-files.md')[0] ?? '');
    writeFileSync(join(folder, 'sg.json'), SECURITY_GROUP);
  });
  afterAll(() => removeFolder(folder));

  it.each([
    'firewall show host.nft',
    'firewall lint host.nft',
    'firewall compare sg.json host.nft',
    'firewall convert sg.json --to nftables',
  ])('shows what postern %s prints', async (line) => {
    const { stdout } = await postern(line.split(' '), { cwd: folder });
    expectShown(shownOutput('firewall-files.md', `postern ${line}`), stdout);
  });
});
