import { describe, expect, it } from 'vitest';
import { nftables } from '../firewall/kinds/nftables/nftables.ts';
import { NO_POLICY } from '../model/policy.ts';
import { audit } from './audit.ts';

/** Ports that one rule lets its network in to, none of them with a listener. */
const PORTS_EACH = 8;

/** An audit of a host without listeners whose rules let in to as many TCP ports. */
function auditOf(ports: number) {
  const rules = Array.from({ length: Math.ceil(ports / PORTS_EACH) }, (_, at) => {
    const first = 20_000 + at * 100;
    const last = first + Math.min(PORTS_EACH, ports - at * PORTS_EACH) - 1;
    return `ip saddr 10.${at}.0.0/16 tcp dport ${first === last ? first : `${first}-${last}`} accept`;
  });
  const text = `table inet filter { chain input {
    type filter hook input priority filter; policy drop;
    ${rules.join('\n')}
  } }`;
  return audit({
    facts: {
      machine: { hostname: 'h', system: 'linux', devices: [], routes: [] },
      listeners: [],
      publications: [],
      usage: new Map(),
      layers: [nftables.read([{ origin: 'nft', text }], 'live')],
      problems: [],
      unseen: [],
    },
    policy: NO_POLICY,
    id: 'x',
    tool: 'postern',
    at: '2026-11-25T21:00:00.000Z',
  });
}

function unusedRules({ flaws }: ReturnType<typeof audit>) {
  return flaws.filter(({ id }) => id === 'firewall.no-listener');
}

describe('ports that rules let in to and nobody uses', () => {
  it('are doors while they are few, and told there alone', () => {
    const report = auditOf(64);
    expect(report.doors).toHaveLength(64);
    expect(new Set(report.doors.map(({ verdict }) => verdict.rule))).toEqual(
      new Set(['host.allowed-unused']),
    );
    expect(unusedRules(report)).toEqual([]);
  });

  it('are told by rules where there would be more than 64 doors', () => {
    const report = auditOf(65);
    expect(report.doors).toEqual([]);
    expect(unusedRules(report)).toHaveLength(9);
  });
});
