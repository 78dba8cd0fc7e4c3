import { describe, expect, it } from 'vitest';
import { PosternError } from '../../../model/errors.ts';
import type { Layer, Rule, Step } from '../../layer.ts';
import { readIptables } from './read.ts';

function readV4(...rules: readonly string[]): Layer {
  const text = `*filter\n:INPUT DROP [0:0]\n:USER - [0:0]\n${rules.join('\n')}\nCOMMIT\n`;
  return readIptables([{ origin: 'iptables-save', text }], 'live');
}

function readV6(...rules: readonly string[]): Layer {
  const text = `*filter\n:INPUT DROP [0:0]\n${rules.join('\n')}\nCOMMIT\n`;
  return readIptables([{ origin: 'ip6tables-save', text }], 'live');
}

function rulesOf(layer: Layer): readonly Rule[] {
  return layer.tables[0]?.chains[0]?.rules ?? [];
}

function steps(rule: string): readonly Step[] {
  return rulesOf(readV4(`-A INPUT ${rule}`))[0]?.steps ?? [];
}

function steps6(rule: string): readonly Step[] {
  return rulesOf(readV6(`-A INPUT ${rule}`))[0]?.steps ?? [];
}

function natSteps(rule: string, origin = 'iptables-save'): readonly Step[] {
  const text = `*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING ${rule}\nCOMMIT\n`;
  const layer = readIptables([{ origin, text }], 'live');
  return layer.tables[0]?.chains[0]?.rules[0]?.steps ?? [];
}

function v4(...parts: readonly number[]): bigint {
  return BigInt(parts.reduce((value, part) => value * 256 + part, 0));
}

const ACCEPT = { do: 'accept' };
const TCP = { test: 'number', field: 'protocol', in: [6, 7] };
const UDP = { test: 'number', field: 'protocol', in: [17, 18] };
const NEVER = { test: 'never' };

function port(field: string, ...ranges: readonly number[]) {
  return { test: 'number', field, in: ranges };
}

function source(...ranges: readonly bigint[]) {
  return { test: 'address', field: 'source', in: { family: 4, ranges } };
}

describe('tables and chains', () => {
  it('knows the hooks of the built-in chains and the policies', () => {
    const text = [
      ...['*raw', ':PREROUTING ACCEPT [0:0]', 'COMMIT'],
      ...['*mangle', ':OUTPUT ACCEPT [0:0]', ':INPUT ACCEPT', 'COMMIT'],
      ...['*nat', ':PREROUTING ACCEPT [0:0]', ':INPUT ACCEPT [0:0]', 'COMMIT'],
      ...['*filter', ':INPUT DROP [7:8]', ':MINE - [0:0]', 'COMMIT'],
      ...['*security', ':INPUT ACCEPT [0:0]', 'COMMIT'],
    ].join('\n');
    const { tables } = readIptables([{ origin: 'iptables-save', text }], 'live');
    const chains = tables.flatMap((table) =>
      table.chains.map(({ name, hook, policy }) => [table.name, name, hook?.priority, policy]),
    );
    expect(chains).toEqual([
      ['raw', 'PREROUTING', -300, 'accept'],
      ['mangle', 'OUTPUT', -150, 'accept'],
      ['mangle', 'INPUT', -150, 'accept'],
      ['nat', 'PREROUTING', -100, 'accept'],
      ['nat', 'INPUT', 100, 'accept'],
      ['filter', 'INPUT', 0, 'drop'],
      ['filter', 'MINE', undefined, undefined],
      ['security', 'INPUT', 50, 'accept'],
    ]);
    expect(tables[1]?.chains[0]?.hook?.type).toBe('route');
    expect(tables[2]?.chains[0]?.hook?.type).toBe('nat');
  });

  it('tells the families by origin, and by content where the origin says nothing', () => {
    const text = '*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n';
    const families = [
      { origin: 'iptables-legacy-save', text },
      { origin: 'ip6tables-nft-save', text },
      { origin: '/etc/iptables/rules.v6', text },
      { origin: 'a.txt', text },
      { origin: 'a.txt', text: text.replace('COMMIT', '-A INPUT -s fe80::/10 -j DROP\nCOMMIT') },
    ].map((given) => readIptables([given], 'saved').tables[0]?.family);
    expect(families).toEqual(['ip', 'ip6', 'ip6', 'ip', 'ip6']);
  });

  it('reads counters, insertions and line numbers', () => {
    const layer = readV4('[5:300] -A INPUT -j ACCEPT', '-I INPUT -j DROP', '-I INPUT 2 -j USER');
    expect(rulesOf(layer).map(({ text, line }) => [text, line])).toEqual([
      ['-I INPUT -j DROP', 5],
      ['-I INPUT 2 -j USER', 6],
      ['-A INPUT -j ACCEPT', 4],
    ]);
  });

  it('says what the text does not tell', () => {
    const text = [
      "# Table `nat' is incompatible, use 'nft' tool.",
      "# Table `filter' contains incompatible base-chains, use 'nft' tool to list them.",
      '# Warning: iptables-legacy tables present, use iptables-legacy-save to see them',
      ...['*filter', '-A INPUT -j ACCEPT', '-F INPUT', '-A OURS -j DROP', 'COMMIT'],
    ].join('\n');
    const { unread } = readIptables([{ origin: 'iptables-nft-save', text }], 'live');
    expect(unread).toEqual([
      'iptables-nft-save: table nat holds rules that iptables cannot express',
      'iptables-nft-save: table filter holds rules that iptables cannot express',
      'iptables-nft-save: the rules of iptables-legacy are not in the text',
      'iptables-nft-save, line 6: "-F INPUT" is no rule but an order',
      'iptables-nft-save: the head of chain INPUT in table filter is not in the text',
      'iptables-nft-save: the head of chain OURS in table filter is not in the text',
    ]);
  });

  it('takes an empty text for no tables: the legacy tool prints nothing when none is loaded', () => {
    expect(readIptables([{ origin: 'iptables-legacy-save', text: '' }], 'live').tables).toEqual([]);
  });

  it('doubts tables and chains that iptables does not have, and sets without rules', () => {
    const table = '*fliter\n:INPUT DROP [0:0]\nCOMMIT\n';
    const read = (text: string) => readIptables([{ origin: 'f', text }], 'live').unread;
    expect(read(table)).toContain('f: "fliter" is no table of iptables');
    expect(read('*raw\n:INPUT DROP [0:0]\nCOMMIT\n')).toEqual([
      'f: table raw has no chain INPUT that could have a policy',
    ]);
    expect(read('create S hash:net\n')).toEqual(['the rules were not read, only their sets']);
  });

  it('takes names of JavaScript for words that it does not know', () => {
    expect(steps('-p tcp constructor -j ACCEPT')).toContainEqual({
      test: 'opaque',
      text: 'constructor',
    });
  });

  it.each([
    ['a table that does not end', '*filter\n:INPUT DROP [0:0]\n-A INPUT -j ACCEPT\n', 1],
    ['a table in a table', '*filter\n*nat\nCOMMIT\n', 2],
    ['a rule without table', '-A INPUT -j ACCEPT\n', 1],
    ['another text', 'Chain INPUT (policy ACCEPT)\n', 1],
    ['a chain that is none', '*filter\n:INPUT\nCOMMIT\n', 2],
    ['a policy that is none', '*filter\n:INPUT MAYBE [0:0]\nCOMMIT\n', 2],
    ['an open quote', '*filter\n-A INPUT -m comment --comment "x\nCOMMIT\n', 2],
    ['a rule without chain', '*filter\n-A\nCOMMIT\n', 2],
    ['a head without a table', '# Generated by iptables-save v1.8.9\n', 1],
  ])('refuses %s', (_, text, line) => {
    const reading = () => readIptables([{ origin: 'f', text }], 'saved');
    expect(reading).toThrow(PosternError);
    expect(reading).toThrow(`f, line ${line}: this is no iptables text`);
  });
});

describe('tests', () => {
  it('reads addresses with masks, lists and negation', () => {
    expect(steps('-s 10.0.0.0/8 -j ACCEPT')).toEqual([
      source(v4(10, 0, 0, 0), v4(11, 0, 0, 0)),
      ACCEPT,
    ]);
    expect(steps('! -s 192.0.2.0/255.255.255.0')).toEqual([
      { ...source(v4(192, 0, 2, 0), v4(192, 0, 3, 0)), not: true },
    ]);
    expect(steps('-s 192.0.2.1,192.0.2.3')).toEqual([
      source(v4(192, 0, 2, 1), v4(192, 0, 2, 2), v4(192, 0, 2, 3), v4(192, 0, 2, 4)),
    ]);
    expect(steps('-s 0.0.0.0/0 -j ACCEPT')).toEqual([ACCEPT]);
    expect(steps('! -s 0.0.0.0/0 -j ACCEPT')).toEqual([NEVER, ACCEPT]);
  });

  it('takes masks of scattered bits apart, up to a bound', () => {
    expect(steps('-s 10.0.0.1/255.255.254.255')).toEqual([
      source(v4(10, 0, 0, 1), v4(10, 0, 0, 2), v4(10, 0, 1, 1), v4(10, 0, 1, 2)),
    ]);
    expect(steps('-s 10.0.0.1/0.0.0.255')).toEqual([
      { test: 'opaque', text: '-s 10.0.0.1/0.0.0.255' },
    ]);
  });

  it('keeps a host name as what cannot be told', () => {
    expect(steps('-s example.org -j ACCEPT')).toEqual([
      { test: 'opaque', text: '-s example.org' },
      ACCEPT,
    ]);
  });

  it('reads IPv6 addresses, mapped ones too', () => {
    const [test] = steps6('-s ::ffff:192.0.2.1');
    const value = 0xffff_c000_0201n;
    expect(test).toEqual({
      test: 'address',
      field: 'source',
      in: { family: 6, ranges: [value, value + 1n] },
    });
  });

  it.each([
    ['-i eth0', { test: 'name', field: 'in-device', in: ['eth0'] }],
    ['! -i eth+', { test: 'name', field: 'in-device', in: ['eth*'], not: true }],
    ['-o docker0', { test: 'name', field: 'out-device', in: ['docker0'] }],
    ['-p tcp', TCP],
    ['! -p 17', { ...UDP, not: true }],
    ['-f', { ...NEVER, odd: true }],
    [
      '-m conntrack --ctstate NEW,RELATED',
      { test: 'name', field: 'state', in: ['new', 'related'] },
    ],
    ['-m conntrack --ctstate DNAT', { test: 'name', field: 'status', in: ['dnat'] }],
    ['-m conntrack --ctdir ORIGINAL', { test: 'name', field: 'direction', in: ['original'] }],
    ['-m iprange --src-range 192.0.2.1-192.0.2.9', source(v4(192, 0, 2, 1), v4(192, 0, 2, 10))],
    ['-m mark --mark 0x1', { test: 'number', field: 'mark', in: [1, 2] }],
    [
      '-m connmark ! --mark 0x1/0xff',
      { test: 'number', field: 'connection-mark', mask: 255, in: [1, 2], not: true },
    ],
    ['-m addrtype --dst-type LOCAL', { test: 'name', field: 'destination-type', in: ['local'] }],
    ['-m pkttype --pkt-type unicast', { test: 'name', field: 'packet-type', in: ['host'] }],
    ['-m connlimit --connlimit-above 0', undefined],
    ['-m connlimit --connlimit-upto 0', NEVER],
    ['-m recent --set --name x', undefined],
    ['-m recent ! --set --name x', NEVER],
    ['-m rt --rt-type 0', { ...NEVER, odd: true }],
  ])('reads %s', (text, test) => {
    expect(steps(text)).toEqual(test === undefined ? [] : [test]);
  });

  it.each([
    ['-m limit --limit 5/sec', false],
    ['-m rpfilter --validmark', false],
    ['-m rpfilter --loose --invert', true],
    ['-p tcp -m hashlimit --hashlimit-upto 5/sec --hashlimit-name x', false],
    ['-p tcp -m hashlimit --hashlimit-above 5/sec --hashlimit-name x', true],
    ['-p tcp -m hashlimit ! --hashlimit-upto 5/sec --hashlimit-name x', true],
    ['-p tcp -m connlimit --connlimit-above 5', true],
    ['-p tcp -m connlimit --connlimit-upto 5', false],
    ['-m recent --update --seconds 60 --hitcount 4 --name x', true],
  ])('reads the rate of %s', (text, over) => {
    expect(steps(text).at(-1)).toMatchObject({ test: 'limit', over });
  });

  it('reads ports of all kinds', () => {
    const tcp = (text: string) => steps(`-p tcp ${text}`).slice(1);
    expect(tcp('-m tcp --dport 22')).toEqual([port('destination-port', 22, 23)]);
    expect(tcp('--dport 22')).toEqual([port('destination-port', 22, 23)]);
    expect(tcp('--dport=22')).toEqual([port('destination-port', 22, 23)]);
    expect(tcp('-m state --state NEW --dport 22')).toHaveLength(2);
    expect(tcp('-m tcp ! --sport 1024:')).toEqual([
      { ...port('source-port', 1024, 65_536), not: true },
    ]);
    expect(tcp('-m tcp --dport ! 22')).toEqual([
      { ...port('destination-port', 22, 23), not: true },
    ]);
    expect(tcp('-m multiport --dports 22,80:82,443')).toEqual([
      port('destination-port', 22, 23, 80, 83, 443, 444),
    ]);
    expect(tcp('-m multiport --ports 53')).toEqual([
      {
        test: 'tuple',
        fields: ['source-port', 'destination-port'],
        rows: [
          [{ numbers: [53, 54] }, 'any'],
          ['any', { numbers: [53, 54] }],
        ],
      },
    ]);
    expect(tcp('-m conntrack --ctorigdstport 80')).toEqual([port('original-port', 80, 81)]);
    expect(tcp('--dport ssh')).toEqual([{ test: 'opaque', text: '-m tcp --dport ssh' }]);
  });

  it('doubts two ports that are both not to be, unless the legacy back end saved them', () => {
    const rule = '-A INPUT -p udp -m udp ! --sport 53 ! --dport 22 -j DROP';
    const table = `*filter\n:INPUT ACCEPT [0:0]\n${rule}\nCOMMIT\n`;
    const isSure = (origin: string, head: string) =>
      rulesOf(readIptables([{ origin, text: head + table }], 'live'))[0]?.steps.every(
        (step) => !('test' in step) || step.test !== 'opaque',
      );
    const save = '# Generated by iptables-save v1.8.9';
    expect(isSure('iptables-save', `${save} on Thu Nov 26 04:39:28 2026\n`)).toBe(true);
    expect(isSure('iptables-legacy-save', '')).toBe(true);
    expect(isSure('iptables-save', `${save} (nf_tables) on Thu Nov 26 04:39:28 2026\n`)).toBe(
      false,
    );
    expect(isSure('/etc/iptables/rules.v4', '')).toBe(false);
    expect(steps('-p udp -m udp ! --sport 53:54 ! --dport 22')).toHaveLength(3);
    expect(steps('-p udp -m udp --sport 53 ! --dport 22')).toHaveLength(3);
  });

  it('reads TCP flags and ICMP types', () => {
    expect(steps('-p tcp --syn')).toEqual([TCP, { test: 'tcp-flags', mask: 23, in: [2] }]);
    expect(steps('-p tcp ! --tcp-flags ALL NONE')).toEqual([
      TCP,
      { test: 'tcp-flags', mask: 63, in: [0], not: true },
    ]);
    expect(steps('-p icmp --icmp-type echo-request').at(-1)).toEqual(port('icmp-type', 8, 9));
    expect(steps('-p icmp -m icmp --icmp-type any')).toHaveLength(1);
    expect(steps('-p icmp -m icmp ! --icmp-type 3/4').at(-1)).toMatchObject({
      test: 'tuple',
      not: true,
    });
    expect(steps6('-p ipv6-icmp --icmpv6-type neighbor-solicitation').at(-1)).toEqual(
      port('icmp-type', 135, 136),
    );
  });

  it('writes out the ways in which a state or another thing done to the connection match', () => {
    const state = (...words: readonly string[]) => ({ test: 'name', field: 'state', in: words });
    const dnat = { test: 'name', field: 'status', in: ['dnat'] };
    const ways = (text: string) => rulesOf(readV4(`-A INPUT ${text}`)).map((rule) => rule.steps);
    expect(ways('-m conntrack --ctstate RELATED,DNAT -j ACCEPT')).toEqual([
      [state('related'), ACCEPT],
      [{ ...state('related'), not: true }, dnat, ACCEPT],
    ]);
    expect(ways('-m conntrack ! --ctstate RELATED,DNAT -j ACCEPT')).toEqual([
      [state('invalid', 'untracked'), ACCEPT],
      [state('new', 'established'), { ...dnat, not: true }, ACCEPT],
    ]);
  });

  it('bounds the ways that one rule is written out in', () => {
    const many = Array(40).fill('-m conntrack --ctstate NEW,DNAT').join(' ');
    const rules = rulesOf(readV4(`-A INPUT ${many} -j ACCEPT`, '-I INPUT 2 -j DROP'));
    expect(rules).toHaveLength(9);
    expect(rules[8]?.text).toBe('-I INPUT 2 -j DROP');
    expect(rules[0]?.steps.at(-2)).toMatchObject({ test: 'opaque' });
  });

  it.each([
    '-m string --string "a b" --algo bm',
    '-m owner --uid-owner 0',
    '-m conntrack --ctstatus ASSURED',
    '-m addrtype --dst-type LOCAL --limit-iface-in',
    '-m recent --rcheck --name KNOCK',
    '-m statistic --mode random --probability 0.5',
    '-m tcp --unheard-of 1',
    '-m state --state SOMETIMES',
    '-m set --match-set unknown src',
    '--nonsense',
    '-p',
    'stray words',
  ])('keeps %s as what cannot be told', (text) => {
    const rule = steps(`${text} -j ACCEPT`);
    expect(rule.some((step) => 'test' in step && step.test === 'opaque')).toBe(true);
  });

  it('reads comments with quotes, and the words behind them', () => {
    const [rule] = rulesOf(
      readV4(String.raw`-A INPUT -m comment --comment "a \"b\" -j DROP" -p tcp -j ACCEPT`),
    );
    expect(rule?.comment).toBe('a "b" -j DROP');
    expect(rule?.steps).toEqual([TCP, ACCEPT]);
  });

  it('leaves out rules marked for the other family', () => {
    expect(rulesOf(readV4('-A INPUT -6 -j ACCEPT', '-A INPUT -4 -j DROP'))).toHaveLength(1);
  });
});

describe('targets', () => {
  it.each([
    ['-j USER', { do: 'jump', chain: 'USER' }],
    ['-g USER', { do: 'goto', chain: 'USER' }],
    ['-j REJECT --reject-with tcp-reset', { do: 'reject' }],
    ['-j RETURN', { do: 'return' }],
    ['-j MARK --set-xmark 0x1/0xff', { do: 'set-mark', field: 'mark', and: 0xffffff00, xor: 1 }],
    ['-j MARK --or-mark 0x4', { do: 'set-mark', field: 'mark', and: 0xfffffffb, xor: 4 }],
    ['-j MARK --and-mark 0x4', { do: 'set-mark', field: 'mark', and: 4, xor: 0 }],
    ['-j CONNMARK --set-mark 0x2', { do: 'set-mark', field: 'connection-mark', and: 0, xor: 2 }],
    ['-j CONNMARK --save-mark', { do: 'copy-mark', to: 'connection-mark' }],
    [
      '-j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff',
      { do: 'copy-mark', to: 'mark' },
    ],
    ['-j CT --notrack', { do: 'notrack' }],
    ['-j NFQUEUE --queue-num 0', { do: 'opaque', text: '-j NFQUEUE --queue-num 0' }],
    [
      '-j CONNMARK --save-mark --nfmask 0xff --ctmask 0xff',
      { do: 'opaque', text: '-j CONNMARK --save-mark --nfmask 0xff --ctmask 0xff' },
    ],
    ['-j NOSUCHCHAIN', { do: 'opaque', text: '-j NOSUCHCHAIN' }],
    ['-j LOG --log-prefix "a b" --log-level 4', undefined],
    ['-j TCPMSS --clamp-mss-to-pmtu', undefined],
  ])('reads %s', (text, action) => {
    expect(steps(text)).toEqual(action === undefined ? [] : [action]);
  });

  it('reads translations', () => {
    const to = (address: bigint) => ({ to: { family: 4, ranges: [address, address + 1n] } });
    const web = v4(172, 17, 0, 2);
    expect(natSteps('-p tcp -j DNAT --to-destination 172.17.0.2:80').at(-1)).toEqual({
      do: 'dnat',
      ...to(web),
      ports: [80, 81],
    });
    expect(natSteps('-p tcp -j DNAT --to-destination :8080-8090').at(-1)).toEqual({
      do: 'dnat',
      ports: [8080, 8091],
    });
    expect(natSteps('-j DNAT --to-destination 172.17.0.2 --persistent')).toEqual([
      { do: 'dnat', ...to(web) },
    ]);
    expect(natSteps('-p tcp -j DNAT --to-destination [::1]:80', 'ip6tables-save').at(-1)).toEqual({
      do: 'dnat',
      to: { family: 6, ranges: [1n, 2n] },
      ports: [80, 81],
    });
    expect(natSteps('-p tcp -j REDIRECT --to-ports 3128').at(-1)).toEqual({
      do: 'redirect',
      ports: [3128, 3129],
    });
    expect(natSteps('-j NETMAP --to 10.0.0.0/8')).toMatchObject([{ do: 'opaque' }]);
    expect(natSteps('-j DNAT --to-destination here')).toMatchObject([{ do: 'opaque' }]);
  });
});

describe('sets', () => {
  const RULES =
    '*filter\n:INPUT DROP [0:0]\n-A INPUT -m set --match-set SET src,dst -j ACCEPT\nCOMMIT\n';

  function withSet(set: string, rules = RULES): readonly Step[] {
    const sources = [
      { origin: 'iptables-save', text: rules },
      { origin: 'ipset save', text: set },
    ];
    return rulesOf(readIptables(sources, 'live'))[0]?.steps ?? [];
  }

  it('holds packets against addresses, ports and both', () => {
    expect(
      withSet('create SET hash:net family inet\nadd SET 10.0.0.0/8 timeout 0\nadd SET 192.0.2.1\n'),
    ).toEqual([
      source(v4(10, 0, 0, 0), v4(11, 0, 0, 0), v4(192, 0, 2, 1), v4(192, 0, 2, 2)),
      ACCEPT,
    ]);
    expect(withSet('create SET bitmap:port range 0-65535\nadd SET 22\nadd SET 80-90\n')).toEqual([
      { test: 'number', field: 'protocol', in: [6, 7, 17, 18] },
      port('source-port', 22, 23, 80, 91),
      ACCEPT,
    ]);
    expect(withSet('create SET hash:ip,port family inet\nadd SET 192.0.2.1,tcp:80\n')).toEqual([
      {
        test: 'tuple',
        fields: ['source', 'protocol', 'destination-port'],
        rows: [
          [
            { addresses: { family: 4, ranges: [v4(192, 0, 2, 1), v4(192, 0, 2, 2)] } },
            { numbers: [6, 7] },
            { numbers: [80, 81] },
          ],
        ],
      },
      ACCEPT,
    ]);
    expect(withSet('create SET hash:ip family inet\n')).toEqual([source(), ACCEPT]);
  });

  it('does not guess at what it cannot know', () => {
    const opaque = [{ test: 'opaque', text: '-m set --match-set SET src,dst' }, ACCEPT];
    expect(withSet('create SET hash:net family inet\nadd SET 10.0.0.0/8 nomatch\n')).toEqual(
      opaque,
    );
    expect(withSet('create SET list:set size 8\nadd SET other\n')).toEqual(opaque);
    const changing = RULES.replace('COMMIT', '-A INPUT -j SET --add-set SET src\nCOMMIT');
    expect(withSet('create SET hash:ip family inet\n', changing)).toEqual(opaque);
  });

  it('refuses what is no text of ipset', () => {
    expect(() => withSet('create SET hash:ip\nswap a b\n')).toThrow('ipset save, line 2');
    expect(() => withSet('create SET hash:ip\nadd OTHER 10.0.0.1\n')).toThrow('ipset save, line 2');
  });
});

describe('what the sender chooses', () => {
  it.each([
    ['-m ttl --ttl-eq 255', [255, 256], {}],
    ['-m ttl ! --ttl-eq 1', [1, 2], { not: true }],
    ['-m ttl --ttl-lt 5', [0, 5], {}],
    ['-m ttl --ttl-gt 5', [6, 256], {}],
  ])('%s', (match, range, more) => {
    const test = { test: 'number', field: 'hop-limit', in: range, ...more };
    expect(steps(`${match} -j ACCEPT`)).toEqual([test, ACCEPT]);
  });

  it('cannot be below nothing', () => {
    expect(steps('-m ttl --ttl-lt 0 -j ACCEPT')[0]).toMatchObject({ test: 'opaque' });
    expect(steps6('-m hl --hl-eq 255 -j ACCEPT')[0]).toMatchObject({ field: 'hop-limit' });
  });
});
