import { ownValue } from '../../../model/own-value.ts';
import type { AddressField, Family, NameField, NumberField, Test } from '../../layer.ts';
import { isList, isObject, type Json, type JsonObject, listed, only, textAt } from './json.ts';
import {
  ICMP_CODES,
  ICMP_TYPES,
  ICMPV6_CODES,
  ICMPV6_TYPES,
  PROTOCOLS,
  SERVICES,
  TCP_FLAGS,
  type Words,
} from './words.ts';

/** What the left side of a match, or the key of a map, looks at. */
export type Key = (
  | {
      readonly holds: 'number';
      readonly field: NumberField;
      readonly words: Words;
      readonly most: number;
    }
  | { readonly holds: 'address'; readonly field: AddressField; readonly family: Family }
  | { readonly holds: 'name'; readonly field: NameField }
  | { readonly holds: 'family' }
  | { readonly holds: 'tcp-flags' }
) & {
  /** What the kernel asks first: `tcp dport` that it is TCP, `ip saddr` that it is IPv4. */
  readonly needs: readonly Test[];
  /** Applied to a number first. */
  readonly mask?: number;
};

const MOST_MARK = 0xffff_ffff;

/** Protocols whose first four bytes are ports, and `th`, which is any of them. */
const PORT_PROTOCOLS: Readonly<Record<string, readonly Test[]>> = {
  tcp: [protocolIs(6)],
  udp: [protocolIs(17)],
  dccp: [protocolIs(33)],
  sctp: [protocolIs(132)],
  udplite: [protocolIs(136)],
  th: [],
};

const NAMES_OF_META: Readonly<Record<string, NameField>> = {
  iif: 'in-device',
  iifname: 'in-device',
  oif: 'out-device',
  oifname: 'out-device',
  pkttype: 'packet-type',
};

export function protocolIs(number: number): Test {
  return { test: 'number', field: 'protocol', in: [number, number + 1] };
}

export function familyIs(family: Family): Test {
  return { test: 'family', family };
}

/** Undefined: Postern does not know what this looks at. */
export function keyOf(expression: Json): Key | undefined {
  const [kind, value] = only(expression) ?? [];
  if (kind === undefined || value === undefined) return undefined;
  if (kind === '&') return maskedKey(value);
  if (!isObject(value)) return undefined;
  if (kind === 'payload') return payloadKey(value);
  if (kind === 'meta') return metaKey(textAt(value, 'key') ?? '');
  if (kind === 'ct') return connectionKey(value);
  if (kind === 'fib') return fibKey(value);
  return undefined;
}

/** `meta mark & 0xff`; flags and states are not numbers and go their own ways. */
function maskedKey(value: Json): Key | undefined {
  const [left, mask] = listed(value);
  if (left === undefined || typeof mask !== 'number') return undefined;
  const key = keyOf(left);
  if (key?.holds !== 'number' || key.mask !== undefined) return undefined;
  return { ...key, mask };
}

function payloadKey(payload: JsonObject): Key | undefined {
  if (payload['base'] !== undefined) return rawKey(payload);
  const protocol = textAt(payload, 'protocol') ?? '';
  const field = textAt(payload, 'field') ?? '';
  const ofPorts = ownValue(PORT_PROTOCOLS, protocol);
  if (ofPorts !== undefined && (field === 'sport' || field === 'dport')) {
    return portKey(field === 'sport' ? 'source-port' : 'destination-port', ofPorts);
  }
  return FIELDS.get(`${protocol} ${field}`);
}

/** `@th,16,16`: the ports by their place. */
function rawKey({ base, offset, len }: JsonObject): Key | undefined {
  if (base !== 'th' || len !== 16) return undefined;
  if (offset === 0) return portKey('source-port', []);
  return offset === 16 ? portKey('destination-port', []) : undefined;
}

function portKey(field: NumberField, needs: readonly Test[]): Key {
  return { holds: 'number', field, words: SERVICES, most: 0xffff, needs };
}

function addressKey(field: AddressField, family: Family): Key {
  return { holds: 'address', field, family, needs: [familyIs(family)] };
}

function byteKey(field: NumberField, words: Words, needs: readonly Test[]): Key {
  return { holds: 'number', field, words, most: 0xff, needs };
}

/** The next header is the protocol where no extension header stands between, as in all but odd packets. */
const FIELDS: ReadonlyMap<string, Key> = new Map([
  ['ip saddr', addressKey('source', 4)],
  ['ip daddr', addressKey('destination', 4)],
  ['ip protocol', byteKey('protocol', PROTOCOLS, [familyIs(4)])],
  ['ip6 saddr', addressKey('source', 6)],
  ['ip6 daddr', addressKey('destination', 6)],
  ['ip6 nexthdr', byteKey('protocol', PROTOCOLS, [familyIs(6)])],
  ['ip ttl', byteKey('hop-limit', {}, [familyIs(4)])],
  ['ip6 hoplimit', byteKey('hop-limit', {}, [familyIs(6)])],
  ['icmp type', byteKey('icmp-type', ICMP_TYPES, [protocolIs(1)])],
  ['icmp code', byteKey('icmp-code', ICMP_CODES, [protocolIs(1)])],
  ['icmpv6 type', byteKey('icmp-type', ICMPV6_TYPES, [protocolIs(58)])],
  ['icmpv6 code', byteKey('icmp-code', ICMPV6_CODES, [protocolIs(58)])],
  ['tcp flags', { holds: 'tcp-flags', needs: [protocolIs(6)] }],
]);

function metaKey(key: string): Key | undefined {
  const field = ownValue(NAMES_OF_META, key);
  if (field !== undefined) return { holds: 'name', field, needs: [] };
  if (key === 'mark') return markKey('mark');
  if (key === 'l4proto') return byteKey('protocol', PROTOCOLS, []);
  if (key === 'nfproto' || key === 'protocol') return { holds: 'family', needs: [] };
  return undefined;
}

function markKey(field: NumberField): Key {
  return { holds: 'number', field, words: {}, most: MOST_MARK, needs: [] };
}

/** `ct state`, `ct original ip daddr`; what was sent the other way round is not known. */
function connectionKey(ct: JsonObject): Key | undefined {
  const key = textAt(ct, 'key');
  if (ct['dir'] === undefined) {
    if (key === 'mark') return markKey('connection-mark');
    if (key !== 'state' && key !== 'status' && key !== 'direction') return undefined;
    return { holds: 'name', field: key, needs: [] };
  }
  if (ct['dir'] !== 'original') return undefined;
  if (key === 'proto-dst') return portKey('original-port', []);
  if (key === 'ip daddr') return addressKey('original-destination', 4);
  return key === 'ip6 daddr' ? addressKey('original-destination', 6) : undefined;
}

/** Only the plain question after the kind of address: with `. iif` another table is asked. */
function fibKey(fib: JsonObject): Key | undefined {
  const flags = listed(fib['flags']);
  if (fib['result'] !== 'type' || flags.length !== 1) return undefined;
  if (flags[0] === 'saddr') return { holds: 'name', field: 'source-type', needs: [] };
  return flags[0] === 'daddr' ? { holds: 'name', field: 'destination-type', needs: [] } : undefined;
}

/** `syn`, `["syn", "ack"]`, `{"|": ["syn", "ack"]}`, 0x12 to the number. */
export function flagsOf(value: Json): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'string') return ownValue(TCP_FLAGS, value);
  const [kind, parts] = only(value) ?? [];
  const list = kind === '|' ? parts : value;
  if (!isList(list)) return undefined;
  let flags = 0;
  for (const part of list) {
    const one = flagsOf(part);
    if (one === undefined) return undefined;
    flags |= one;
  }
  return flags;
}
