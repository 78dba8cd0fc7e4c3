import type { Found } from '../contract/service/schedules.ts';
import { SEVERITIES } from '../model/verdict.ts';
import type { Looked } from '../store/queries/target-looks.ts';
import { parseAddress } from '../targets/address.ts';
import { AddressSet } from '../targets/address-set.ts';
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
  for (const { text, kind } of targets) {
    if (kind !== 'network') continue;
    const inside = memberTest(text);
    for (const { address, severity } of hosts) {
      if (times.has(address) || !inside(address)) continue;
      const seen = Math.max(looks.get(address) ?? 0, looks.get(text) ?? 0);
      times.set(address, dueAt(address, foundOf(severity), seen));
    }
  }
  const order = [...times].sort((a, b) => a[1] - b[1]);
  const taken = order.filter(([, at]) => at <= now).slice(0, batch);
  return { targets: taken.map(([target]) => target), next: order[taken.length]?.[1] ?? null };
}

function memberTest(network: string): (address: string) => boolean {
  const set = new AddressSet();
  const target = parseTarget(network);
  if ('blocks' in target) set.add(target.blocks);
  return (text) => {
    const address = parseAddress(text);
    return address !== null && set.has(address);
  };
}

function foundOf(severity: number): Found {
  const word = SEVERITIES[severity];
  return word === undefined || word === 'info' ? 'clean' : word;
}
