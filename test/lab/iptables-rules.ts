import fc from 'fast-check';
import { DEVICES, PLACES, PORTS } from './firewall-packets.ts';

/** A ruleset in the syntax of `iptables-restore`, of both families. */
export interface RuleText {
  readonly iptables: string;
  readonly ip6tables: string;
}

type Family = 4 | 6;
type Text = fc.Arbitrary<string>;
type Rule = fc.Arbitrary<string>;

/** Sets that rules may name, for `ipset restore`. */
export const SETS = [
  'create nets4 hash:net family inet',
  'add nets4 203.0.113.0/26',
  'add nets4 10.1.0.0/16',
  'create nets6 hash:net family inet6',
  'add nets6 2001:db8:9::/121',
  'add nets6 fd12::/32',
  'create services4 hash:ip,port family inet',
  'add services4 203.0.113.9,tcp:22',
  'add services4 10.1.2.3,udp:53',
  'create services6 hash:ip,port family inet6',
  'add services6 2001:db8:9::9,tcp:22',
  'add services6 fd12::3,udp:53',
  'create doors bitmap:port range 0-65535',
  'add doors 22',
  'add doors 80-443',
  '',
].join('\n');

/** A kind of match, by a name to leave it out where a kernel lacks it. */
interface MatchKind {
  readonly name: string;
  readonly weight: number;
  readonly make: (family: Family) => Text;
}

const NOT = fc.constantFrom('', '', '', '! ');
const PORT = fc.constantFrom(...PORTS);
const PORT_RANGE = fc
  .tuple(PORT, PORT)
  .map(([a, b]) => (a === b ? `${a}` : `${Math.min(a, b)}:${Math.max(a, b)}`));
const PORT_LIST = fc
  .uniqueArray(fc.oneof(PORT.map(String), PORT_RANGE), { minLength: 1, maxLength: 5 })
  .map((ports) => ports.join(','));

/** `! ` in front of the option. */
function option(match: string, name: string, value: Text): Text {
  return fc.tuple(NOT, value).map(([not, text]) => `${match} ${not}${name} ${text}`.trim());
}

function addressBlock(family: Family, places: readonly string[]): Text {
  const lengths = family === 4 ? [8, 16, 24, 25, 26, 30, 32] : [16, 32, 48, 64, 112, 121, 128];
  return fc
    .tuple(fc.constantFrom(...places), fc.constantFrom(...lengths))
    .map(([address, length]) => `${address}/${length}`);
}

function everyPlace(family: Family): readonly string[] {
  const { sources, own, others } = PLACES[family];
  return [...sources, ...own, ...others];
}

const PROTOCOLS: Record<Family, Text> = {
  4: fc.constantFrom('-p tcp', '-p udp', '-p icmp', '! -p tcp', '! -p udp'),
  6: fc.constantFrom('-p tcp', '-p udp', '-p ipv6-icmp', '! -p tcp', '! -p udp'),
};

const PORT_MATCH: Text = fc
  .tuple(
    fc.constantFrom('tcp', 'udp'),
    NOT,
    fc.constantFrom('--dport', '--dport', '--sport'),
    PORT_RANGE,
  )
  .map(([protocol, not, side, range]) => `-p ${protocol} -m ${protocol} ${not}${side} ${range}`);

/** Two values that are both not to be are left out: iptables-nft does something else than it says. */
const BOTH_PORTS: Text = fc
  .tuple(fc.constantFrom('tcp', 'udp'), NOT, NOT, fc.constantFrom('1024', '53'), PORT_RANGE)
  .filter(([, from, to, , range]) => from === '' || to === '' || range.includes(':'))
  .map(
    ([protocol, from, to, port, range]) =>
      `-p ${protocol} -m ${protocol} ${from}--sport ${port} ${to}--dport ${range}`,
  );

const MULTIPORT: Text = fc
  .tuple(
    fc.constantFrom('tcp', 'udp'),
    NOT,
    fc.constantFrom('--dports', '--dports', '--sports', '--ports'),
    PORT_LIST,
  )
  .map(([protocol, not, side, list]) => `-p ${protocol} -m multiport ${not}${side} ${list}`);

const FLAGS = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG'];
const TCP_FLAGS: Text = fc.oneof(
  NOT.map((not) => `-p tcp -m tcp ${not}--tcp-flags FIN,SYN,RST,ACK SYN`),
  fc
    .tuple(NOT, fc.subarray(FLAGS, { minLength: 1 }), fc.subarray(FLAGS))
    .map(([not, mask, set]) => {
      const held = set.filter((flag) => mask.includes(flag)).join(',') || 'NONE';
      return `-p tcp -m tcp ${not}--tcp-flags ${mask.join(',')} ${held}`;
    }),
);

function states(option_: string): Text {
  const words = ['NEW', 'ESTABLISHED', 'RELATED', 'INVALID', 'UNTRACKED'];
  const all = option_ === '--state' ? words : [...words, 'DNAT', 'SNAT'];
  return fc.subarray(all, { minLength: 1 }).map((some) => some.join(','));
}

const MARK_VALUE = fc.constantFrom('0x0', '0x1', '0x2', '0x1/0x1', '0x0/0x2', '0x4/0xf');

/** Matches on what the packet itself is; every one of them is understood. */
const MATCHES: readonly MatchKind[] = [
  { name: 'protocol', weight: 3, make: (family) => PROTOCOLS[family] },
  {
    name: 'source',
    weight: 4,
    make: (family) => option('', '-s', addressBlock(family, PLACES[family].sources)),
  },
  {
    name: 'destination',
    weight: 2,
    make: (family) => option('', '-d', addressBlock(family, everyPlace(family))),
  },
  {
    name: 'device',
    weight: 3,
    make: () =>
      fc.oneof(
        option('', '-i', fc.constantFrom(...DEVICES, 'eth+', 'lo', 'wg+')),
        fc.constant('-i +'),
      ),
  },
  { name: 'port', weight: 6, make: () => PORT_MATCH },
  { name: 'both ports', weight: 2, make: () => BOTH_PORTS },
  { name: 'multiport', weight: 3, make: () => MULTIPORT },
  { name: 'flags', weight: 1, make: () => TCP_FLAGS },
  { name: 'state', weight: 1, make: () => option('-m state', '--state', states('--state')) },
  {
    name: 'conntrack',
    weight: 3,
    make: () => option('-m conntrack', '--ctstate', states('--ctstate')),
  },
  {
    name: 'original',
    weight: 1,
    make: (family) =>
      fc.oneof(
        option('-p tcp -m conntrack', '--ctorigdstport', PORT_RANGE),
        option('-m conntrack', '--ctorigdst', addressBlock(family, everyPlace(family))),
        option('-m conntrack', '--ctproto', fc.constantFrom('6', '17')),
        fc.constantFrom('-m conntrack --ctdir ORIGINAL', '-m conntrack --ctdir REPLY'),
      ),
  },
  {
    name: 'iprange',
    weight: 1,
    make: (family) => {
      const range = family === 4 ? '10.0.0.0-203.0.113.9' : '2001:db8:9::-2001:db8:9::20';
      const other = family === 4 ? '192.0.2.0-198.51.100.255' : 'fd00::-fd12::ffff';
      return option('-m iprange', '--src-range', fc.constantFrom(range, other));
    },
  },
  { name: 'mark', weight: 2, make: () => option('-m mark', '--mark', MARK_VALUE) },
  { name: 'connmark', weight: 1, make: () => option('-m connmark', '--mark', MARK_VALUE) },
  {
    name: 'addrtype',
    weight: 1,
    make: () =>
      option('-m addrtype', '--dst-type', fc.constantFrom('LOCAL', 'UNICAST', 'MULTICAST')),
  },
  {
    name: 'pkttype',
    weight: 1,
    make: () => option('-m pkttype', '--pkt-type', fc.constantFrom('unicast', 'broadcast')),
  },
  {
    name: 'limit',
    weight: 1,
    make: () => fc.constant('-m limit --limit 1000/sec --limit-burst 10000'),
  },
  {
    name: 'hashlimit',
    weight: 1,
    make: () =>
      fc
        .tuple(fc.constantFrom('upto', 'above'), fc.integer({ min: 0, max: 999_999 }))
        .map(
          ([way, name]) =>
            `-m hashlimit --hashlimit-${way} 1000/sec --hashlimit-burst 1000 --hashlimit-mode srcip --hashlimit-name h${name}`,
        ),
  },
  {
    name: 'connlimit',
    weight: 1,
    make: () =>
      fc.constantFrom(
        '-p tcp -m connlimit --connlimit-above 1000',
        '-p tcp -m connlimit --connlimit-upto 1000',
      ),
  },
  {
    name: 'icmp',
    weight: 1,
    make: (family) =>
      family === 4
        ? option('-p icmp -m icmp', '--icmp-type', fc.constantFrom('8', '13', '3/4', 'any'))
        : option('-p ipv6-icmp -m icmp6', '--icmpv6-type', fc.constantFrom('128', '129', '1/4')),
  },
  {
    name: 'set',
    weight: 2,
    make: (family) =>
      fc.oneof(
        NOT.map((not) => `-m set ${not}--match-set nets${family} src`),
        fc.constantFrom(
          `-m set --match-set services${family} src,dst`,
          '-m set --match-set doors dst',
          '-m set ! --match-set doors dst',
        ),
      ),
  },
  {
    name: 'fragment',
    weight: 1,
    make: (family) => fc.constant(family === 4 ? '-f' : '-m rt --rt-type 0'),
  },
];

/** What may stand once in a rule: an option of iptables itself, a match, and the protocol. */
function onlyOnce(texts: readonly string[]): string {
  const seen = new Set<string>();
  const kept = texts.filter((text) => {
    const claims = text.match(/(^|(?<= ))-(m \S+|[psdif])(?= |$)/g) ?? [];
    if (claims.some((claim) => seen.has(claim))) return false;
    for (const claim of claims) seen.add(claim);
    return true;
  });
  return kept.join(' ');
}

function matches(family: Family, lacking: ReadonlySet<string>): Text {
  const kinds = MATCHES.filter(({ name }) => !lacking.has(name));
  const one = fc.oneof(...kinds.map(({ weight, make }) => ({ weight, arbitrary: make(family) })));
  return fc.array(one, { maxLength: 3 }).map(onlyOnce);
}

interface TableShape {
  readonly name: string;
  readonly chains: readonly string[];
  /** What rules of the table may do, besides going to user chains. */
  readonly targets: (family: Family) => Text;
}

const MARKING: Text = fc.constantFrom(
  '-j MARK --set-xmark 0x1/0xffffffff',
  '-j MARK --set-xmark 0x2/0x3',
  '-j MARK --or-mark 0x4',
  '-j MARK --and-mark 0x1',
  '-j CONNMARK --set-xmark 0x1/0xffffffff',
  '-j CONNMARK --save-mark',
  '-j CONNMARK --restore-mark',
);
const VERDICT: Text = fc.constantFrom('-j ACCEPT', '-j ACCEPT', '-j DROP', '-j DROP', '-j RETURN');
const REFUSAL: Text = fc.constantFrom(
  '-j REJECT',
  '-j DROP',
  '-j ACCEPT',
  '-j ACCEPT',
  '-j RETURN',
);

const TABLES: readonly TableShape[] = [
  {
    name: 'raw',
    chains: ['PREROUTING'],
    targets: () =>
      fc.oneof({ weight: 4, arbitrary: VERDICT }, fc.constant('-j CT --notrack'), MARKING),
  },
  {
    name: 'mangle',
    chains: ['PREROUTING', 'INPUT', 'FORWARD'],
    targets: () => fc.oneof({ weight: 3, arbitrary: MARKING }, VERDICT),
  },
  {
    name: 'nat',
    chains: ['PREROUTING'],
    targets: (family) =>
      fc.oneof(
        { weight: 3, arbitrary: translation(family) },
        fc.constantFrom('-j ACCEPT', '-j RETURN'),
      ),
  },
  {
    name: 'filter',
    chains: ['INPUT', 'FORWARD'],
    targets: () => fc.oneof({ weight: 4, arbitrary: REFUSAL }, MARKING),
  },
  { name: 'security', chains: ['INPUT'], targets: () => VERDICT },
];

function translation(family: Family): Text {
  const { own, others } = PLACES[family];
  const wrap = (address: string) => (family === 4 ? address : `[${address}]`);
  const place = fc.constantFrom(...own, ...others.slice(0, 2));
  const withPort = fc.tuple(fc.constantFrom('tcp', 'udp'), place, PORT);
  return fc.oneof(
    place.map((address) => `-j DNAT --to-destination ${address}`),
    withPort.map(
      ([protocol, address, port]) =>
        `-p ${protocol} -j DNAT --to-destination ${wrap(address)}:${port}`,
    ),
    fc
      .tuple(fc.constantFrom('tcp', 'udp'), PORT)
      .map(([protocol, port]) => `-p ${protocol} -j REDIRECT --to-ports ${port}`),
    fc
      .tuple(fc.constantFrom('tcp', 'udp'), PORT)
      .map(([protocol, port]) => `-p ${protocol} -j DNAT --to-destination :${port}`),
  );
}

const USER_CHAINS = ['ONE', 'TWO', 'THREE'];

/** A rule of the chain: it may go on to user chains behind its own, so that no way leads in a circle. */
function rule(
  chain: string,
  shape: TableShape,
  family: Family,
  lacking: ReadonlySet<string>,
): Rule {
  const onward = USER_CHAINS.slice(USER_CHAINS.indexOf(chain) + 1);
  const jump =
    onward.length === 0
      ? []
      : [
          {
            weight: 1,
            arbitrary: fc.constantFrom(...onward.flatMap((to) => [`-j ${to}`, `-g ${to}`])),
          },
        ];
  const target = fc.oneof({ weight: 4, arbitrary: shape.targets(family) }, ...jump);
  return fc
    .tuple(matches(family, lacking), target)
    .map(([tests, action]) => ruleText(chain, tests, action));
}

/** An action that names its protocol takes the place of the tests' one. */
function ruleText(chain: string, tests: string, action: string): string {
  const own = action.startsWith('-p ') && /(^| )-p /.test(tests) ? '' : tests;
  return ['-A', chain, own, action].filter((part) => part !== '').join(' ');
}

function chainRules(
  chain: string,
  shape: TableShape,
  family: Family,
  lacking: ReadonlySet<string>,
): fc.Arbitrary<string[]> {
  const most = USER_CHAINS.includes(chain) ? 3 : 6;
  return fc.array(rule(chain, shape, family, lacking), { maxLength: most });
}

function table(shape: TableShape, family: Family, lacking: ReadonlySet<string>): Text {
  const chains = [...shape.chains, ...USER_CHAINS];
  const policy = fc.constantFrom('ACCEPT', 'DROP');
  // In the nat table a policy of DROP would drop what nothing translates.
  const policies = shape.chains.map(() =>
    ['filter'].includes(shape.name) ? policy : fc.constant('ACCEPT'),
  );
  const rules = chains.map((chain) => chainRules(chain, shape, family, lacking));
  return fc
    .tuple(fc.tuple(...policies), fc.tuple(...rules))
    .map(([chosen, written]) =>
      [
        `*${shape.name}`,
        ...shape.chains.map((chain, at) => `:${chain} ${chosen[at]} [0:0]`),
        ...USER_CHAINS.map((chain) => `:${chain} - [0:0]`),
        ...written.flat(),
        'COMMIT',
        '',
      ].join('\n'),
    );
}

function tables(family: Family, lacking: ReadonlySet<string>): Text {
  const parts = TABLES.filter(({ name }) => !lacking.has(name)).map((shape) =>
    shape.name === 'filter'
      ? table(shape, family, lacking)
      : fc.oneof({ weight: 2, arbitrary: fc.constant('') }, table(shape, family, lacking)),
  );
  return fc.tuple(...parts).map((texts) => texts.join(''));
}

/** Rulesets that are understood whole. `lacking`: matches and tables that the kernel has not. */
export function arbitraryRules(lacking: ReadonlySet<string>): fc.Arbitrary<RuleText> {
  return fc.record({ iptables: tables(4, lacking), ip6tables: tables(6, lacking) });
}

/** A ruleset for each optional piece, to find out whether a kernel has it. */
export function probes(): readonly { readonly name: string; readonly iptables: string }[] {
  const pieces = MATCHES.map(({ name, make }) => {
    const [text] = fc.sample(make(4), { numRuns: 1, seed: 1 });
    return { name, iptables: `*filter\n-A INPUT ${text} -j ACCEPT\nCOMMIT\n` };
  });
  const places = TABLES.map(({ name }) => ({ name, iptables: `*${name}\nCOMMIT\n` }));
  return [...pieces, ...places];
}
