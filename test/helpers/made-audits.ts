import { randomUUID } from 'node:crypto';
import { nftables } from '../../src/firewall/kinds/nftables/nftables.ts';
import type { AuditReport } from '../../src/model/audit.ts';
import { NO_POLICY } from '../../src/model/policy.ts';
import { audit } from '../../src/pipeline/audit.ts';

export interface MadeAudit {
  readonly id?: string;
  /** Milliseconds. */
  readonly at?: number;
  readonly host?: string;
  readonly addresses?: readonly string[];
  /** Program by TCP port; all of them on 0.0.0.0 unless `bind` says otherwise. */
  readonly listeners: Readonly<Record<number, string>>;
  readonly bind?: string;
  /** Lines of the input chain of a ruleset, whose policy is drop; absent: there are no rules. */
  readonly rules?: readonly string[];
  /** Something could not be read. */
  readonly blind?: 'listeners' | 'firewall';
}

const NOON = Date.UTC(2026, 0, 1, 12);

/** An audit as `postern audit` makes it of such a host. */
export function auditOf(about: MadeAudit): AuditReport {
  const { at = NOON, host = 'db1', addresses = ['192.0.2.7'], bind = '0.0.0.0', blind } = about;
  const chain = `type filter hook input priority 0; policy drop; ${(about.rules ?? []).join('; ')}`;
  const text =
    about.rules === undefined ? 'table inet t { }' : `table inet t { chain input { ${chain} } }`;
  const read = nftables.read([{ origin: 'nft list ruleset', text }], 'live');
  const layer =
    blind === 'firewall' ? { ...read, tables: [], unread: ['nft: not permitted'] } : read;
  const machine = {
    hostname: host,
    system: 'linux',
    devices: [
      {
        ...{ name: 'eth0', loopback: false, up: true },
        addresses: addresses.map((address) => ({ address, prefix: 24 })),
      },
    ],
    routes: [{ to: '0.0.0.0/0', device: 'eth0' }],
  } as const;
  const listeners = Object.entries(about.listeners).map(([port, program]) => ({
    ...({ transport: 'tcp', bind, families: [4], namespace: 'host', unseen: [] } as const),
    scope: bind === '0.0.0.0' ? ('all' as const) : ('loopback' as const),
    port: Number(port),
    program,
  }));
  return audit({
    facts: {
      ...{ machine, listeners, publications: [], usage: new Map(), layers: [layer] },
      ...{ problems: [], unseen: blind === 'listeners' ? ['network namespaces: no root'] : [] },
      everyListener: blind !== 'listeners',
    },
    policy: NO_POLICY,
    id: about.id ?? randomUUID(),
    tool: 'postern test',
    at: new Date(at).toISOString(),
  });
}
