import type { Action, AddressRanges, Family } from '../../layer.ts';
import { type Ranges, rangesOf } from '../../ranges.ts';
import { MAX_PORT } from '../../steps.ts';
import { readAddressRange } from './addresses.ts';
import type { Given } from './matches.ts';
import { ALL_BITS } from './tests.ts';
import { markOf, maskedMarkOf } from './words.ts';

/** A target extension of iptables-extensions(8). */
export interface Target {
  readonly takes: Readonly<Record<string, number>>;
  /** Options that `takes` does not name change nothing. */
  readonly lenient?: boolean;
  /** Null: not understood. */
  build(given: readonly Given[], place: Place): readonly Action[] | null;
}

export interface Place {
  readonly family: Family;
  readonly chain: string;
}

/** Does not decide about a packet and changes nothing that rules look at. */
const NOTHING: Target = { takes: {}, lenient: true, build: () => [] };

function plain(verdict: 'accept' | 'drop' | 'return'): Target {
  return { takes: {}, build: () => [{ do: verdict }] };
}

const SNAT: Target = { takes: {}, lenient: true, build: () => [{ do: 'snat' }] };

const FULL = '0xffffffff';

/** The changes of marks by option: what is kept of the old mark, and what is turned over in it. */
function markChange({ option, values }: Given): { and: number; xor: number } | null {
  const text = values[0] ?? '';
  const read = maskedMarkOf(text);
  if (read === null) return null;
  const { value, mask } = read;
  switch (option) {
    case '--set-xmark':
      return { and: inverted(mask), xor: value };
    case '--set-mark':
      return { and: inverted((mask | value) >>> 0), xor: value };
    case '--and-mark':
      return { and: value, xor: 0 };
    case '--or-mark':
      return { and: inverted(value), xor: value };
    case '--xor-mark':
      return { and: ALL_BITS, xor: value };
    default:
      return null;
  }
}

function inverted(mask: number): number {
  return ~mask >>> 0;
}

const MARK_OPTIONS = {
  '--set-xmark': 1,
  '--set-mark': 1,
  '--and-mark': 1,
  '--or-mark': 1,
  '--xor-mark': 1,
};

const MARK: Target = {
  takes: MARK_OPTIONS,
  build: ([given]) => {
    const change = given === undefined ? null : markChange(given);
    return change && [{ do: 'set-mark', field: 'mark', ...change }];
  },
};

const CONNMARK: Target = {
  takes: {
    ...MARK_OPTIONS,
    '--save-mark': 0,
    '--restore-mark': 0,
    '--nfmask': 1,
    '--ctmask': 1,
    '--mask': 1,
  },
  build: (given) => {
    const change = given.find(({ option }) => Object.hasOwn(MARK_OPTIONS, option));
    if (change !== undefined) {
      const read = markChange(change);
      return read && [{ do: 'set-mark', field: 'connection-mark', ...read }];
    }
    // Only whole marks can be copied.
    const masks = given.filter(({ option }) => option.endsWith('mask'));
    if (!masks.every(({ values }) => markOf(values[0] ?? FULL) === ALL_BITS)) return null;
    if (given.some(({ option }) => option === '--save-mark')) {
      return [{ do: 'copy-mark', to: 'connection-mark' }];
    }
    const restores = given.some(({ option }) => option === '--restore-mark');
    return restores ? [{ do: 'copy-mark', to: 'mark' }] : null;
  },
};

interface Destination {
  readonly to?: AddressRanges;
  readonly ports?: Ranges<number>;
}

/** `192.0.2.1`, `192.0.2.1-192.0.2.9:80-90`, `:8080`, `[2001:db8::1]:80`, `:80-90/1080`. */
export function destinationOf(text: string, family: Family): Destination | null {
  const pattern =
    family === 4
      ? /^([^:]*)(?::(\d{1,5})(?:-(\d{1,5}))?(?:\/\d{1,5})?)?$/
      : /^(?:\[([^\]]*)\])?(?::(\d{1,5})(?:-(\d{1,5}))?(?:\/\d{1,5})?)?$/;
  const whole = family === 6 && !text.includes('[') && !text.startsWith(':');
  const [matched, address = '', first, last = first] = whole
    ? [text, text]
    : (pattern.exec(text) ?? []);
  if (matched === undefined || matched === '') return null;
  const ports = first === undefined ? undefined : portRange(first, last ?? first);
  const to = address === '' ? undefined : readAddressRange(address, family);
  if (ports === null || to === null) return null;
  return { ...(to && { to }), ...(ports && { ports }) };
}

function portRange(first: string, last: string): Ranges<number> | null {
  const [from, to] = [Number(first), Number(last)];
  return from <= to && to <= MAX_PORT ? rangesOf([[from, to]], 1) : null;
}

const DNAT: Target = {
  takes: { '--to-destination': 1, '--random': 0, '--persistent': 0 },
  build: (given, { family }) => {
    const [only, ...more] = given.filter(({ option }) => option === '--to-destination');
    if (only === undefined || more.length > 0) return null;
    const to = destinationOf(only.values[0] ?? '', family);
    return to && [{ do: 'dnat', ...to }];
  },
};

const REDIRECT: Target = {
  takes: { '--to-ports': 1, '--random': 0 },
  build: (given) => {
    const ports = given.find(({ option }) => option === '--to-ports')?.values[0];
    if (ports === undefined) return [{ do: 'redirect' }];
    const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(ports) ?? [];
    const range = first === undefined ? null : portRange(first, last ?? first);
    return range && [{ do: 'redirect', ports: range }];
  },
};

const NETMAP: Target = {
  takes: { '--to': 1 },
  // On the way out it translates the source.
  build: (_given, { chain }) => (chain === 'POSTROUTING' ? [{ do: 'snat' }] : null),
};

const CT: Target = {
  takes: {
    '--notrack': 0,
    '--helper': 1,
    '--ctevents': 1,
    '--expevents': 1,
    '--zone': 1,
    '--zone-orig': 1,
    '--zone-reply': 1,
    '--timeout': 1,
  },
  build: (given) => (given.some(({ option }) => option === '--notrack') ? [{ do: 'notrack' }] : []),
};

const REJECT: Target = {
  takes: { '--reject-with': 1 },
  build: () => [{ do: 'reject' }],
};

const WITHOUT_EFFECT = [
  'AUDIT',
  'CHECKSUM',
  'CLASSIFY',
  'CONNSECMARK',
  'DSCP',
  'ECN',
  'HL',
  'IDLETIMER',
  'LED',
  'LOG',
  'NFLOG',
  'RATEEST',
  'SECMARK',
  'SET',
  'TCPMSS',
  'TCPOPTSTRIP',
  'TEE',
  'TOS',
  'TRACE',
  'TTL',
  'ULOG',
];

/** The targets that are understood; QUEUE, NFQUEUE, TPROXY, SYNPROXY and the rest are not. */
export const TARGETS: ReadonlyMap<string, Target> = new Map<string, Target>([
  ['ACCEPT', plain('accept')],
  ['DROP', plain('drop')],
  ['RETURN', plain('return')],
  ['REJECT', REJECT],
  ['MARK', MARK],
  ['CONNMARK', CONNMARK],
  ['DNAT', DNAT],
  ['REDIRECT', REDIRECT],
  ['SNAT', SNAT],
  ['MASQUERADE', SNAT],
  ['NETMAP', NETMAP],
  ['CT', CT],
  ['NOTRACK', { takes: {}, build: () => [{ do: 'notrack' }] }],
  ...WITHOUT_EFFECT.map((name) => [name, NOTHING] as const),
]);
