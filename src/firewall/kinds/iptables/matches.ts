import { ownValue } from '../../../model/own-value.ts';
import type { AddressField, Family, NumberField, Test } from '../../layer.ts';
import { includes, type Ranges } from '../../ranges.ts';
import { readAddressList, readAddressRange } from './addresses.ts';
import { addressesOf, addressPortsOf, type IpSets, portsOf } from './ipset.ts';
import {
  ALWAYS,
  addresses,
  type Either,
  limit,
  masked,
  NEVER,
  names,
  numbers,
  ODD,
  one,
  opaque,
  type Piece,
  portList,
  portPair,
  tuple,
} from './tests.ts';
import { flagsOf, icmpOf, maskedMarkOf, protocolOf } from './words.ts';

/** An option of a match with what it was given. */
export interface Given {
  readonly option: string;
  readonly not: boolean;
  readonly values: readonly string[];
}

export interface Context {
  readonly family: Family;
  readonly sets: IpSets;
  /** Sets that rules change while packets pass (`-j SET`): what they hold is not known. */
  readonly changing: ReadonlySet<string>;
  /** Whether iptables-nft may have loaded the rules. */
  readonly nft: boolean;
  /** The one that the rule is for, where it names one. */
  readonly protocol?: number;
}

/** A match extension of iptables-extensions(8). */
export interface Match {
  /** How many words follow each option. */
  readonly takes: Readonly<Record<string, number>>;
  /** `text` is the whole match, for what is not understood. */
  build(given: readonly Given[], context: Context, text: string): readonly Piece[];
}

/** Null: not understood. */
type Reader = (value: string, not: boolean, context: Context) => readonly Piece[] | null;

/** A match whose options each are a test of one value. */
function options(readers: Readonly<Record<string, Reader>>): Match {
  return {
    takes: Object.fromEntries(Object.keys(readers).map((option) => [option, 1])),
    build: (given, context, text) =>
      given.flatMap(
        ({ option, not, values: [value = ''] }) =>
          readers[option]?.(value, not, context) ?? opaque(text),
      ),
  };
}

/** A match that is known and whose test cannot be answered. */
function unanswerable(takes: Match['takes']): Match {
  return { takes, build: (_given, _context, text) => opaque(text) };
}

/** A match on a part that a whole packet without extension headers does not have. */
function absent(takes: Match['takes']): Match {
  return { takes, build: () => ODD };
}

function portTest(field: NumberField, value: string, not: boolean): readonly Test[] | null {
  const pair = portPair(value);
  return pair && numbers(field, [pair[0], pair[1] + 1], not);
}

function port(field: NumberField): Reader {
  return (value, not) => portTest(field, value, not);
}

function ports(field: NumberField): Reader {
  return (value, not) => {
    const list = portList(value);
    return list && numbers(field, list, not);
  };
}

const eitherPort: Reader = (value, not) => {
  const list = portList(value);
  if (list === null) return null;
  const cell = { numbers: list };
  return tuple(
    ['source-port', 'destination-port'],
    [
      [cell, 'any'],
      ['any', cell],
    ],
    not,
  );
};

const PORTS: Readonly<Record<string, Reader>> = {
  '--sport': port('source-port'),
  '--source-port': port('source-port'),
  '--dport': port('destination-port'),
  '--destination-port': port('destination-port'),
};

const SYN_OF = { mask: 23, in: [2] } as const;

const TCP: Match = {
  takes: {
    ...options(PORTS).takes,
    '--tcp-flags': 2,
    '--syn': 0,
    '--tcp-option': 1,
  },
  build: (given, context, text) =>
    given.flatMap((each) => {
      const not = each.not ? { not: true } : {};
      if (each.option === '--syn') return [{ test: 'tcp-flags', ...SYN_OF, ...not }];
      if (each.option !== '--tcp-flags') return options(PORTS).build([each], context, text);
      const [mask = '', set = ''] = each.values;
      const flags = { mask: flagsOf(mask), set: flagsOf(set) };
      if (flags.mask === null || flags.set === null) return opaque(text);
      return [{ test: 'tcp-flags', mask: flags.mask, in: [flags.set], ...not }];
    }),
};

/**
 * iptables-nft 1.8.9 makes one comparison of `! --sport 53 ! --dport 22`, which then holds for all packets
 * but those from 53 to 22, and prints it as before; others do not, and the text does not tell.
 */
function apart(match: Match): Match {
  return {
    takes: match.takes,
    build: (given, context, text) =>
      context.nft && isBesideNegated(given)
        ? [{ test: 'opaque', text, merged: true }]
        : match.build(given, context, text),
  };
}

function isBesideNegated(given: readonly Given[]): boolean {
  const single = given.filter(({ not, values: [value = ''] }) => not && !value.includes(':'));
  const sides = single.map(({ option }) => (Object.hasOwn(PORTS, option) ? option.at(2) : ''));
  return sides.includes('s') && sides.includes('d');
}

const MULTIPORT = options({
  '--sports': ports('source-port'),
  '--source-ports': ports('source-port'),
  '--dports': ports('destination-port'),
  '--destination-ports': ports('destination-port'),
  '--ports': eitherPort,
});

function icmp(option: string): Match {
  const read: Reader = (value, not, { family }) => {
    const kind = icmpOf(value, family);
    if (kind === undefined) return null;
    if (kind === null) return not ? NEVER : ALWAYS;
    if (kind.code === undefined) return numbers('icmp-type', one(kind.type), not);
    const row = [{ numbers: one(kind.type) }, { numbers: one(kind.code) }];
    return tuple(['icmp-type', 'icmp-code'], [row], not);
  };
  return options({ [option]: read });
}

const STATES = ['new', 'established', 'related', 'invalid', 'untracked'];
const STATUSES = ['dnat', 'snat'];
const UNCONNECTED = ['invalid', 'untracked'];

const state: Reader = (value, not) => {
  const words = value.toLowerCase().split(',');
  const states = words.filter((word) => STATES.includes(word));
  const statuses = words.filter((word) => STATUSES.includes(word));
  if (states.length + statuses.length !== words.length) return null;
  if (statuses.length === 0) return names('state', states, not);
  return [{ either: not ? neither(states, statuses) : oneOf(states, statuses) }];
};

function oneOf(states: readonly string[], statuses: readonly string[]): Either['either'] {
  if (states.length === 0) return [names('status', statuses, false)];
  const others = [...names('state', states, true), ...names('status', statuses, false)];
  return [names('state', states, false), others];
}

/** A packet without connection has no status: to iptables it is neither DNAT nor SNAT. */
function neither(states: readonly string[], statuses: readonly string[]): Either['either'] {
  const rest = STATES.filter((word) => !states.includes(word));
  const without = rest.filter((word) => UNCONNECTED.includes(word));
  const connected = rest.filter((word) => !UNCONNECTED.includes(word));
  return [
    ...(without.length === 0 ? [] : [names('state', without, false)]),
    ...(connected.length === 0
      ? []
      : [[...names('state', connected, false), ...names('status', statuses, true)]]),
  ];
}

const direction: Reader = (value, not) => {
  const word = value.toLowerCase();
  return ['original', 'reply'].includes(word) ? names('direction', [word], not) : null;
};

export const protocolTest: Reader = (value, not) => {
  const number = protocolOf(value);
  if (number === undefined) return null;
  if (number === null) return not ? NEVER : ALWAYS;
  return numbers('protocol', one(number), not);
};

/** Addresses of the rule's own family, as `-s` and `-d` take them. */
export function addressList(field: AddressField): Reader {
  return (value, not, { family }) => {
    const list = readAddressList(value, family);
    return list && addresses(field, list, not);
  };
}

function addressRange(field: AddressField): Reader {
  return (value, not, { family }) => {
    const range = readAddressRange(value, family);
    return range && addresses(field, range, not);
  };
}

/** What is asked of a connection, and read off the packet that begins it. */
function ofConnection(read: Reader): Reader {
  return (...given) => {
    const pieces = read(...given);
    return pieces && [...names('state', UNCONNECTED, true), ...pieces];
  };
}

const WITH_PORTS: Ranges<number> = [6, 7, 17, 18, 33, 34, 132, 133, 136, 137];

/** Where other protocols have ports, a connection of ICMP has its type and code, or its identifier. */
function connectionPort(field: NumberField): Reader {
  return (value, not, { protocol }) => {
    const pieces = portTest(field, value, not);
    if (pieces === null || (protocol !== undefined && includes(WITH_PORTS, protocol)))
      return pieces;
    const others = [...numbers('protocol', WITH_PORTS, true), ...opaque(`port ${value} of ICMP`)];
    return [{ either: [[...numbers('protocol', WITH_PORTS), ...pieces], others] }];
  };
}

const unknown: Reader = () => null;

const CONNTRACK = options({
  '--ctstate': state,
  '--ctproto': ofConnection(protocolTest),
  '--ctorigsrc': ofConnection(addressList('source')),
  '--ctorigdst': addressList('original-destination'),
  '--ctorigsrcport': ofConnection(connectionPort('source-port')),
  '--ctorigdstport': connectionPort('original-port'),
  '--ctdir': direction,
  '--ctreplsrc': unknown,
  '--ctrepldst': unknown,
  '--ctreplsrcport': unknown,
  '--ctrepldstport': unknown,
  '--ctstatus': unknown,
  '--ctexpire': unknown,
});

function mark(field: 'mark' | 'connection-mark'): Match {
  return options({
    '--mark': (value, not) => {
      const read = maskedMarkOf(value);
      return read && masked(field, read.value, read.mask, not);
    },
  });
}

const ADDRESS_TYPES = [
  'unspec',
  'unicast',
  'local',
  'broadcast',
  'anycast',
  'multicast',
  'blackhole',
  'unreachable',
  'prohibit',
  'throw',
  'nat',
  'xresolve',
];

function addressType(field: 'source-type' | 'destination-type'): Reader {
  return (value, not, { family }) => {
    const types = value.toLowerCase().split(',');
    if (family === 6) return addressType6(field, types, not);
    return types.every((type) => ADDRESS_TYPES.includes(type)) ? names(field, types, not) : null;
  };
}

/** Looked up in the routes; of IPv6 the kernel takes these and the two kinds of address (xt_addrtype.c). */
const LOOKED_UP_6 = ['local', 'anycast', 'unreachable'];

/** For IPv6 all of a list must hold, and an address of the host's own is unicast too. */
function addressType6(
  field: 'source-type' | 'destination-type',
  types: readonly string[],
  not: boolean,
): readonly Test[] | null {
  const lookedUp = types.filter((type) => LOOKED_UP_6.includes(type));
  const kinds = types.filter((type) => type === 'unicast' || type === 'multicast');
  if (lookedUp.length + kinds.length < types.length) return null;
  if (not && kinds.length + Math.min(lookedUp.length, 1) !== 1) return null;
  return [
    ...kinds.flatMap((kind) => names(field, ['multicast'], not !== (kind === 'unicast'))),
    ...(lookedUp.length === 0 ? [] : names(field, lookedUp, not)),
  ];
}

const ADDRTYPE: Match = {
  takes: { '--src-type': 1, '--dst-type': 1, '--limit-iface-in': 0, '--limit-iface-out': 0 },
  build: (given, context, text) => {
    if (given.some(({ option }) => option.startsWith('--limit-iface'))) return opaque(text);
    const types = {
      '--src-type': addressType('source-type'),
      '--dst-type': addressType('destination-type'),
    };
    return options(types).build(given, context, text);
  },
};

const PACKET_TYPES: Readonly<Record<string, string>> = {
  unicast: 'host',
  host: 'host',
  broadcast: 'broadcast',
  multicast: 'multicast',
  otherhost: 'other',
};

const packetType: Reader = (value, not) => {
  const type = ownValue(PACKET_TYPES, value.toLowerCase());
  return type === undefined ? null : names('packet-type', [type], not);
};

const LIMIT: Match = {
  takes: { '--limit': 1, '--limit-burst': 1 },
  build: (given, _context, text) =>
    given.some(({ not }) => not) ? opaque(text) : limit(false, text),
};

const HASHLIMIT: Match = {
  takes: {
    '--hashlimit-upto': 1,
    '--hashlimit-above': 1,
    '--hashlimit': 1,
    '--hashlimit-burst': 1,
    '--hashlimit-mode': 1,
    '--hashlimit-srcmask': 1,
    '--hashlimit-dstmask': 1,
    '--hashlimit-name': 1,
    '--hashlimit-htable-size': 1,
    '--hashlimit-htable-max': 1,
    '--hashlimit-htable-expire': 1,
    '--hashlimit-htable-gcinterval': 1,
    '--hashlimit-rate-match': 0,
    '--hashlimit-rate-interval': 1,
  },
  build: (given, _context, text) => {
    const rate = given.find(({ option }) => /^--hashlimit(-upto|-above)?$/.test(option));
    if (rate === undefined) return opaque(text);
    return limit((rate.option === '--hashlimit-above') !== rate.not, text);
  },
};

const MOST_BYTE = 255;

/** `--ttl-eq 255`, `--hl-gt 1`: the bytes that fit. */
function hopLimit(compares: 'eq' | 'gt' | 'lt'): Reader {
  return (value, not) => {
    if (!/^\d{1,3}$/.test(value)) return null;
    const bound = Number(value);
    const first = { eq: bound, gt: bound + 1, lt: 0 }[compares];
    const end = { eq: bound + 1, gt: MOST_BYTE + 1, lt: bound }[compares];
    return first < end ? numbers('hop-limit', [first, end], not) : null;
  };
}

function hopLimits(name: 'ttl' | 'hl'): Match {
  return options({
    [`--${name}-eq`]: hopLimit('eq'),
    [`--${name}-gt`]: hopLimit('gt'),
    [`--${name}-lt`]: hopLimit('lt'),
  });
}

/** Ordinary sources have a route back; told as a condition, as nftables' `fib saddr . iif oif`. */
const RPFILTER: Match = {
  takes: { '--loose': 0, '--validmark': 0, '--accept-local': 0, '--invert': 0 },
  build: (given) => {
    const has = (name: string) => given.some(({ option }) => option === name);
    const where = has('--loose') ? '' : ' over the same device';
    return limit(has('--invert'), `sources with a route back${where}`);
  },
};

const CONNLIMIT: Match = {
  takes: {
    '--connlimit-upto': 1,
    '--connlimit-above': 1,
    '--connlimit-mask': 1,
    '--connlimit-saddr': 0,
    '--connlimit-daddr': 0,
  },
  build: (given, _context, text) => {
    const bound = given.find(({ option }) => /-(upto|above)$/.test(option));
    const most = bound?.values[0] ?? '';
    if (bound === undefined || !/^\d{1,10}$/.test(most)) return opaque(text);
    const over = (bound.option === '--connlimit-above') !== bound.not;
    if (Number(most) > 0) return limit(over, text);
    // A first connection is above none.
    return over ? ALWAYS : NEVER;
  },
};

const RECENT: Match = {
  takes: {
    '--set': 0,
    '--rcheck': 0,
    '--update': 0,
    '--remove': 0,
    '--seconds': 1,
    '--reap': 0,
    '--hitcount': 1,
    '--rttl': 0,
    '--name': 1,
    '--mask': 1,
    '--rsource': 0,
    '--rdest': 0,
  },
  build: (given, _context, text) => {
    const what = given.find(({ option }) => /^--(set|rcheck|update|remove)$/.test(option));
    if (what?.option === '--set') return what.not ? NEVER : ALWAYS;
    const hits = Number(given.find(({ option }) => option === '--hitcount')?.values[0] ?? 0);
    // From the second packet on it counts; whether the address is known at all cannot be told.
    if (what === undefined || what.option === '--remove' || !(hits > 1)) return opaque(text);
    return limit(!what.not, text);
  },
};

const SET: Match = {
  takes: {
    '--match-set': 2,
    '--set': 2,
    '--return-nomatch': 0,
    '--update-counters': 0,
    '--update-subcounters': 0,
    '--packets-eq': 1,
    '--packets-lt': 1,
    '--packets-gt': 1,
    '--bytes-eq': 1,
    '--bytes-lt': 1,
    '--bytes-gt': 1,
  },
  build: (given, context, text) => {
    const [only, ...more] = given.filter(({ option }) => !option.startsWith('--update-'));
    if (only === undefined || more.length > 0) return opaque(text);
    return setTest(only, context) ?? opaque(text);
  },
};

function setTest({ values, not }: Given, { sets, changing }: Context): readonly Piece[] | null {
  const [name = '', directions = ''] = values;
  const set = changing.has(name) ? undefined : sets.get(name);
  const sides = directions.split(',');
  if (set === undefined || !sides.every((side) => side === 'src' || side === 'dst')) return null;
  const [first, second = first] = sides;
  const address = first === 'src' ? 'source' : 'destination';
  const held = addressesOf(set);
  if (held !== null) return addresses(address, held, not);
  const list = portsOf(set);
  if (list !== null) return portInSet(portField(first), list, not);
  const rows = not ? null : addressPortsOf(set);
  return rows && tuple([address, 'protocol', portField(second)], rows, false);
}

/** A set of ports holds those of TCP and UDP: other packets are not in it (ip_set_getport.c). */
function portInSet(field: NumberField, list: Ranges<number>, not: boolean): readonly Piece[] {
  const inside = [...numbers('protocol', TCP_AND_UDP), ...numbers(field, list, not)];
  return not ? [{ either: [numbers('protocol', TCP_AND_UDP, true), inside] }] : inside;
}

const TCP_AND_UDP: Ranges<number> = [6, 7, 17, 18];

function portField(side: string | undefined): 'source-port' | 'destination-port' {
  return side === 'src' ? 'source-port' : 'destination-port';
}

const IPRANGE = options({
  '--src-range': addressRange('source'),
  '--dst-range': addressRange('destination'),
});

const COMMENT: Match = { takes: { '--comment': 1 }, build: () => ALWAYS };

/** The matches that are understood, by the name behind `-m`. */
export const MATCHES: ReadonlyMap<string, Match> = new Map<string, Match>([
  ['tcp', apart(TCP)],
  ['udp', apart(options(PORTS))],
  ['udplite', options(PORTS)],
  ['sctp', options({ ...PORTS, '--chunk-types': unknown })],
  ['dccp', options({ ...PORTS, '--dccp-types': unknown, '--dccp-option': unknown })],
  ['icmp', icmp('--icmp-type')],
  ['icmp6', icmp('--icmpv6-type')],
  ['icmpv6', icmp('--icmpv6-type')],
  ['multiport', MULTIPORT],
  ['mport', MULTIPORT],
  ['state', options({ '--state': state })],
  ['conntrack', CONNTRACK],
  ['iprange', IPRANGE],
  ['mark', mark('mark')],
  ['connmark', mark('connection-mark')],
  ['addrtype', ADDRTYPE],
  ['pkttype', options({ '--pkt-type': packetType })],
  ['limit', LIMIT],
  ['hashlimit', HASHLIMIT],
  ['connlimit', CONNLIMIT],
  ['recent', RECENT],
  ['set', SET],
  ['comment', COMMENT],
  ['ttl', hopLimits('ttl')],
  ['hl', hopLimits('hl')],
  ['rpfilter', RPFILTER],
  [
    'frag',
    absent({
      '--fragid': 1,
      '--fraglen': 1,
      '--fragres': 0,
      '--fragfirst': 0,
      '--fragmore': 0,
      '--fraglast': 0,
    }),
  ],
  [
    'rt',
    absent({
      '--rt-type': 1,
      '--rt-segsleft': 1,
      '--rt-len': 1,
      '--rt-0-res': 0,
      '--rt-0-addrs': 1,
      '--rt-0-not-strict': 0,
    }),
  ],
  ['hbh', absent({ '--hbh-len': 1, '--hbh-opts': 1 })],
  ['dst', absent({ '--dst-len': 1, '--dst-opts': 1 })],
  ['statistic', unanswerable({ '--mode': 1, '--probability': 1, '--every': 1, '--packet': 1 })],
]);

/** Match of a protocol by its number, which is there without being named. */
export const PROTOCOL_MATCHES: ReadonlyMap<number, string> = new Map([
  [1, 'icmp'],
  [6, 'tcp'],
  [17, 'udp'],
  [33, 'dccp'],
  [58, 'icmp6'],
  [132, 'sctp'],
  [136, 'udplite'],
]);
