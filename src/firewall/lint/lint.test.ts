import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FLAW_IDS, type FlawId } from '../../model/firewall-flaw.ts';
import type { Listener } from '../../model/listener.ts';
import { DOCKER_UFW } from '../docker-ufw.test-helper.ts';
import { cisco } from '../kinds/cisco/cisco.ts';
import { read as readNft } from '../kinds/nftables/read.ts';
import { pf } from '../kinds/pf/pf.ts';
import type { Chain, Layer, Rule } from '../layer.ts';
import {
  accept,
  base,
  chain,
  drop,
  from,
  HOST,
  hook,
  input,
  jump,
  layer,
  NOWHERE,
  name,
  number,
  port,
  protocol,
  rule,
  table,
  tcp,
  unclear,
} from '../layers.test-helper.ts';
import type { LintInput } from './check.ts';
import { CHECKS, lintLayers } from './registry.ts';

const lint = (layers: readonly Layer[], more: Partial<LintInput> = {}) =>
  lintLayers({ layers, machine: HOST, ...more });
const only = (id: FlawId, layers: readonly Layer[], more: Partial<LintInput> = {}) =>
  lint(layers, more).filter((flaw) => flaw.id === id);
const readPf = (text: string) => pf.read([{ origin: 'pf.conf', text }], 'central');
const inet = (...chains: readonly Chain[]) => layer(table('inet', ...chains));
const idle = (...rules: readonly Rule[]) =>
  lint([input('drop', ...rules)])
    .filter(({ id }) => id === 'firewall.shadowed-rule' || id === 'firewall.never-matches')
    .map((flaw) => [flaw.id, flaw.rule?.text, flaw.evidence]);

describe('the registry', () => {
  it('has each check of the folder', () => {
    const parts = ['answers', 'check', 'flaw', 'full-parcels', 'regions', 'registry'];
    const files = readdirSync(import.meta.dirname)
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .map((file) => file.slice(0, -3))
      .filter((file) => !parts.includes(file));
    expect(Object.keys(CHECKS).sort()).toEqual(files.sort());
  });

  it('finds nothing wrong with a plain firewall', () => {
    const plain = input(
      'drop',
      rule('known', name('state', 'established', 'related'), accept),
      rule('invalid', name('state', 'invalid'), drop),
      rule('lo', name('in-device', 'lo'), accept),
      rule('icmp', protocol(1), accept),
      rule('icmp6', protocol(58), accept),
      rule('ssh', ...tcp(22), accept),
    );
    expect(lint([plain])).toEqual([]);
    expect(lint([plain], { machine: NOWHERE })).toEqual([]);
  });
});

describe('shadowed rules', () => {
  it('names the rule and those that take its packets', () => {
    expect(
      idle(
        rule('lan', from('10.0.0.0/8'), ...tcp(22), accept),
        rule('some', from('10.1.0.0/16'), ...tcp(22), drop),
      ),
    ).toEqual([['firewall.shadowed-rule', 'some', ['shadowed by: lan']]]);
  });

  it('sees several rules that shadow one together', () => {
    expect(
      idle(
        rule('low', from('0.0.0.0/1'), ...tcp(22), accept),
        rule('high', from('128.0.0.0/1'), ...tcp(22), drop),
        rule('late', from('0.0.0.0/0'), ...tcp(22), accept),
      ),
    ).toEqual([['firewall.shadowed-rule', 'late', ['shadowed by: low', 'shadowed by: high']]]);
  });

  it('does not call a rule shadowed that some packet reaches', () => {
    const limit = { test: 'limit', over: false, text: '3/minute' } as const;
    expect(idle(rule('a', ...tcp(22), limit, accept), rule('b', ...tcp(22), drop))).toEqual([]);
    expect(idle(rule('a', ...tcp(22), unclear, accept), rule('b', ...tcp(22), drop))).toEqual([]);
    expect(idle(rule('a', { do: 'opaque', text: '?' }), rule('b', ...tcp(22), drop))).toEqual([]);
    expect(idle(rule('a', name('state', 'new'), accept), rule('b', ...tcp(22), accept))).toEqual(
      [],
    );
    expect(
      idle(
        rule('a', number('mark', 1), drop),
        rule('b', name('destination-type', 'unicast'), drop),
      ),
    ).toEqual([]);
  });

  it('looks into chains, and knows forwarding chains as well', () => {
    const layers = [
      inet(
        base('forward', hook('forward'), 'drop', rule('all', drop), rule('go', jump('more'))),
        chain('more', rule('in', ...tcp(1), accept)),
        chain('idle', rule('x', drop)),
      ),
    ];
    const found = lint(layers).map((flaw) => [flaw.id, flaw.rule?.text]);
    expect(found).toContainEqual(['firewall.shadowed-rule', 'go']);
    expect(found).toContainEqual(['firewall.shadowed-rule', 'in']);
    expect(found).toContainEqual(['firewall.unused-chain', undefined]);
  });
});

describe('rules that are no idle ones', () => {
  it('takes any device for the one by which a central firewall hands packets on', () => {
    const device = name('out-device', 'em1');
    const router = input('drop', rule('out on em1', device, ...tcp(22), accept));
    expect(lint([{ ...router, role: 'central' }]).map(({ id }) => id)).not.toContain(
      'firewall.never-matches',
    );
  });

  it('leaves the one that closes the rest of a chain', () => {
    expect(idle(rule('all', accept), rule('rest', drop))).toEqual([]);
    const closed = idle(rule('all', drop), rule('rest', ...tcp(22), drop));
    expect(closed.map(([, text]) => text)).toEqual(['rest']);
  });

  it('takes the several ways to match of one line for one rule', () => {
    const line = { line: 7, text: '-p tcp -m multiport --ports 22' };
    const ways = [rule('a', ...tcp(22), accept), rule('b', ...tcp(22), accept)];
    const layers = ways.map((way) => ({ ...way, ...line }));
    expect(idle(...layers)).toEqual([]);
    expect(idle(rule('all', drop), ...layers)).toHaveLength(1);
  });

  it('takes a line that is asked in several chains for one rule', () => {
    const quick = readPf(
      'block all\npass out quick all\nblock quick from 192.0.2.7\npass in proto tcp to any port 22',
    );
    expect(lint([quick]).filter(({ id }) => id === 'firewall.shadowed-rule')).toEqual([]);
    const twice = readPf('block quick from 192.0.2.0/24\nblock quick from 192.0.2.7\npass all');
    expect(lint([twice]).filter(({ id }) => id === 'firewall.shadowed-rule')).toHaveLength(1);
  });

  it('leaves out what no administrator wrote, and lists for other ends', () => {
    const text = `interface e0
 ipv6 traffic-filter six in
ipv6 access-list six
 deny ipv6 any any
ip access-list standard vty
 permit any
`;
    const found = lint([cisco.read([{ origin: 'router', text }], 'central')]);
    expect(found.map(({ id }) => id)).not.toContain('firewall.shadowed-rule');
    expect(found.map(({ id }) => id)).not.toContain('firewall.unused-chain');
  });

  it('names all chains that nothing leads to at once, but for those that ufw keeps', () => {
    const chains = ['a', 'b', 'ufw-logging-allow'].map((each) => chain(each, rule('x', drop)));
    const flaws = only('firewall.unused-chain', [
      inet(base('input', hook('input'), 'drop'), ...chains),
    ]);
    expect(flaws.map(({ why }) => why)).toEqual([
      'Nothing leads to the chains a, b: the rules in there have no effect.',
    ]);
  });

  it('leaves out what is saved where live rules are asked', () => {
    const saved: Layer = { ...input('drop', rule('no', { test: 'never' }, accept)), role: 'saved' };
    expect(only('firewall.never-matches', [saved])).toHaveLength(1);
    expect(only('firewall.never-matches', [input('drop'), saved])).toEqual([]);
  });
});

describe('rules that never match', () => {
  it('finds contradictions and empty sets', () => {
    expect(
      idle(
        rule('ports', ...tcp(22), port(80), accept),
        rule('icmp port', protocol(1), port(80), accept),
        rule('empty', { test: 'never' }, accept),
        rule('families', from('10.0.0.0/8'), from('2001:db8::/32'), accept),
        rule('odd packets', { test: 'never', odd: true }, { do: 'drop' }),
        rule('fine', ...tcp(22), accept),
      ).map(([id, text]) => [id, text]),
    ).toEqual(
      ['ports', 'icmp port', 'empty', 'families'].map((text) => ['firewall.never-matches', text]),
    );
  });
});

describe('what is open', () => {
  it('says that nothing is active only when everything was read', () => {
    const open = input('accept');
    expect(only('firewall.none-active', [open])).toHaveLength(1);
    expect(only('firewall.none-active', [])).toHaveLength(1);
    expect(only('firewall.none-active', [{ ...open, unread: ['no rights'] }])).toEqual([]);
    expect(only('firewall.none-active', [input('drop')])).toEqual([]);
  });

  it('names firewalls that are switched off, and compares nothing with them', () => {
    const off: Layer = {
      ...layer({ ...table('inet', base('input', hook('input'), 'drop')), dormant: true }),
      ...{ kind: 'ufw', role: 'saved', origin: '/etc/ufw' },
    };
    const [flaw] = only('firewall.none-active', [input('accept'), off]);
    expect(flaw?.why).toContain('ufw: there, but switched off');
    expect(flaw?.evidence).toContain('ufw (/etc/ufw): switched off');
    const closed = input('drop', rule('ssh', ...tcp(22), accept));
    expect(lint([closed, off]).map(({ id }) => id)).toEqual([]);
  });

  it('says which policy accepts by default', () => {
    const [flaw] = only('firewall.default-accept', [input('accept', rule('x', ...tcp(22), drop))]);
    expect(flaw).toMatchObject({
      layer: 'nftables',
      evidence: [
        'tcp over IPv4: 0-21, 23-65535',
        'tcp over IPv6: 0-21, 23-65535',
        'udp over IPv4: 0-65535',
        'udp over IPv6: 0-65535',
      ],
    });
    expect(only('firewall.default-accept', [input('drop')])).toEqual([]);
  });

  it('sees IPv6 open where IPv4 is closed', () => {
    const four = { test: 'family', family: 4 } as const;
    const layers = [
      input(
        'drop',
        rule('4', four, from('10.0.0.0/8'), ...tcp(22), accept),
        rule('not 4', { test: 'family', family: 6 }, ...tcp(22), accept),
      ),
    ];
    expect(only('firewall.ipv6-open', layers)).toMatchObject([
      { severity: 'high', rule: { text: 'not 4' }, evidence: ['tcp: 22'] },
    ]);
    expect(only('firewall.ipv6-open', [input('drop', rule('a', ...tcp(22), accept))])).toEqual([]);
  });

  it('sees a container port that goes past ufw', () => {
    expect(only('firewall.docker-bypass', [DOCKER_UFW])).toMatchObject([
      { severity: 'high', evidence: ['published: tcp 8080', expect.stringContaining('DOCKER')] },
    ]);
  });

  it('names sensitive ports that rules open to anyone', () => {
    const sensitive = new Map([[5432, { title: 'PostgreSQL', severity: 'high' as const }]]);
    const open = input('drop', rule('db', ...tcp(5432), accept));
    expect(only('firewall.wide-source', [open], { sensitive })).toMatchObject([
      { rule: { text: 'db' }, evidence: ['over IPv4: from anyone', 'over IPv6: from anyone'] },
    ]);
    const narrow = input('drop', rule('db', from('10.0.0.0/8'), ...tcp(5432), accept));
    expect(only('firewall.wide-source', [narrow], { sensitive })).toEqual([]);
  });

  it('names rules for ports nobody listens on, when it knows who does', () => {
    const layers = [
      input('drop', rule('ssh', ...tcp(22), accept), rule('web', ...tcp(80), accept)),
    ];
    const listener: Listener = {
      transport: 'tcp',
      bind: '0.0.0.0',
      families: [4],
      scope: 'all',
      port: 22,
      namespace: 'host',
      processes: 1,
      unseen: [],
    };
    expect(only('firewall.no-listener', layers)).toEqual([]);
    expect(only('firewall.no-listener', layers, { listeners: [listener] })).toMatchObject([
      { rule: { text: 'web' }, evidence: ['ports: tcp 80'] },
    ]);
  });

  it('leaves out ports that somebody else tells of, and joins many rules of one chain', () => {
    const few = [input('drop', rule('web', ...tcp(80), accept))];
    const told = { tcp: [80, 81], udp: [] };
    expect(only('firewall.no-listener', few, { listeners: [], told })).toEqual([]);
    const rules = Array.from({ length: 65 }, (_, at) =>
      rule(`port ${1000 + at}`, ...tcp(1000 + at), accept),
    );
    const [flaw, ...more] = only('firewall.no-listener', [input('drop', ...rules)], {
      listeners: [],
    });
    expect(more).toEqual([]);
    expect(flaw?.evidence).toHaveLength(rules.length);
    expect(flaw?.evidence[0]).toBe('tcp 1000: port 1000');
  });
});

describe('several layers', () => {
  it('sees legacy and nft rules side by side', () => {
    const some = (kind: Layer['kind'], origin: string): Layer => ({
      ...input('drop', rule('a', accept)),
      kind,
      origin,
    });
    const both = [some('iptables', 'iptables-legacy-save'), some('nftables', 'nft')];
    expect(only('firewall.legacy-and-nft', both)).toHaveLength(1);
    expect(
      only('firewall.legacy-and-nft', [some('iptables', 'iptables-save'), some('nftables', 'nft')]),
    ).toEqual([]);
  });

  it('tells what nft may have loaded as another rule', () => {
    const text = (line: string) =>
      `table inet t {\nchain i {\ntype filter hook input priority 0; policy drop;\n${line} accept\n}\n}\n`;
    const told = (line: string) =>
      only('firewall.merged-values', [readNft([{ origin: 'x.nft', text: text(line) }], 'saved')]);
    expect(told('udp sport != 53 udp dport != 22')).toMatchObject([
      { origin: 'x.nft', rule: { line: 4 }, evidence: ['chain t i'] },
    ]);
    expect(told('udp sport != 53 udp dport != { 22, 23 }')).toEqual([]);
  });

  it('compares what is live with what is saved, by answers', () => {
    const live = input('drop', rule('ssh', ...tcp(22), accept), rule('web', ...tcp(80), accept));
    const saved = (...rules: readonly Rule[]): Layer => ({
      ...input('drop', ...rules),
      role: 'saved',
      origin: '/etc/nftables.conf',
    });
    const same = saved(rule('both', ...tcp(22, 80), accept));
    expect(lint([live, same]).map(({ id }) => id)).toEqual([]);
    const more = saved(rule('more', ...tcp(22, 80, 443), accept));
    expect(only('firewall.not-saved', [live, more])).toMatchObject([
      { evidence: ['tcp 443 over IPv4 from anyone', 'tcp 443 over IPv6 from anyone'] },
    ]);
    const less = saved(rule('less', ...tcp(22), accept));
    expect(only('firewall.not-live', [live, less])).toMatchObject([
      {
        origin: '/etc/nftables.conf',
        evidence: ['tcp 80 over IPv4 from anyone', 'tcp 80 over IPv6 from anyone'],
      },
    ]);
  });

  it('tells where a central firewall and the host disagree', () => {
    const central: Layer = {
      ...input('drop', rule('sg', ...tcp(443, 8080), accept)),
      kind: 'aws',
      role: 'central',
      origin: 'sg-1',
    };
    const host = input('drop', rule('h', ...tcp(443, 22), accept));
    expect(only('firewall.central-only', [central, host])).toMatchObject([
      { layer: 'aws', evidence: ['tcp 22 over IPv4 from anyone', 'tcp 22 over IPv6 from anyone'] },
    ]);
    expect(only('firewall.host-only', [central, host])).toMatchObject([
      { evidence: ['tcp 8080 over IPv4 from anyone', 'tcp 8080 over IPv6 from anyone'] },
    ]);
  });

  it('uses no other ids than the listed ones', () => {
    const found = lint([DOCKER_UFW], {
      listeners: [],
      sensitive: new Map([[22, { title: 'SSH', severity: 'medium' as const }]]),
    });
    expect(found.length).toBeGreaterThan(1);
    expect(found.every(({ id }) => FLAW_IDS.includes(id))).toBe(true);
  });
});
