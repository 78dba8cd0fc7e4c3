import type { Found } from '../contract/service/schedules.ts';
import { SEVERITIES } from '../model/verdict.ts';
import type { KnownHost, Looked } from '../store/queries/target-looks.ts';
import { parseAddress } from '../targets/address.ts';
import { parseTarget } from '../targets/parse.ts';
import type { TenantTarget } from './targets.ts';

export interface Due {
  /** The longest due first. */
  readonly targets: readonly string[];
  /** When the next of the others is due, or was (ms); null: there are no others. */
  readonly next: number | null;
}

export interface DueAsked {
  /** Milliseconds until the next look, by what the last one found. */
  readonly again: Readonly<Record<Found, number>>;
  readonly now: number;
  /** Targets at most. */
  readonly batch: number;
}

/**
 * Which targets are to be looked at again. An address counts by its worst finding, a name by the
 * worst of its addresses; of a network every known host counts for itself, and the whole of it, where
 * new hosts may be, as dark. What nobody looked at yet is due first.
 */
export function dueTargets(
  targets: readonly TenantTarget[],
  { hosts, looks, addressesOf }: Looked,
  { again, now, batch }: DueAsked,
): Due {
  const worst = new Map(hosts.map(({ address, severity }) => [address, severity]));
  const foundAt = (addresses: readonly string[]): Found => {
    const known = addresses.flatMap((address) => worst.get(address) ?? []);
    return known.length === 0 ? 'dark' : foundOf(Math.max(...known));
  };
  const dueAt = (target: string, found: Found, seen = looks.get(target)): number =>
    // a look of a later time than now: the clock was turned back
    seen === undefined || seen > now + again[found] ? 0 : seen + again[found];
  const times = new Map<string, number>();
  for (const { text, kind } of targets) {
    const addresses = kind === 'name' ? (addressesOf.get(text) ?? []) : [text];
    times.set(text, dueAt(text, kind === 'network' ? 'dark' : foundAt(addresses)));
  }
  const networks = targets.filter(({ kind }) => kind === 'network');
  const among = networks.length === 0 ? null : new Places(hosts);
  for (const { text } of networks) {
    for (const { address, severity } of among?.in(text) ?? []) {
      if (times.has(address)) continue;
      const seen = Math.max(looks.get(address) ?? 0, looks.get(text) ?? 0);
      times.set(address, dueAt(address, foundOf(severity), seen));
    }
  }
  const order = [...times].sort((a, b) => a[1] - b[1]);
  const taken = order.filter(([, at]) => at <= now).slice(0, batch);
  return { targets: taken.map(([target]) => target), next: order[taken.length]?.[1] ?? null };
}

/** Known hosts in the order of their addresses: every network of thousands is asked for its own. */
class Places {
  readonly #v4: (readonly [number, KnownHost])[] = [];
  readonly #v6: (readonly [bigint, KnownHost])[] = [];

  constructor(hosts: readonly KnownHost[]) {
    for (const host of hosts) {
      const address = parseAddress(host.address);
      if (address?.family === 4) this.#v4.push([address.value, host]);
      else if (address !== null) this.#v6.push([address.value, host]);
    }
    this.#v4.sort(([a], [b]) => a - b);
    this.#v6.sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
  }

  in(network: string): readonly KnownHost[] {
    const target = parseTarget(network);
    if (!('blocks' in target)) return [];
    return target.blocks.flatMap((block) => {
      if (block.family === 4) return between(this.#v4, block);
      const { zone } = block;
      const hosts = between(this.#v6, block);
      return zone === undefined
        ? hosts
        : hosts.filter(({ address }) => address.endsWith(`%${zone}`));
    });
  }
}

/** Of places in order those from `start` on, and before `end`. */
function between<Value extends number | bigint>(
  places: readonly (readonly [Value, KnownHost])[],
  { start, end }: { readonly start: Value; readonly end: Value },
): readonly KnownHost[] {
  return places.slice(firstFrom(places, start), firstFrom(places, end)).map(([, host]) => host);
}

function firstFrom<Value extends number | bigint>(
  places: readonly (readonly [Value, KnownHost])[],
  value: Value,
): number {
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const [found] = places[middle] ?? [value];
    if (found < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function foundOf(severity: number): Found {
  const word = SEVERITIES[severity];
  return word === undefined || word === 'info' ? 'clean' : word;
}
