import { type Box, cut, isOne, overlaps } from './boxes.ts';
import type { Action } from './layer.ts';
import { hasPorts } from './match.ts';
import type { Common, Parcel, PossibleFate, Translation } from './parcel.ts';
import { type Ranges, rangesOf } from './ranges.ts';

type Rewrite = Extract<Action, { do: 'dnat' | 'redirect' }>;

function point(value: bigint): Ranges<bigint> {
  return rangesOf([[value, value]], 1n);
}

/** Where a redirect sends packets of one device: its first IPv4 address, some one of its IPv6 ones (nf_nat_redirect.c). */
function ownAddress(device: string, { family, locality }: Common): Ranges<bigint> | undefined {
  const own = locality.byDevice.get(device);
  if (own === undefined || own[0] === undefined) return undefined;
  if (family === 4) return point(own[0]);
  return rangesOf(
    own.map((value) => [value, value] as const),
    1n,
  );
}

function portOf(ports: Ranges<number> | undefined, common: Common): { port?: Ranges<number> } {
  return ports === undefined || !hasPorts(common.protocol) ? {} : { port: ports };
}

function redirections(
  parcel: Parcel,
  action: Rewrite,
  by: PossibleFate,
  common: Common,
): readonly Parcel[] {
  return parcel.inDevice.map((device) => {
    const address = ownAddress(device, common);
    const to = address === undefined ? { toSelf: true } : { address, toSelf: false };
    const translation = { ...to, ...portOf(action.ports, common), by };
    return { ...parcel, inDevice: [device], translation };
  });
}

function withSide<S extends 'destination' | 'destinationPort'>(
  parcel: Parcel,
  side: S,
  wanted: Box[S] | undefined,
): readonly [same: Parcel | undefined, others: readonly Parcel[]] {
  if (wanted === undefined) return [parcel, []];
  const { inside, outside } = cut(parcel[side] as Ranges<bigint>, wanted as Ranges<bigint>);
  const others = outside.length === 0 ? [] : [{ ...parcel, [side]: outside }];
  return [inside.length === 0 ? undefined : { ...parcel, [side]: inside }, others];
}

/** What was sent there already is not marked as translated (nf_nat_core.c, nf_nat_setup_info). */
function told(parcel: Parcel, translation: Translation): readonly Parcel[] {
  const { address, port, toSelf } = translation;
  const certain =
    !toSelf && (address === undefined || isOne(address)) && (port === undefined || isOne(port));
  if (!certain) {
    const mayStay =
      (address === undefined || overlaps(address, parcel.destination)) &&
      (port === undefined || overlaps(port, parcel.destinationPort));
    return [{ ...parcel, translated: toSelf || mayStay ? null : true }];
  }
  const [there, elsewhere] = withSide(parcel, 'destination', address);
  const [same, otherPorts] = there ? withSide(there, 'destinationPort', port) : [undefined, []];
  const changed = [...elsewhere, ...otherPorts].map((part) => ({ ...part, translated: true }));
  return same === undefined ? changed : [...changed, { ...same, translated: false }];
}

/** The parcel with its new destination, in pieces where that depends on the packet; null: not a destination of its family. */
export function translate(
  parcel: Parcel,
  action: Rewrite,
  by: PossibleFate,
  common: Common,
): readonly Parcel[] | null {
  if (action.do === 'redirect') {
    const moved = redirections(parcel, action, by, common);
    return moved.flatMap((part) => (part.translation ? told(part, part.translation) : [part]));
  }
  const { to, ports } = action;
  if (to !== undefined && to.family !== common.family) return null;
  const address = to === undefined ? {} : { address: to.ranges };
  const translation: Translation = { ...address, ...portOf(ports, common), toSelf: false, by };
  return told({ ...parcel, translation }, translation);
}
