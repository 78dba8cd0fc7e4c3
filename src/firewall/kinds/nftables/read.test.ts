import { describe, expect, it } from 'vitest';
import type { Source } from '../../kind.ts';
import type { Rule, Step } from '../../layer.ts';
import { ownedByIptables } from './owned.ts';
import { read } from './read.ts';

function readText(text: string, ...others: readonly Source[]) {
  return read([{ origin: 'nftables.conf', text }, ...others], 'saved');
}

/** The rules of an input chain. */
function rulesOf(rules: string, before = ''): readonly Rule[] {
  const { tables } = readText(
    `table inet t {\n${before}\nchain c { }\nchain i {\ntype filter hook input priority 0;\n${rules}\n}\n}\n`,
  );
  return tables[0]?.chains.find(({ name }) => name === 'i')?.rules ?? [];
}

function stepsOf(rule: string, before = ''): readonly (readonly Step[])[] {
  return rulesOf(rule, before).map(({ steps }) => steps);
}

function json(...objects: readonly unknown[]) {
  const nftables = [{ metainfo: { json_schema_version: 1 } }, ...objects];
  return read([{ origin: 'nft -j list ruleset', text: JSON.stringify({ nftables }) }], 'live');
}

const TABLE = { table: { family: 'ip', name: 'filter' } };
const INPUT = {
  ...{ family: 'ip', table: 'filter', name: 'INPUT', type: 'filter', hook: 'input' },
  ...{ prio: 0, policy: 'accept' },
};

function jsonRule(...expr: readonly unknown[]) {
  const rule = { family: 'ip', table: 'filter', chain: 'INPUT', handle: 7, expr };
  return json(TABLE, { chain: INPUT }, { rule }).tables[0]?.chains[0]?.rules ?? [];
}

const TCP: Step = { test: 'number', field: 'protocol', in: [6, 7] };
const DROP: Step = { do: 'drop' };
const SYNTAX = expect.objectContaining({ code: 'FIREWALL_SYNTAX' });

describe('what rules test', () => {
  it('a port belongs to its protocol', () => {
    const port: Step = { test: 'number', field: 'destination-port', in: [22, 23, 80, 91] };
    expect(stepsOf('tcp dport { 22, 80-90 } drop')).toEqual([[TCP, port, DROP]]);
    expect(stepsOf('tcp dport { ssh, 80-90 } drop')).toEqual([[TCP, port, DROP]]);
  });

  it('no object without effect has chains in it', () => {
    const inside = 'chain i {\ntype filter hook input priority 0; policy drop;\n}\n';
    for (const head of ['ct helper table inet t', 'counter c', 'flowtable f']) {
      expect(() => readText(`table inet t {\n${head} {\n${inside}}\n}\n`)).toThrow(SYNTAX);
    }
    const plain = 'ct helper ftp { type "ftp" protocol tcp; l3proto ip; comment "a chain of it"; }';
    expect(readText(`table inet t {\n${plain}\n${inside}}\n`).tables[0]?.chains).toHaveLength(1);
  });

  it('two values side by side that are not to be may be one comparison', () => {
    const kinds = (rule: string) =>
      stepsOf(rule)[0]?.map((step) => ('test' in step ? step.test : step.do));
    const doubtful = ['number', 'opaque', 'number', 'opaque', 'drop'];
    expect(kinds('udp sport != 53 udp dport != 22 drop')).toEqual(doubtful);
    expect(kinds('th dport != 22 udp sport != 53 drop')).toEqual([
      'opaque',
      'number',
      'opaque',
      'drop',
    ]);
    expect(kinds('icmp type != echo-request icmp code != 0 drop')).toContain('opaque');
    for (const sure of ['udp sport != 53-54 udp dport != 22', 'udp sport 53 udp dport != 22']) {
      expect(kinds(`${sure} drop`)).not.toContain('opaque');
    }
    expect(kinds('ip saddr != 10.0.0.1 ip daddr != 10.0.0.2 drop')).not.toContain('opaque');
  });

  it('an IPv4-mapped address stays one of IPv6', () => {
    const ranges = [0xffff_0a00_0001n, 0xffff_0a00_0002n];
    const source: Step = { test: 'address', field: 'source', in: { family: 6, ranges } };
    expect(stepsOf('ip6 saddr ::ffff:10.0.0.1 drop')).toEqual([[source, DROP]]);
  });

  it('a mask with ones behind zeros is no block', () => {
    expect(stepsOf('ip saddr & 255.255.255.0 == 10.0.0.0 drop')).toEqual(
      stepsOf('ip saddr 10.0.0.0/24 drop'),
    );
    expect(stepsOf('ip saddr & 0.0.0.255 == 0.0.0.1 drop')[0]?.[0]).toMatchObject({
      test: 'opaque',
    });
  });

  it.each([
    ['ct state & (established | related) != 0', 'ct state established,related'],
    ['ct state & new == new', 'ct state new'],
    ['tcp flags & (syn | ack) == syn', 'tcp flags syn / syn,ack'],
    ['meta mark and 0xff eq 0x1', 'meta mark & 255 == 1'],
    ['mark 1', 'meta mark 0x00000001'],
    ['meta nfproto { ipv4 }', 'meta protocol ip'],
    ['@th,16,16 22', 'th dport 22'],
    ['tcp dport { 22:accept }', 'tcp dport { 22 : accept }'],
  ])('%s is %s', (one, other) => {
    expect(stepsOf(`${one} drop`)).toEqual(stepsOf(`${other} drop`));
  });

  it('several marks of translation in one exact value are not understood', () => {
    expect(stepsOf('ct status == dnat drop')[0]?.[0]).toMatchObject({ test: 'opaque' });
    expect(stepsOf('ct status confirmed drop')[0]?.[0]).toMatchObject({ test: 'opaque' });
  });

  it('flags that are a word of truth are not understood', () => {
    expect(stepsOf('tcp flags missing / syn,ack accept')[0]).toContainEqual(
      expect.objectContaining({ test: 'opaque' }),
    );
  });

  it('an empty set matches nothing', () => {
    const set = 'set s { type ipv4_addr; }';
    expect(stepsOf('ip saddr @s accept', set)).toEqual([[{ test: 'never' }, { do: 'accept' }]]);
  });

  it('a set that nobody declared is not understood', () => {
    expect(stepsOf('ip saddr @gone accept')[0]?.[0]).toMatchObject({ test: 'opaque' });
  });

  it('one element that is not understood makes the whole set so', () => {
    const set = 'set s { type ipv4_addr; elements = { 10.0.0.1, example.org } }';
    expect(stepsOf('ip saddr @s drop', set)[0]?.[0]).toMatchObject({ test: 'opaque' });
  });
});

describe('tests on odd packets', () => {
  it.each([
    ...['ip frag-off & 0x1fff != 0', 'ip hdrlength != 5', 'rt type 0', 'frag more-fragments 1'],
    ...['exthdr frag exists', 'ip option rr exists'],
  ])('%s: dropping them stops nobody, accepting them may let somebody in', (test) => {
    expect(stepsOf(`${test} drop`)).toEqual([[{ test: 'never', odd: true }, DROP]]);
    expect(stepsOf(`${test} accept`)[0]?.[0]).toMatchObject({ test: 'opaque' });
    expect(stepsOf(`${test} jump c`)[0]?.[0]).toMatchObject({ test: 'opaque' });
  });

  it('accepting ordinary ones lets everybody in, dropping them may not stop everybody', () => {
    expect(stepsOf('exthdr frag missing accept')).toEqual([[{ do: 'accept' }]]);
    expect(stepsOf('ip hdrlength 5 accept')).toEqual([
      [{ test: 'family', family: 4 }, { do: 'accept' }],
    ]);
    expect(stepsOf('ip hdrlength 5 drop')[0]?.[0]).toMatchObject({ test: 'opaque' });
  });
});

describe('sets that rules add to', () => {
  const set = 'set s { type ipv4_addr; flags dynamic; elements = { 10.0.0.1 } }';
  const known: Step = {
    test: 'address',
    field: 'source',
    in: { family: 4, ranges: [0x0a00_0001n, 0x0a00_0002n] },
  };

  it('hold what was listed, and perhaps more', () => {
    const [, ...tests] = stepsOf('add @s { ip saddr }\nip saddr @s drop', set);
    expect(tests).toEqual([
      [known, DROP],
      [{ test: 'opaque', text: '@s (rules add to it)' }, DROP],
    ]);
  });

  it('hold a source that came too often, which a first packet did not', () => {
    const rules = 'limit rate over 3/minute add @s { ip saddr } drop\nip saddr @s drop';
    const [, ...tests] = stepsOf(rules, set);
    expect(tests).toEqual([
      [known, DROP],
      [expect.objectContaining({ test: 'limit', over: true }), DROP],
    ]);
  });

  it('negated hold neither', () => {
    const [, test] = stepsOf('add @s { ip saddr }\nip saddr != @s accept', set);
    expect(test).toEqual([
      { ...known, not: true },
      { test: 'opaque', text: '!= @s (rules add to it)' },
      { do: 'accept' },
    ]);
  });

  it('wait for the limit that stands in them', () => {
    expect(stepsOf('add @s { ip saddr limit rate over 3/minute } drop', set)).toEqual([
      [{ test: 'limit', over: true, text: '3/minute' }, DROP],
    ]);
  });

  it('that limit by themselves are not understood', () => {
    const limited = 'set s { type ipv4_addr; limit rate 3/second; elements = { 10.0.0.1 } }';
    expect(stepsOf('ip saddr @s accept', limited)[0]?.[0]).toMatchObject({ test: 'opaque' });
  });
});

describe('what rules do', () => {
  it.each([
    'queue num 1',
    'tproxy to :80',
    'fwd to "eth0"',
    'ip daddr set 10.0.0.1',
    'frobnicate 7',
  ])('%s may have done anything', (statement) => {
    expect(stepsOf(`tcp dport 80 ${statement}`)[0]?.at(-1)).toMatchObject({ do: 'opaque' });
  });

  it.each([
    ...['counter packets 3 bytes 4', 'log prefix "a b" level warn flags all', 'flow add @f'],
    ...['tcp option maxseg size set rt mtu', 'ip dscp set cs1', 'ct helper set "ftp"'],
    ...['meta nftrace set 1', 'meta priority set 1:2', 'ct zone set 3', 'dup to 10.0.0.1'],
  ])('%s does nothing that counts, or is said not to be known', (statement) => {
    const [steps = []] = stepsOf(`tcp dport 80 ${statement}`);
    expect(steps.filter((step) => 'do' in step && step.do !== 'opaque')).toEqual([]);
  });

  it('reads jumps to a chain that is not there as unknown', () => {
    expect(stepsOf('jump c')).toEqual([[{ do: 'jump', chain: 'c' }]]);
    expect(stepsOf('jump gone')).toEqual([[{ do: 'opaque', text: 'jump gone' }]]);
  });

  it('works marks out', () => {
    const mark = (rule: string) => stepsOf(rule)[0];
    expect(mark('meta mark set (meta mark & 0xff00) | 0x12')).toEqual([
      { do: 'set-mark', field: 'mark', and: 0xff00 & ~0x12, xor: 0x12 },
    ]);
    expect(mark('ct mark set meta mark & 0xff')).toEqual([
      { do: 'copy-mark', to: 'connection-mark' },
      { do: 'set-mark', field: 'connection-mark', and: 0xff, xor: 0 },
    ]);
  });

  it('puts the row for everything else last', () => {
    const [steps] = stepsOf('tcp dport vmap { * : drop, 22 : accept }');
    const actions = steps?.flatMap((step) => ('do' in step && step.do === 'map' ? step.rows : []));
    expect(actions?.map(({ action }) => action.do)).toEqual(['accept', 'drop']);
  });

  it('reads targets of translations', () => {
    const to = (rule: string) => stepsOf(rule)[0]?.at(-1);
    const four = { family: 4, ranges: [0x0a00_0001n, 0x0a00_0002n] };
    expect(to('dnat ip to 10.0.0.1:80-90')).toEqual({ do: 'dnat', to: four, ports: [80, 91] });
    expect(to('dnat ip6 to [2001:db8::1]:80')).toMatchObject({ do: 'dnat', ports: [80, 81] });
    expect(to('dnat ip to numgen inc mod 2 map { 0 : 10.0.0.1, 1 : 10.0.0.2 }')).toEqual({
      do: 'dnat',
      to: { family: 4, ranges: [0x0a00_0001n, 0x0a00_0003n] },
    });
    expect(to('tcp dport 80 redirect to :8080')).toEqual({ do: 'redirect', ports: [8080, 8081] });
  });
});

describe('texts', () => {
  it('puts in variables, and what other texts define', () => {
    const text =
      'include "/etc/nft.d/*.nft"\ntable ip t {\nchain c {\ntcp dport $PORTS ip saddr $NET drop\n}\n}\n';
    const other = {
      origin: '/etc/nft.d/a.nft',
      text: 'define A = 22\ndefine PORTS = { $A, 80 }\ndefine NET = 10.0.0.0/8\n',
    };
    const layer = readText(text, other);
    expect(layer.unread).toEqual([]);
    expect(layer.tables[0]?.chains[0]?.rules[0]?.text).toBe(
      'tcp dport { 22, 80 } ip saddr 10.0.0.0/8 drop',
    );
  });

  it('says what it includes and was not given', () => {
    const layer = readText('include "/etc/x.nft"\ntable ip t { chain c { drop; } }\n');
    expect(layer.unread).toEqual(['nftables.conf: includes /etc/x.nft, which was not read']);
  });

  it('takes commands in their order', () => {
    const layer = readText(
      [
        'add table ip a; add chain ip a c { type filter hook input priority -5 + 1 ; policy drop ; }',
        'add rule ip a c tcp dport 80 accept',
        'insert rule ip a c tcp dport 22 accept comment "first"',
        'add set ip a s { type ipv4_addr ; }',
        'add element ip a s { 10.0.0.1, 10.0.0.2 }',
        'add rule ip a c ip saddr @s \\',
        '  accept',
        'table ip gone { chain c { drop; } }',
        'delete table ip gone',
        '',
      ].join('\n'),
    );
    const [chain] = layer.tables[0]?.chains ?? [];
    expect(layer.tables).toHaveLength(1);
    expect(chain?.hook?.priority).toBe(-4);
    expect(chain?.rules.map(({ line, comment, text }) => [line, comment, text])).toEqual([
      [3, 'first', 'tcp dport 22 accept'],
      [2, undefined, 'tcp dport 80 accept'],
      [6, undefined, 'ip saddr @s accept'],
    ]);
    expect(chain?.rules[2]?.steps).toHaveLength(2);
  });

  it('does not take a text without a chain for an open host', () => {
    expect(readText('flush ruleset\n').unread).toEqual([expect.stringContaining('no chain')]);
    expect(readText('table inet t\n').unread).toEqual([expect.stringContaining('no chain')]);
    expect(json().unread).toEqual([]);
  });

  it('says which commands it did not follow', () => {
    const layer = readText('table ip t { chain c { drop; } }\ndelete rule ip t c handle 4\n');
    expect(layer.unread).toEqual([
      expect.stringContaining('line 2: "delete rule ip t c handle 4"'),
    ]);
  });

  it('knows dormant tables, devices and priorities of bridges', () => {
    const { tables } = readText(
      `table ip t { flags dormant; }
table bridge b { chain c { type filter hook input priority filter; policy drop; } }
table netdev n { chain c { type filter hook ingress devices = { eth0, eth1 } priority 5; } }
`,
    );
    expect(tables[0]?.dormant).toBe(true);
    expect(tables[1]?.chains[0]?.hook?.priority).toBe(-200);
    expect(tables[2]?.chains[0]?.hook?.devices).toEqual(['eth0', 'eth1']);
  });

  it.each([
    ['table ip t {', 1],
    ['table ip t {\nchain c {\ntcp dport 22 accept\n', 4],
    ['table ip t {\nset s { type ipv4_addr; elements = { 10.0.0.1,\n', 3],
    ['add table ip t\nadd chain ip t c\nadd rule ip t c tcp dport 2', 3],
    ['table ip t { }\ntabl', 2],
    ['table ip t { }\nadd rule ip t gone drop\n', 2],
    ['', 1],
    ['# nothing\n', 2],
    ['table ip t { chain c { type filter hook input priority 0; policy dr; } }\n', 1],
    ['table ip t {\nchain c { log prefix "abc\n', 2],
    ['*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n', 1],
  ])('refuses %j at line %d', (text, line) => {
    expect(() => readText(text)).toThrow(SYNTAX);
    expect(() => readText(text)).toThrow(`line ${line}:`);
  });
});

describe('JSON', () => {
  it.each([
    '{"nftables": [',
    '{"nftables": []}',
    '{"other": []}',
    '{"nftables": [{"metainfo": {}}, 7]}',
  ])('refuses %s', (text) => {
    expect(() => read([{ origin: 'x', text }], 'live')).toThrow(SYNTAX);
  });

  it('refuses a rule without its chain or table', () => {
    const rule = { family: 'ip', table: 'filter', chain: 'INPUT', expr: [] };
    expect(() => json({ rule })).toThrow(SYNTAX);
    expect(() => json(TABLE, { rule })).toThrow(SYNTAX);
  });

  it('names objects that it does not know, and a schema newer than it', () => {
    expect(json(TABLE, { gadget: {} }).unread).toEqual([expect.stringContaining('"gadget"')]);
    const text = '{"nftables": [{"metainfo": {"json_schema_version": 2}}]}';
    expect(read([{ origin: 'x', text }], 'live').unread).toHaveLength(1);
  });

  it('keeps what iptables alone could say as unknown', () => {
    const xt = (type: string, name: string) => ({ xt: { type, name } });
    const steps = (...expr: readonly unknown[]) => jsonRule(...expr)[0]?.steps;
    expect(steps(xt('match', 'comment'), { accept: null })).toEqual([{ do: 'accept' }]);
    expect(steps(xt('match', 'conntrack'), { accept: null })?.[0]).toMatchObject({
      test: 'opaque',
    });
    expect(steps(xt('target', 'DNAT'))).toMatchObject([{ do: 'opaque' }]);
    expect(steps({ xt: null })).toMatchObject([{ do: 'opaque' }]);
  });

  it('does not know which devices an ingress chain is on when nft did not say', () => {
    const chain = { ...INPUT, hook: 'ingress', policy: 'drop' };
    const [unnamed] = json(TABLE, { chain }).tables[0]?.chains ?? [];
    expect(unnamed?.policy).toBe('accept');
    expect(unnamed?.rules[0]?.steps).toMatchObject([{ test: 'opaque' }, { do: 'drop' }]);
    const [known] = json(TABLE, { chain: { ...chain, dev: 'eth0' } }).tables[0]?.chains ?? [];
    expect(known).toMatchObject({ policy: 'drop', hook: { devices: ['eth0'] }, rules: [] });
  });

  it('tells tables of iptables from those that only have its names', () => {
    const owned = (name: string, chain: object, family = 'ip') => {
      const table = { family, name };
      const { tables } = json({ table }, { chain: { ...INPUT, family, table: name, ...chain } });
      return tables.map(ownedByIptables);
    };
    expect(owned('filter', {})).toEqual([true]);
    expect(owned('filter', { prio: -10 })).toEqual([false]);
    expect(owned('filter', { name: 'input' })).toEqual([false]);
    expect(owned('mine', {})).toEqual([false]);
    expect(owned('filter', {}, 'inet')).toEqual([false]);
  });
});

it('knows what the sender chooses as a field that nobody can tell', () => {
  expect(stepsOf('ip ttl 255 tcp dport 22 accept')[0]).toContainEqual({
    test: 'number',
    field: 'hop-limit',
    in: [255, 256],
  });
  expect(stepsOf('ip6 hoplimit != 1 accept')[0]).toContainEqual({
    ...{ test: 'number', field: 'hop-limit', in: [1, 2], not: true },
  });
});
