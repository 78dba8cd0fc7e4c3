import { type PreparedChain, prepared } from './compile.ts';
import type { Family, Hook, HookPoint, KindName, Layer } from './layer.ts';

/** Kinds whose rules are the kernel's: their base chains are asked together, by hook and priority. */
export const NETFILTER: ReadonlySet<KindName> = new Set([
  'nftables',
  'iptables',
  'ufw',
  'firewalld',
]);

/** Layers that are asked as one; all filters must let a packet through. */
export interface Filter {
  readonly layers: readonly Layer[];
  /** Asked at the kernel's hooks; others have one place where they filter what comes in. */
  readonly netfilter: boolean;
  /** Rules of a router in front of the machine. */
  readonly elsewhere: boolean;
}

function single(layer: Layer): Filter {
  return {
    layers: [layer],
    netfilter: NETFILTER.has(layer.kind),
    elsewhere: layer.role === 'central',
  };
}

/** The layers that have a say, in the order in which a packet meets them. */
export function filtersOf(layers: readonly Layer[]): readonly Filter[] {
  const live = layers.filter(({ role }) => role === 'live');
  const own = live.length > 0 ? live : layers.filter(({ role }) => role === 'saved');
  const kernel = own.filter(({ kind }) => NETFILTER.has(kind));
  return [
    ...layers.filter(({ role }) => role === 'central').map(single),
    ...(kernel.length === 0 ? [] : [{ layers: kernel, netfilter: true, elsewhere: false }]),
    ...own.filter(({ kind }) => !NETFILTER.has(kind)).map(single),
  ];
}

// Chains of type nat hang behind one hook of the NAT core, whatever their own priority (nf_nat_proto.c)
const NAT_PRIORITY: Partial<Record<HookPoint, number>> = {
  prerouting: -100,
  output: -100,
  input: 100,
  postrouting: 100,
};

function priorityOf({ type, priority, point }: Hook): number {
  return type === 'nat' ? (NAT_PRIORITY[point] ?? priority) : priority;
}

function compareHooks(a: Hook, b: Hook): number {
  const apart = priorityOf(a) - priorityOf(b);
  return apart === 0 && a.type === 'nat' && b.type === 'nat' ? a.priority - b.priority : apart;
}

function sees({ table }: PreparedChain, family: Family): boolean {
  if (table.family === 'ip') return family === 4;
  return table.family !== 'ip6' || family === 6;
}

/** Base chains at one hook, in the order in which they are asked (nft(8), "Base chains"). */
export function basesAt(
  filter: Filter,
  point: HookPoint,
  family: Family,
): readonly PreparedChain[] {
  const bases = filter.layers
    .flatMap((layer) => prepared(layer).bases.get(point) ?? [])
    .filter((base) => sees(base, family));
  // of equal priority the one that was registered last is asked first (netfilter/core.c, nf_hook_entries_grow)
  return bases.toReversed().sort((a, b) => compareHooks(hookOf(a), hookOf(b)));
}

const UNHOOKED: Hook = { point: 'input', priority: 0, type: 'filter' };

export function hookOf({ chain }: PreparedChain): Hook {
  return chain.hook ?? UNHOOKED;
}

/** Below this a chain comes before connection tracking (netfilter_ipv4.h, NF_IP_PRI_CONNTRACK). */
const TRACKING = -200;

export function isBeforeTracking(base: PreparedChain): boolean {
  const hook = hookOf(base);
  if (hook.point === 'ingress') return true;
  return hook.point === 'prerouting' && priorityOf(hook) < TRACKING;
}
