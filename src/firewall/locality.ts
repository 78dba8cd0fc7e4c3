import type { Machine } from '../model/machine.ts';
import { readNetwork } from '../model/network.ts';
import { cut, fullAddresses } from './boxes.ts';
import type { Family } from './layer.ts';
import { difference, type Ranges, rangesOf, union } from './ranges.ts';

/** What the addresses of one family are to a machine, as its routing would tell. */
export interface Locality {
  /** Whether any address of its own, besides the loopback, is known. */
  readonly known: boolean;
  readonly local: Ranges<bigint>;
  readonly broadcast: Ranges<bigint>;
  readonly multicast: Ranges<bigint>;
  /** Most specific first. */
  readonly routes: readonly { readonly to: Ranges<bigint>; readonly device: string }[];
  /** Own addresses by device, the device's first one first. */
  readonly byDevice: ReadonlyMap<string, readonly bigint[]>;
}

function block(text: string): Ranges<bigint> {
  const network = readNetwork(text);
  return network === null ? [] : [network.first, network.last + 1n];
}

// 127/8 and ::1 (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3), multicast (RFC 5771, RFC 4291 §2.7)
const LOOPBACK = { 4: block('127.0.0.0/8'), 6: block('::1') } as const;
const MULTICAST = { 4: block('224.0.0.0/4'), 6: block('ff00::/8') } as const;
const LIMITED_BROADCAST = block('255.255.255.255');

export function loopbackAddresses(family: Family): Ranges<bigint> {
  return LOOPBACK[family];
}

interface OwnAddress {
  readonly device: string;
  readonly loopback: boolean;
  readonly value: bigint;
  readonly network: Ranges<bigint>;
  readonly prefix: number;
}

function ownAddresses(machine: Machine, family: Family): readonly OwnAddress[] {
  return machine.devices.flatMap((device) =>
    device.addresses.flatMap(({ address, prefix }) => {
      const own = readNetwork(address);
      const bare = address.split('%', 1)[0];
      const network = readNetwork(`${bare}/${prefix}`);
      if (own === null || network === null || own.family !== family) return [];
      return [
        {
          device: device.name,
          loopback: device.loopback,
          value: own.first,
          network: [network.first, network.last + 1n],
          prefix,
        },
      ];
    }),
  );
}

function points(values: readonly bigint[]): Ranges<bigint> {
  return rangesOf(
    values.map((value) => [value, value] as const),
    1n,
  );
}

/** The last address of each network; a /31 or /32 has none (RFC 3021). */
function broadcasts(own: readonly OwnAddress[], family: Family): Ranges<bigint> {
  if (family === 6) return [];
  const wide = own.filter(({ loopback, prefix }) => !loopback && prefix < 31);
  return union(LIMITED_BROADCAST, points(wide.map(({ network }) => (network[1] as bigint) - 1n)));
}

/** Routes of the table, then the networks that the devices are in, for a table that leaves them out. */
function routesOf(machine: Machine, own: readonly OwnAddress[], family: Family) {
  const table = machine.routes.flatMap(({ to, device }) => {
    const network = readNetwork(to);
    if (network === null || network.family !== family) return [];
    return [{ to: [network.first, network.last + 1n] as Ranges<bigint>, device }];
  });
  const connected = own.map(({ network, device }) => ({ to: network, device }));
  const size = (to: Ranges<bigint>) => (to[1] as bigint) - (to[0] as bigint);
  return [...table, ...connected].sort((a, b) => {
    const larger = size(a.to) - size(b.to);
    return larger < 0n ? -1 : larger > 0n ? 1 : 0;
  });
}

function group(own: readonly OwnAddress[]): ReadonlyMap<string, readonly bigint[]> {
  const byDevice = new Map<string, bigint[]>();
  for (const { device, value } of own) {
    const values = byDevice.get(device) ?? [];
    values.push(value);
    byDevice.set(device, values);
  }
  return byDevice;
}

function survey(machine: Machine, family: Family): Locality {
  const own = ownAddresses(machine, family);
  const local = union(LOOPBACK[family], points(own.map(({ value }) => value)));
  return {
    known: own.some(({ loopback }) => !loopback),
    local,
    broadcast: difference(broadcasts(own, family), local),
    multicast: MULTICAST[family],
    routes: routesOf(machine, own, family),
    byDevice: group(own),
  };
}

const surveyed = new WeakMap<Machine, Map<Family, Locality>>();

export function localityOf(machine: Machine, family: Family): Locality {
  const byFamily = surveyed.get(machine) ?? new Map<Family, Locality>();
  surveyed.set(machine, byFamily);
  const known = byFamily.get(family) ?? survey(machine, family);
  byFamily.set(family, known);
  return known;
}

/** Own addresses of the machine that others can send to; empty when none are known. */
export function reachableAddresses(machine: Machine, family: Family): Ranges<bigint> {
  const loopbacks = new Set(machine.devices.filter((d) => d.loopback).map((d) => d.name));
  const { byDevice } = localityOf(machine, family);
  const values = [...byDevice].filter(([name]) => !loopbacks.has(name)).flatMap(([, v]) => v);
  return difference(points(values), LOOPBACK[family]);
}

/** Addresses that the machine takes in itself. With none of its own known: all that it is asked about. */
export function deliveredHere(locality: Locality, family: Family): Ranges<bigint> {
  if (!locality.known) return fullAddresses(family);
  return union(union(locality.local, locality.broadcast), locality.multicast);
}

/** Where packets to a set of addresses leave; `null`: no route is known. */
export function leaveBy(
  locality: Locality,
  to: Ranges<bigint>,
): readonly { readonly to: Ranges<bigint>; readonly device: string | null }[] {
  const out: { to: Ranges<bigint>; device: string | null }[] = [];
  let rest = to;
  for (const route of locality.routes) {
    if (rest.length === 0) break;
    const { inside, outside } = cut(rest, route.to);
    if (inside.length > 0) out.push({ to: inside, device: route.device });
    rest = outside;
  }
  if (rest.length > 0) out.push({ to: rest, device: null });
  return out;
}
