import { ownValue } from '../../../model/own-value.ts';
import type { Test } from '../../layer.ts';
import { bare } from './cell.ts';
import { keyOf } from './field.ts';
import { isObject, type Json, type JsonObject, listed, only, textAt } from './json.ts';
import { printMatch } from './print.ts';

/** First byte and length of a field. */
type Span = readonly [at: number, length: number];

const PORTS: Readonly<Record<string, Span>> = { sport: [0, 2], dport: [2, 2] };
const ICMP: Readonly<Record<string, Span>> = { type: [0, 1], code: [1, 1], checksum: [2, 2] };
/** Fields of up to two bytes beside another (RFC 791, 8200, 768, 792, 4443). */
const FIELDS: Readonly<Record<string, Readonly<Record<string, Span>>>> = {
  ip: { length: [2, 2], id: [4, 2], ttl: [8, 1], protocol: [9, 1], checksum: [10, 2] },
  ip6: { length: [4, 2], nexthdr: [6, 1], hoplimit: [7, 1] },
  udp: { ...PORTS, length: [4, 2], checksum: [6, 2] },
  udplite: { ...PORTS, csumcov: [4, 2], checksum: [6, 2] },
  th: PORTS,
  tcp: PORTS,
  sctp: PORTS,
  dccp: PORTS,
  icmp: ICMP,
  icmpv6: ICMP,
};
/** The others lie in the transport header, whatever its protocol. */
const NETWORK = ['ip', 'ip6'];
/** What nft compares at once, bytes. */
const AT_ONCE = 4;

/**
 * The `match` statements of a rule that nft may have made one comparison of: two values that fields
 * side by side are not to have. As one, `udp sport != 53 udp dport != 22` holds for all packets but those
 * from 53 to 22, and is listed as before: nft 1.0.6 does so, others do not, and a list does not tell.
 */
export function mergedMatches(statements: readonly Json[]): ReadonlySet<Json> {
  const spans = statements.flatMap((statement) => {
    const span = spanOf(statement);
    return span === undefined ? [] : [{ statement, ...span }];
  });
  const merged = spans.filter(({ header, at, length }) =>
    spans.some(
      (other) =>
        header === other.header &&
        (at + length === other.at || other.at + other.length === at) &&
        length + other.length <= AT_ONCE,
    ),
  );
  return new Set(merged.map(({ statement }) => statement));
}

/** What is sure of one of them: its protocol. */
export function testsOfMerged(match: JsonObject): readonly Test[] {
  const needs = keyOf(match['left'] ?? null)?.needs ?? [];
  return [...needs, { test: 'opaque', text: printMatch(match), merged: true }];
}

function spanOf(statement: Json) {
  const [kind, match] = only(statement) ?? [];
  if (kind !== 'match' || !isObject(match) || match['op'] !== '!=') return undefined;
  const [what, payload] = only(match['left'] ?? null) ?? [];
  if (what !== 'payload' || !isObject(payload) || !isValue(match['right'])) return undefined;
  const protocol = textAt(payload, 'protocol') ?? '';
  const fields = ownValue(FIELDS, protocol) ?? {};
  const span = ownValue(fields, textAt(payload, 'field') ?? '');
  if (span === undefined) return undefined;
  const header = NETWORK.includes(protocol) ? protocol : 'transport';
  return { header, at: span[0], length: span[1] };
}

/** No range, block or set, unless of one: nft takes that for its element. */
function isValue(right: Json | undefined): boolean {
  if (typeof right === 'number') return true;
  if (typeof right === 'string') return !right.startsWith('@');
  const [kind, elements] = only(right ?? null) ?? [];
  const [element, ...others] = kind === 'set' ? listed(elements) : [];
  return element !== undefined && others.length === 0 && isValue(bare(element));
}
