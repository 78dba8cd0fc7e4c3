import {
  addressSteps,
  type BothFamilies,
  everyAddress,
  isNobody,
  joined,
  joinedAll,
  NO_ADDRESS,
  readAddresses,
  without,
} from '../../both-families.ts';
import type { Test } from '../../layer.ts';
import { ALWAYS, opaqueWay, type Ways } from '../../ways.ts';
import type { HostItem } from './statements.ts';

/** What a table holds, as far as the text tells. */
export interface KnownTable {
  readonly addresses: BothFamilies;
  /** Of its members that are no addresses. */
  readonly unclear: readonly string[];
}

export interface Tables {
  readonly known: ReadonlyMap<string, KnownTable>;
  /** Tables that rules fill with sources which come too often, by those rules' limits. */
  readonly overload: ReadonlyMap<string, string>;
}

/**
 * Whose rules they are: those of the host that is asked about, of a router in front of it, or a file that
 * may be of one or the other.
 */
export type Place = 'here' | 'elsewhere' | 'either';

type Side = 'source' | 'destination';

function prefixLength(text: string): number {
  const [, prefix] = text.split('/');
  return prefix === undefined ? 128 : Number(prefix);
}

interface TableEntry {
  readonly text: string;
  readonly not: boolean;
}

/** The most specific entry decides; one that is negated takes out (pf.conf(5), TABLES). */
function settled(entries: readonly TableEntry[]): BothFamilies {
  const sorted = [...entries].sort((a, b) => prefixLength(a.text) - prefixLength(b.text));
  let addresses = NO_ADDRESS;
  for (let at = 0; at < sorted.length; ) {
    const { not } = sorted[at] as TableEntry;
    const begun = at;
    while (sorted[at]?.not === not) at += 1;
    const run = readAddresses(sorted.slice(begun, at).map(({ text }) => text)) ?? NO_ADDRESS;
    addresses = not ? without(addresses, run) : joined(addresses, run);
  }
  return addresses;
}

export function readTable(hosts: readonly HostItem[]): KnownTable {
  const unclear: string[] = [];
  const entries: TableEntry[] = [];
  for (const { not, host } of hosts) {
    if (host.is === 'addresses') entries.push({ text: host.text, not });
    else unclear.push(host.is === 'any' || host.is === 'self' ? host.is : textOf(host));
  }
  return { addresses: settled(entries), unclear };
}

function textOf(host: Exclude<HostItem['host'], { is: 'any' | 'self' }>): string {
  return host.is === 'table' ? `<${host.name}>` : host.text;
}

/** One member of a list: addresses that are known, or a test. */
type Member = { readonly addresses: BothFamilies } | { readonly tests: readonly Test[] };

class HostReader {
  private readonly side: Side;
  private readonly place: Place;
  private readonly tables: Tables;

  constructor(side: Side, place: Place, tables: Tables) {
    this.side = side;
    this.place = place;
    this.tables = tables;
  }

  ways(hosts: readonly HostItem[]): Ways {
    const sets: BothFamilies[] = [];
    const ways: (readonly Test[])[] = [];
    for (const item of hosts) {
      const member = this.member(item);
      if ('tests' in member) ways.push(member.tests);
      else sets.push(member.addresses);
    }
    const known = joinedAll(sets);
    if (isNobody(known)) return ways;
    const steps = addressSteps(this.side, known);
    return steps.length === 0 ? ALWAYS : [steps, ...ways];
  }

  private member({ not, host }: HostItem): Member {
    switch (host.is) {
      case 'any':
        return { addresses: not ? NO_ADDRESS : everyAddress() };
      case 'addresses':
        return this.turned(not, readAddresses([host.text]) ?? NO_ADDRESS);
      case 'self':
        return this.self(not);
      case 'table':
        return this.table(not, host.name);
      case 'device':
        return this.device(not, host.text);
      case 'other':
      default:
        return { tests: this.opaque(not, 'address', host.text) };
    }
  }

  /** `! 10.0.0.1` holds for packets of the same family only (pf_match_addr); the rule's family is set by it. */
  private turned(not: boolean, addresses: BothFamilies): Member {
    if (!not) return { addresses };
    const families = ([4, 6] as const).filter((family) => addresses[family].length > 0);
    return { addresses: without(everyAddress(families), addresses) };
  }

  /** Nothing that comes in is from the machine of these rules itself. */
  private isElsewhere(): boolean {
    return this.place === 'elsewhere' || (this.place === 'either' && this.side === 'source');
  }

  private self(not: boolean): Member {
    if (this.isElsewhere()) return elsewhere(not);
    if (this.place === 'either') return { tests: this.opaque(not, 'address-of', 'self') };
    const field = this.side === 'source' ? 'source-type' : 'destination-type';
    return { tests: [{ test: 'name', field, in: ['local'], ...(not ? { not } : {}) }] };
  }

  private device(not: boolean, text: string): Member {
    const own = !/:(?:network|broadcast|peer)\b/.test(text);
    if (own && this.isElsewhere()) return elsewhere(not);
    return { tests: this.opaque(not, 'address-of', text) };
  }

  private table(not: boolean, name: string): Member {
    const limit = this.tables.overload.get(name);
    if (limit !== undefined) return { tests: [{ test: 'limit', over: !not, text: limit }] };
    const table = this.tables.known.get(name);
    if (table === undefined || table.unclear.length > 0)
      return { tests: this.opaque(not, 'table', name) };
    // a table has both families: what is in none of its blocks is outside
    return { addresses: not ? without(everyAddress(), table.addresses) : table.addresses };
  }

  private opaque(not: boolean, key: string, value: string): readonly Test[] {
    return opaqueWay(`${not ? 'not-' : ''}${this.side}-${key}`, value);
  }
}

/** The router's own addresses: nothing that comes to a host behind it is to or from them. */
function elsewhere(not: boolean): Member {
  return { addresses: not ? everyAddress() : NO_ADDRESS };
}

export function hostWays(
  side: Side,
  hosts: readonly HostItem[] | undefined,
  place: Place,
  tables: Tables,
): Ways {
  return hosts === undefined ? ALWAYS : new HostReader(side, place, tables).ways(hosts);
}
