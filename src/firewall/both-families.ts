import { type Network, readNetwork } from '../model/network.ts';
import { fullAddresses } from './boxes.ts';
import { addressText, cidrsOf } from './cidrs.ts';
import {
  type AddressField,
  type AddressRanges,
  FAMILIES,
  type Family,
  type Test,
} from './layer.ts';
import { difference, intersection, pairsOf, type Ranges, rangesOf, union } from './ranges.ts';

/** Addresses of both families, as many rule languages mix them in one list. */
export type BothFamilies = Readonly<Record<Family, Ranges<bigint>>>;

const EVERY: BothFamilies = { 4: fullAddresses(4), 6: fullAddresses(6) };

export const NO_ADDRESS: BothFamilies = { 4: [], 6: [] };

/** Every address of the families named; of both when none is. */
export function everyAddress(families: readonly Family[] = FAMILIES): BothFamilies {
  return {
    4: families.includes(4) ? EVERY[4] : [],
    6: families.includes(6) ? EVERY[6] : [],
  };
}

type Merge = (a: Ranges<bigint>, b: Ranges<bigint>) => Ranges<bigint>;

function perFamily(a: BothFamilies, b: BothFamilies, merge: Merge): BothFamilies {
  return { 4: merge(a[4], b[4]), 6: merge(a[6], b[6]) };
}

export function joined(a: BothFamilies, b: BothFamilies): BothFamilies {
  return perFamily(a, b, union);
}

/** All of them at once: joining many one by one takes time by the square of their number. */
export function joinedAll(sets: readonly BothFamilies[]): BothFamilies {
  const of = (family: Family) =>
    rangesOf(
      sets.flatMap((set) => pairsOf(set[family], 1n)),
      1n,
    );
  return { 4: of(4), 6: of(6) };
}

export function shared(a: BothFamilies, b: BothFamilies): BothFamilies {
  return perFamily(a, b, intersection);
}

/** What is in `a` and not in `b`. */
export function without(a: BothFamilies, b: BothFamilies): BothFamilies {
  return perFamily(a, b, difference);
}

export function isNobody(addresses: BothFamilies): boolean {
  return addresses[4].length === 0 && addresses[6].length === 0;
}

export function ofNetworks(networks: readonly Network[]): BothFamilies {
  const pairs = (family: Family) =>
    networks
      .filter((network) => network.family === family)
      .map(({ first, last }) => [first, last] as const);
  return { 4: rangesOf(pairs(4), 1n), 6: rangesOf(pairs(6), 1n) };
}

/** Reads addresses, CIDR blocks and ranges; null when one of them is none of these. */
export function readAddresses(texts: readonly string[]): BothFamilies | null {
  const networks: Network[] = [];
  for (const text of texts) {
    const network = readNetwork(text);
    if (network === null) return null;
    networks.push(network);
  }
  return ofNetworks(networks);
}

/** The blocks of both families, IPv4 first. */
export function allBlocks(addresses: BothFamilies): string[] {
  return FAMILIES.flatMap((family) => cidrsOf(family, addresses[family]));
}

/** `192.0.2.1-192.0.2.9`, or the address alone where both ends are the same. */
export function rangeTexts(family: Family, ranges: Ranges<bigint>): string[] {
  return pairsOf(ranges, 1n).map(([first, last]) => {
    const from = addressText(family, first);
    return first === last ? from : `${from}-${addressText(family, last)}`;
  });
}

/**
 * Holds for an address of either family in the set. Without a set for one family, no packet of that
 * family matches.
 */
export function addressTest(field: AddressField, addresses: BothFamilies): Test {
  const sets: AddressRanges[] = FAMILIES.filter((family) => addresses[family].length > 0).map(
    (family) => ({ family, ranges: addresses[family] }),
  );
  const [only, other] = sets;
  if (only === undefined) return { test: 'never' };
  if (other === undefined) return { test: 'address', field, in: only };
  return { test: 'tuple', fields: [field], rows: sets.map((set) => [{ addresses: set }]) };
}

/** The test for a set; none when every address of both families is in it. */
export function addressSteps(field: AddressField, addresses: BothFamilies): Test[] {
  const whole = FAMILIES.every((family) => isWhole(family, addresses[family]));
  return whole ? [] : [addressTest(field, addresses)];
}

/** Whether a set holds every address of the family. */
export function isWhole(family: Family, ranges: Ranges<bigint>): boolean {
  return ranges.length === 2 && ranges[0] === 0n && ranges[1] === EVERY[family][1];
}
