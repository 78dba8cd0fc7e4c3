import { problem } from '../../../model/errors.ts';
import type { Source } from '../../kind.ts';
import type { AddressRanges, Family } from '../../layer.ts';
import { pairsOf, type Ranges, rangesOf } from '../../ranges.ts';
import { readAddressList, readAddressRange } from './addresses.ts';
import { protocolOf } from './words.ts';

/** A set as `ipset save` prints it (ipset(8)). */
export interface IpSet {
  readonly type: string;
  readonly family: Family;
  /** Entries, without their options. */
  readonly entries: readonly string[];
  /** Some entries are exceptions (`nomatch`): what it holds depends on the longest prefix. */
  readonly exceptions: boolean;
}

/** An entry of address, protocol and port. */
export type AddressPort = readonly [
  { readonly addresses: AddressRanges },
  { readonly numbers: Ranges<number> },
  { readonly numbers: Ranges<number> },
];

export type IpSets = ReadonlyMap<string, IpSet>;

/** Whether a text is one of `ipset save`. */
export function isIpsetText({ text }: Source): boolean {
  return /^\s*(?:create|add) \S+ \S+/.test(text);
}

/** Throws FIREWALL_SYNTAX for a line that is no `create` or `add`. */
export function readIpsets(source: Source): IpSets {
  const sets = new Map<
    string,
    { type: string; family: Family; entries: string[]; exceptions: boolean }
  >();
  source.text.split(/\r?\n/).forEach((raw, at) => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) return;
    const [command, name = '', ...rest] = line.split(/\s+/);
    const [first = '', ...options] = rest;
    const set = sets.get(name);
    if (command === 'create' && first !== '') {
      const family = options[options.indexOf('family') + 1] === 'inet6' ? 6 : 4;
      sets.set(name, { type: first, family, entries: [], exceptions: false });
    } else if (command === 'add' && set !== undefined && first !== '') {
      set.entries.push(first);
      set.exceptions ||= options.includes('nomatch');
    } else {
      const { origin } = source;
      throw problem('FIREWALL_SYNTAX', {
        origin,
        line: at + 1,
        kind: 'ipset',
        problem: `${JSON.stringify(line.slice(0, 60))} is neither create nor add of a set created before`,
      });
    }
  });
  return sets;
}

/** The addresses of a set that holds nothing else; null for other types and what is not understood. */
export function addressesOf(set: IpSet): AddressRanges | null {
  if (!['hash:ip', 'hash:net', 'bitmap:ip'].includes(set.type) || set.exceptions) return null;
  const all = set.entries.map((entry) => readEntry(entry, set.family));
  if (!all.every((ranges) => ranges !== null)) return null;
  const pairs = all.flatMap(({ ranges }) => pairsOf(ranges, 1n));
  return { family: set.family, ranges: rangesOf(pairs, 1n) };
}

/** The ports of a `bitmap:port`; null for other types. */
export function portsOf(set: IpSet): Ranges<number> | null {
  if (set.type !== 'bitmap:port') return null;
  const pairs = set.entries.map(portPair);
  return pairs.every((pair) => pair !== null) ? rangesOf(pairs, 1) : null;
}

/** Rows of address, protocol and port of a `hash:ip,port` or `hash:net,port`; null for other types. */
export function addressPortsOf(set: IpSet): readonly AddressPort[] | null {
  if (!['hash:ip,port', 'hash:net,port'].includes(set.type) || set.exceptions) return null;
  const rows = set.entries.map((entry) => addressPortRow(entry, set.family));
  return rows.every((row) => row !== null) ? rows : null;
}

function addressPortRow(entry: string, family: Family): AddressPort | null {
  const [addresses = '', service = 'tcp:'] = entry.split(',');
  const [protocolText = '', portText] = service.includes(':')
    ? service.split(':')
    : ['tcp', service];
  const found = readEntry(addresses, family);
  const protocol = protocolOf(protocolText);
  const pair = portPair(portText ?? '');
  if (found === null || protocol === null || protocol === undefined || pair === null) return null;
  // Of ICMP a set keeps type and code where others have the port.
  if (protocol === 1 || protocol === 58) return null;
  return [
    { addresses: found },
    { numbers: [protocol, protocol + 1] },
    { numbers: rangesOf([pair], 1) },
  ];
}

function readEntry(entry: string, family: Family): AddressRanges | null {
  return readAddressList(entry, family) ?? readAddressRange(entry, family);
}

function portPair(text: string): readonly [number, number] | null {
  const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  if (first === undefined || Number(last) > 65_535) return null;
  return [Number(first), Number(last)];
}
