import fc from 'fast-check';
import { PLACES, PORTS } from './firewall-packets.ts';

type Text = fc.Arbitrary<string>;

/** Joins texts and generators of texts: `t\`tcp dport ${port}\``. */
function t(strings: TemplateStringsArray, ...parts: readonly (Text | string)[]): Text {
  const texts = parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part));
  return fc
    .tuple(...texts)
    .map((values) => strings.map((string, at) => string + (values[at] ?? '')).join(''));
}

function pick(...texts: readonly string[]): Text {
  return fc.constantFrom(...texts);
}

/** Some of the values in braces, each once; intervals that overlap are refused by nft. */
function braces(...texts: readonly string[]): Text {
  return fc.subarray([...texts], { minLength: 1 }).map((values) => `{ ${values.join(', ')} }`);
}

const not = pick('', '', '', '!= ');

const port = pick(...PORTS.slice(0, 8).map(String));
const ports = fc.oneof(
  port,
  pick('20-60', '80-90', '0-443', '443-65535', '1024-65535'),
  braces('22', '53-90', '443', '5432', '8000-9000'),
  pick('@ports'),
);
/** What no packet matches (`tcp dport < 22 tcp dport > 443`) nft 1.0.6 lists as `!= 22-443`. */
const LISTED_OTHERWISE = /(\S+ \S+) < (?:.* )?\1 > /;
const compared = t`${pick('<', '>', '<=', '>=')} ${port}`;

const address4 = fc.oneof(
  pick('203.0.113.9', '10.1.2.3', '192.0.2.0/24', '198.51.100.0/25', '0.0.0.0/0', '128.0.0.0/1'),
  pick('192.168.0.0-203.0.113.8', '10.0.0.0-10.255.255.255'),
  braces('10.0.0.0/8', '172.17.0.2', '192.0.2.0-192.0.2.99', '203.0.113.9', '198.51.100.0/24'),
  pick('@a4'),
);
const address6 = fc.oneof(
  pick('2001:db8:9::9', '2001:db8::/64', '2001:db8::/32', '::/1', 'fd00::/8'),
  pick('2001:db8::1-2001:db8:1::8'),
  braces('2001:db8:9::/64', 'fd12::3', '2001:db8::', '2001:db8::1-2001:db8::99'),
  pick('@a6'),
);
const OWN_V4 = PLACES[4].own;
const OWN_V6 = PLACES[6].own;
const own4 = fc.oneof(pick(...OWN_V4, '192.0.2.0/24', '172.17.0.0/16'), braces(...OWN_V4));
const own6 = fc.oneof(pick(...OWN_V6, 'fd00:17::/64'), braces(...OWN_V6));
const device = fc.oneof(
  pick('"eth0"', '"eth1"', '"docker0"', '"eth*"', '"gone0"', '"lo"'),
  braces('"eth0"', '"docker*"', '"lo"', '"gone0"'),
);

/** Of any packet. */
const ANY: readonly Text[] = [
  t`iifname ${not}${device}`,
  t`iif ${not}${pick('"eth0"', '"eth1"', '"lo"')}`,
  t`ct state ${pick('new', 'established,related', 'invalid', '!= new', '! established', 'untracked', 'new,untracked')}`,
  t`ct state ${not}${braces('new', 'established', 'untracked', 'invalid')}`,
  t`ct direction ${pick('original', 'reply', '!= reply')}`,
  t`ct status ${pick('dnat', 'snat', 'dnat,snat', '& dnat == dnat', '! dnat')}`,
  t`ct mark ${not}${pick('0', '1', '3', '1-7')}`,
  t`meta mark ${not}${pick('0', '1', '5', '2-9', '{ 0, 4 }', '@marks')}`,
  t`meta mark & ${pick('0x1', '0x6', '0xff')} ${pick('== 0', '!= 0', '== 1', '== 4', '{ 0, 2 }')}`,
  t`meta pkttype ${not}${pick('host', 'multicast', '{ broadcast, multicast }')}`,
  t`fib daddr type ${not}${pick('local', 'unicast', '{ local, broadcast }')}`,
  t`fib saddr type ${not}${pick('unicast', 'local')}`,
  pick('limit rate 100000/second burst 100000 packets'),
  pick('limit rate over 100000/second burst 100000 packets'),
  pick('counter'),
  pick('meta mark . iifname { 0 . "eth0", 1-4 . "eth1" }'),
];

/** Of any transport. */
const ANY_PROTOCOL: readonly Text[] = [
  t`meta l4proto ${not}${pick('tcp', 'udp', 'icmp', 'ipv6-icmp')}`,
  t`meta l4proto ${not}${braces('tcp', 'udp', 'icmp', 'ipv6-icmp')}`,
];

const V4: readonly Text[] = [
  t`ip saddr ${not}${address4}`,
  t`ip daddr ${not}${own4}`,
  t`ip saddr ${pick('<', '>=')} ${pick('192.168.1.5', '172.17.0.2')}`,
  t`ip saddr & 255.255.0.0 == 198.51.0.0`,
  t`ct original ip daddr ${not}${pick(...OWN_V4, '192.0.2.0/24')}`,
  t`iifname . ip saddr ${not}${braces('"eth0" . 203.0.113.0/24', '"eth1" . 198.51.100.7', '"docker0" . 10.0.0.0-10.127.255.255')}`,
  t`ip saddr . ip daddr ${not}${braces('203.0.113.9 . 192.0.2.1', '10.0.0.0/8 . 192.0.2.0/24', '198.51.100.7 . 198.51.100.1')}`,
];

const V6: readonly Text[] = [
  t`ip6 saddr ${not}${address6}`,
  t`ip6 daddr ${not}${own6}`,
  t`iifname . ip6 saddr ${not}${braces('"eth0" . 2001:db8:9::/64', '"eth1" . 2001:db8:1::7', '"docker0" . fd12::/32')}`,
];

function ofPorts(protocol: string): readonly Text[] {
  return [
    t`${protocol} dport ${not}${ports}`,
    t`${protocol} dport ${not}${ports}`,
    t`${protocol} dport ${compared}`,
    t`${protocol} sport ${not}${pick('1024', '1024-40000', '53')}`,
    t`${protocol} dport & 0x1 == ${pick('0', '1')}`,
    t`iifname . ${protocol} dport ${not}${braces('"eth0" . 22', '"eth1" . 80-443', '"docker0" . 5432', '"eth0" . 8080')}`,
    t`ct state . ${protocol} dport ${not}${braces('new . 22', 'established . 80', 'new . 443')}`,
    t`${protocol} dport . meta mark ${not}${braces('22 . 0', '80 . 1', '443 . 0', '53 . 5')}`,
  ];
}

const TCP_FLAGS: readonly Text[] = [
  t`tcp flags ${pick('syn', 'ack', 'syn,ack', '== syn', '!= syn', '! ack', 'syn / syn,ack', '!= syn / fin,syn,rst,ack', '& (fin | syn) == syn', '!= 0x0', '{ syn, ack }')}`,
];

const TH: readonly Text[] = [
  t`meta l4proto { tcp, udp } th dport ${not}${ports}`,
  t`meta l4proto . th dport ${braces('tcp . 22', 'udp . 53', 'tcp . 80-443', 'udp . 5000-9000')}`,
];

const V4_PORTS: readonly Text[] = [
  t`ip saddr . tcp dport ${not}${fc.oneof(braces('203.0.113.9 . 22', '10.0.0.0/8 . 80-90', '198.51.100.7 . 443'), pick('@pairs'))}`,
];
const ICMP: readonly Text[] = [
  t`icmp type ${not}${fc.oneof(pick('echo-request', 'echo-reply'), braces('echo-request', 'time-exceeded'))}`,
];
const ICMPV6: readonly Text[] = [
  t`icmpv6 type ${not}${fc.oneof(pick('echo-request', 'nd-redirect'), braces('echo-request', 'packet-too-big'))}`,
];

/** Tests that nft takes together: it refuses a rule of two families or protocols. */
const FLAVOURS: Readonly<Record<'ip' | 'ip6' | 'inet', readonly (readonly Text[])[]>> = (() => {
  const neutral = [
    [...ANY, ...ANY_PROTOCOL],
    [...ANY, ...ofPorts('tcp'), ...TCP_FLAGS],
    [...ANY, ...ofPorts('udp')],
    [...ANY, ...TH],
  ];
  const four = [
    [...ANY, ...ANY_PROTOCOL, ...V4, t`ip protocol ${not}${pick('tcp', 'udp', '{ tcp, icmp }')}`],
    [...V4, ...ofPorts('tcp'), ...V4_PORTS],
    [...V4, ...ofPorts('udp')],
    [...ANY, ...V4, ...ICMP],
  ];
  const six = [
    [
      ...ANY,
      ...ANY_PROTOCOL,
      ...V6,
      t`ip6 nexthdr ${not}${pick('tcp', 'udp', '{ tcp, ipv6-icmp }')}`,
    ],
    [...V6, ...ofPorts('tcp')],
    [...V6, ...ofPorts('udp')],
    [...ANY, ...V6, ...ICMPV6],
  ];
  const either = [
    [
      ...ANY,
      ...ANY_PROTOCOL,
      t`meta nfproto ${pick('ipv4', 'ipv6', '!= ipv4')}`,
      t`meta protocol ${pick('ip', 'ip6', '{ ip, arp }')}`,
    ],
  ];
  return {
    ip: [...neutral, ...four],
    ip6: [...neutral, ...six],
    inet: [...neutral, ...either, ...four, ...six],
  };
})();

const MARKING: readonly Text[] = [
  t`meta mark set ${pick('1', '0x4', 'meta mark | 0x1', 'meta mark & 0xfe', 'meta mark ^ 0x3', 'ct mark', '(meta mark & 0xf0) | 0x5')}`,
  t`ct mark set ${pick('1', 'meta mark', 'ct mark | 0x2', 'meta mark & 0x1')}`,
  pick('meta mark set iifname map { "eth0" : 1, "eth1" : 4 }'),
];

/** What a chain may do, by the chains that it may call. */
function actions(targets: readonly string[], canReject: boolean): Text {
  const calls =
    targets.length === 0
      ? []
      : [t`jump ${pick(...targets)}`, t`jump ${pick(...targets)}`, t`goto ${pick(...targets)}`];
  return fc.oneof(
    pick(
      'accept',
      'drop',
      'accept',
      'drop',
      'return',
      'continue',
      ...(canReject ? ['reject'] : []),
    ),
    ...MARKING,
    ...calls,
  );
}

/** Verdict maps, which end a rule. */
function maps(family: 'ip' | 'ip6' | 'inet', targets: readonly string[]): Text {
  const verdicts = [
    'accept',
    'drop',
    'continue',
    'return',
    ...targets.flatMap((name) => [`jump ${name}`, `goto ${name}`]),
  ];
  const rows = (...keys: readonly string[]): Text =>
    fc
      .subarray([...keys], { minLength: 1 })
      .chain((some) => fc.tuple(...some.map((key) => t`${key} : ${pick(...verdicts)}`)))
      .map((all) => `{ ${all.join(', ')} }`);
  const address =
    family === 'ip6'
      ? []
      : [
          t`ip saddr vmap ${rows('203.0.113.9', '10.0.0.0/8', '198.51.100.0/24', '192.168.1.4-192.168.1.6')}`,
        ];
  return fc.oneof(
    t`tcp dport vmap ${rows('22', '53', '80-443', '5000-9000')}`,
    t`tcp dport vmap ${rows('22', '80', '*')}`,
    t`udp dport vmap ${rows('53', '22-50', '443')}`,
    t`ct state vmap ${rows('new', 'established', 'invalid', 'untracked')}`,
    t`iifname vmap ${rows('"eth0"', '"eth1"', '"docker0"')}`,
    t`meta l4proto vmap ${rows('tcp', 'udp', 'icmp', 'ipv6-icmp')}`,
    t`meta mark vmap ${rows('0', '1', '4-9')}`,
    t`meta protocol vmap ${rows('ip', 'ip6', 'arp')}`,
    ...(family === 'inet' ? [t`meta nfproto vmap ${rows('ipv4', 'ipv6')}`] : []),
    t`meta mark & 0x5 vmap ${rows('0', '1', '4')}`,
    t`meta l4proto . th dport vmap ${rows('tcp . 22', 'udp . 53', 'tcp . 80-443')}`,
    t`iifname . tcp dport vmap ${rows('"eth0" . 22', '"eth1" . 80', '"docker0" . 5432')}`,
    t`tcp flags vmap ${rows('syn', 'ack', 'syn | ack')}`,
    ...(targets.length > 1 ? [pick('tcp dport vmap @verdicts')] : []),
    ...address,
  );
}

function rules(
  family: 'ip' | 'ip6' | 'inet',
  targets: readonly string[],
  canReject: boolean,
  most: number,
): Text {
  const plain = fc.oneof(
    ...FLAVOURS[family].map(
      (tests) =>
        t`${fc
          .array(fc.oneof(...tests), { maxLength: 3 })
          .map((all) => all.join(' '))
          .filter((text) => !LISTED_OTHERWISE.test(text))} ${actions(targets, canReject)}`,
    ),
  );
  const rule = fc.oneof(
    { arbitrary: plain, weight: 6 },
    { arbitrary: maps(family, targets), weight: 1 },
  );
  return fc.array(rule, { maxLength: most }).map((all) => all.join('\n'));
}

/** Translations to the host's other ports and to the container, of one family each. */
function translations(family: 'ip' | 'ip6' | 'inet'): Text {
  const four = [
    t`tcp dport ${port} dnat ip to ${pick('172.17.0.2', '172.17.0.2:80', '192.0.2.1:443', '172.17.0.2-172.17.0.2:80')}`,
    t`ip daddr ${own4} udp dport ${port} dnat ip to ${pick('172.17.0.2:53', '198.51.100.1:53')}`,
    t`dnat ip to tcp dport map { 80 : 172.17.0.2, 443 : 192.0.2.1 }`,
    t`dnat ip addr . port to tcp dport map { 80 : 172.17.0.2 . 8080, 22 : 192.0.2.1 . 5432 }`,
  ];
  const six = [
    t`tcp dport ${port} dnat ip6 to ${pick('[fd00:17::2]:80', 'fd00:17::2', '[2001:db8::1]:443')}`,
  ];
  const all = [
    t`tcp dport ${ports} redirect to :${port}`,
    t`udp dport ${ports} redirect to :${port}`,
    t`iifname ${device} meta l4proto tcp redirect to :tcp dport map { 22 : 80, 443 : 5432 }`,
    t`tcp dport ${ports} ${pick('accept', 'return')}`,
    ...(family === 'ip6' ? [] : four),
    ...(family === 'ip' ? [] : six),
  ];
  return fc.array(fc.oneof(...all), { maxLength: 4 }).map((some) => some.join('\n'));
}

const SETS = `
set ports { type inet_service; flags interval; elements = { 22, 80-90, 5432 } }
set marks { type mark; elements = { 1, 4 } }
set a4 { type ipv4_addr; flags interval; auto-merge; elements = { 10.0.0.0/8, 198.51.100.0/24, 198.51.100.7, 203.0.113.9 } }
set a6 { type ipv6_addr; flags interval; elements = { 2001:db8:9::/64, fd12::3 } }
set pairs { type ipv4_addr . inet_service; flags interval; elements = { 203.0.113.0/24 . 20-30, 10.1.2.3 . 80 } }
`;

function chain(name: string, hook: Text | string, body: Text): Text {
  return t`chain ${name} {\n${hook}\n${body}\n}\n`;
}

function table(name: string): Text {
  return pick('inet', 'inet', 'ip', 'ip6').chain((word) => {
    const family = word as 'inet' | 'ip' | 'ip6';
    const policy = pick('accept', 'accept', 'drop');
    const hook = (point: string, ...priorities: readonly string[]) =>
      t`type filter hook ${point} priority ${pick(...priorities)}; policy ${policy};`;
    const maybe = (text: Text): Text => fc.oneof(pick(''), text);
    return t`table ${family} ${name} {
${SETS}
map verdicts { type inet_service : verdict; elements = { 22 : accept, 53 : jump c1, 443 : goto c2, 8080 : drop } }
${chain('c2', '', rules(family, [], true, 3))}
${chain('c1', '', rules(family, ['c2'], true, 3))}
${chain('c0', '', rules(family, ['c1', 'c2'], true, 4))}
${chain('in', hook('input', '0', '-10', 'filter + 5', 'mangle'), rules(family, ['c0', 'c1', 'c2'], true, 7))}
${maybe(chain('forth', hook('forward', '0', '10'), t`${fc.array(t`oifname ${not}${device} ${pick('accept', 'drop', 'meta mark set 2')}`, { maxLength: 2 }).map((all) => all.join('\n'))}\n${rules(family, ['c0', 'c1'], true, 4)}`))}
${maybe(chain('pre', hook('prerouting', 'raw', 'mangle', '-110', '0'), rules(family, ['c1'], false, 3)))}
${maybe(chain('raw', 'type filter hook prerouting priority raw; policy accept;', t`${rules(family, [], false, 1)}\ntcp dport ${port} notrack`))}
${maybe(chain('nat', t`type nat hook prerouting priority ${pick('dstnat', '-110')}; policy accept;`, translations(family)))}
}
`;
  });
}

/** Rulesets as `nft -f` takes them, of one to three tables. */
export const rulesets: Text = fc.oneof(
  table('t0'),
  t`${table('t0')}${table('t1')}`,
  t`${table('t0')}${table('t1')}${table('t2')}`,
);
