import type { Action, AddressRanges } from '../../layer.ts';
import type { Ranges } from '../../ranges.ts';
import { type CellKey, rangesIn } from './cell.ts';
import { familyIs } from './field.ts';
import { isObject, type Json, type JsonObject, listed, only, textAt } from './json.ts';
import { cellUnder, mapOf, mapParts } from './map.ts';
import type { Part } from './match.ts';
import type { Scope } from './sets.ts';
import { SERVICES } from './words.ts';

export function redirectParts(value: Json, scope: Scope): readonly Part[] | undefined {
  const port = isObject(value) ? value['port'] : undefined;
  if (port === undefined) return [{ do: 'redirect' }];
  const map = mapOf(port);
  if (map !== undefined) {
    return mapParts(map, scope, (data) => {
      const ports = portsOf(data);
      return ports === undefined ? undefined : { do: 'redirect', ports };
    });
  }
  const ports = portsOf(port);
  return ports === undefined ? undefined : [{ do: 'redirect', ports }];
}

export function dnatParts(value: Json, scope: Scope): readonly Part[] | undefined {
  if (!isObject(value)) return undefined;
  const { addr, port } = value;
  const family = dnatFamily(value, scope);
  const needs = family === undefined ? [] : [familyIs(family)];
  const addressMap = mapOf(addr);
  const portMap = mapOf(port);
  if (addressMap !== undefined || portMap !== undefined) {
    const map = addressMap ?? portMap;
    if (map === undefined || (addr !== undefined && port !== undefined)) return undefined;
    const rows = mapParts(map, scope, (data) =>
      addressMap === undefined ? dnatTo(undefined, data, family) : dnatOfData(data, family),
    );
    return rows === undefined ? undefined : [...needs, ...rows];
  }
  const action = dnatTo(addr, port, family);
  return action === undefined ? undefined : [...needs, action];
}

/** Of the translation itself, of its address, or of the table. */
function dnatFamily(dnat: JsonObject, scope: Scope): 4 | 6 | undefined {
  const family = textAt(dnat, 'family') ?? scope.family;
  if (family === 'ip') return 4;
  return family === 'ip6' ? 6 : undefined;
}

function dnatOfData(data: Json, family: 4 | 6 | undefined): Action | undefined {
  const [kind, parts] = only(data) ?? [];
  if (kind !== 'concat') return dnatTo(data, undefined, family);
  const [address, port, ...more] = listed(parts);
  return more.length > 0 ? undefined : dnatTo(address, port, family);
}

function dnatTo(
  address: Json | undefined,
  port: Json | undefined,
  family: 4 | 6 | undefined,
): Action | undefined {
  const ports = port === undefined ? undefined : portsOf(port);
  const to = address === undefined ? undefined : addressesOf(address, family);
  if ((port !== undefined && ports === undefined) || (address !== undefined && to === undefined)) {
    return undefined;
  }
  return {
    do: 'dnat',
    ...(to === undefined ? {} : { to }),
    ...(ports === undefined ? {} : { ports }),
  };
}

function addressesOf(value: Json, family: 4 | 6 | undefined): AddressRanges | undefined {
  const families = family === undefined ? ([4, 6] as const) : [family];
  for (const each of families) {
    const ranges = rangesIn(each, value);
    if (ranges !== undefined) return { family: each, ranges };
  }
  return undefined;
}

const PORT_KEY = {
  holds: 'number',
  field: 'destination-port',
  words: SERVICES,
  most: 0xffff,
  needs: [],
} as const satisfies CellKey;

function portsOf(value: Json): Ranges<number> | undefined {
  const cell = cellUnder(PORT_KEY, value);
  return cell !== undefined && cell !== 'any' && 'numbers' in cell ? cell.numbers : undefined;
}
