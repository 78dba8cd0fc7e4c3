import type { Fate, LayerDecision } from '../model/reachability.ts';
import { cut, isEmpty, overlaps } from './boxes.ts';
import type { PreparedChain } from './compile.ts';
import type { HookPoint } from './layer.ts';
import { deliveredHere, leaveBy, localityOf } from './locality.ts';
import { basesAt, type Filter, filtersOf, hookOf, isBeforeTracking } from './netfilter-order.ts';
import type { AnswerPart, Evaluate, Question } from './packet.ts';
import {
  type Common,
  commonOf,
  firstParcel,
  type Parcel,
  possibly,
  type Translation,
  unreadDecision,
} from './parcel.ts';
import { type WalkContext, walk } from './walk.ts';

type Shared = Pick<WalkContext, 'common' | 'visit' | 'budget'>;

/** Steps of one question, some millions a second: where it ends the rest is unknown. */
const BUDGET = 4_000_000;

/** Splits off packets of devices that an ingress chain is not attached to. */
function atDevices(
  base: PreparedChain,
  parcel: Parcel,
): readonly [Parcel | undefined, Parcel | undefined] {
  const { devices } = hookOf(base);
  if (devices === undefined) return [parcel, undefined];
  const inside = parcel.inDevice.filter((name) => devices.includes(name));
  const outside = parcel.inDevice.filter((name) => !devices.includes(name));
  return [
    inside.length === 0 ? undefined : { ...parcel, inDevice: inside },
    outside.length === 0 ? undefined : { ...parcel, inDevice: outside },
  ];
}

/**
 * NAT chains see a connection's first packet only, and none behind the one that decided
 * (nf_nat_core.c); null: it is not certain whether there is a connection.
 */
function isPassedOver(base: PreparedChain, parcel: Parcel): boolean | null {
  const hook = hookOf(base);
  if (hook.type !== 'nat') return false;
  if (hook.point === 'prerouting' && parcel.translation !== undefined) return true;
  return parcel.state === null ? null : parcel.state !== 'new';
}

function askChain(
  base: PreparedChain,
  parcel: Parcel,
  filter: Filter,
  shared: Shared,
): readonly Parcel[] {
  const passed = isPassedOver(base, parcel);
  if (parcel.fate !== undefined || passed === true) return [parcel];
  const [here, elsewhere] = atDevices(base, parcel);
  const rest = elsewhere === undefined ? [] : [elsewhere];
  if (here === undefined) return rest;
  const beforeTracking = isBeforeTracking(base);
  const { elsewhere: central } = filter;
  const context = { ...shared, beforeTracking, elsewhere: central, passedOver: passed === null };
  return [...walk(base, here, context), ...rest];
}

function askHook(
  filter: Filter,
  point: HookPoint,
  parcels: readonly Parcel[],
  shared: Shared,
): readonly Parcel[] {
  let asked = parcels;
  for (const base of basesAt(filter, point, shared.common.family)) {
    asked = asked.flatMap((parcel) => askChain(base, parcel, filter, shared));
  }
  return asked;
}

function forwarded(parcel: Parcel, { locality }: Common): readonly Parcel[] {
  const moved = parcel.translation?.address;
  const ways = leaveBy(locality, moved ?? parcel.destination);
  if (moved === undefined) {
    return ways.map(({ to, device }) => ({
      ...parcel,
      destination: to,
      path: 'forward',
      outDevice: device,
    }));
  }
  const devices = new Set(ways.map(({ device }) => device));
  const [only] = devices.size === 1 ? devices : [null];
  return [{ ...parcel, path: 'forward', outDevice: only ?? null }];
}

/**
 * The routing decision: to the host itself, or on to another. A translated packet goes by its new
 * address; with no address of the host known that is another host's, unless it is a loopback one.
 */
function route(parcel: Parcel, filter: Filter, common: Common): readonly Parcel[] {
  if (parcel.fate !== undefined || !filter.netfilter) return [parcel];
  const { translation } = parcel;
  if (translation?.toSelf === true) return [parcel];
  if (translation?.address !== undefined) return routeMoved(parcel, translation, common);
  const here = deliveredHere(common.locality, common.family);
  const { inside, outside } = cut(parcel.destination, here);
  return [
    ...(inside.length === 0 ? [] : [{ ...parcel, destination: inside }]),
    ...(outside.length === 0 ? [] : forwarded({ ...parcel, destination: outside }, common)),
  ];
}

function routeMoved(
  parcel: Parcel,
  { address = [], by }: Translation,
  common: Common,
): readonly Parcel[] {
  const { locality, family } = common;
  const here = locality.known ? deliveredHere(locality, family) : locality.local;
  if (!overlaps(address, here)) return forwarded(parcel, common);
  if (cut(address, here).outside.length === 0) return [parcel];
  return [{ ...possibly(parcel, by), fate: 'unknown' }];
}

/** What could not be read of a filter may have closed what the rest of it lets through. */
function doubted(parcel: Parcel, { layers }: Filter): Parcel {
  if (parcel.fate !== undefined) return parcel;
  const unread = layers.filter((layer) => layer.unread.length > 0);
  return unread.reduce(
    (doubt, layer) => possibly(doubt, { fate: 'unknown', layer, decision: unreadDecision(layer) }),
    parcel,
  );
}

function askFilter(filter: Filter, parcels: readonly Parcel[], shared: Shared): readonly Parcel[] {
  const entered = askHook(filter, 'ingress', parcels, shared);
  const arrived = askHook(filter, 'prerouting', entered, shared);
  const routed = arrived.flatMap((parcel) => route(parcel, filter, shared.common));
  const here = routed.filter(({ path }) => path === 'input');
  const onward = routed.filter(({ path }) => path === 'forward');
  const passed = askHook(filter, 'forward', onward, shared);
  return [
    ...askHook(filter, 'input', here, shared),
    ...askHook(filter, 'postrouting', passed, shared),
  ].map((parcel) => doubted(parcel, filter));
}

/** The next filter is on another machine, or knows nothing of the kernel's marks. */
function anew(parcel: Parcel, question: Question): Parcel {
  const { fate: _, ...open } = parcel;
  const { state, mark, connectionMark, outDevice, path } = firstParcel(question);
  return { ...open, state, mark, connectionMark, outDevice, path };
}

function isClosed({ fate }: Parcel): boolean {
  return fate === 'drop' || fate === 'reject';
}

function fateOf({ fate, possible }: Parcel): Fate {
  if (fate !== undefined) return fate;
  return possible.length === 0 ? 'accept' : 'unknown';
}

/** For each layer one decision; where the fate is unknown, by the rules that make it so. */
function decisionsOf({ decisions, possible }: Parcel, fate: Fate): readonly LayerDecision[] {
  if (fate !== 'unknown') return decisions.map(({ decision }) => decision);
  const unsure = new Map(decisions.map(({ layer, decision }) => [layer, decision]));
  for (const { layer, decision } of possible.toReversed()) unsure.set(layer, decision);
  return [...unsure.values()];
}

function translatedOf({ translation }: Parcel): Pick<AnswerPart, 'translated'> {
  if (translation === undefined) return {};
  const { address, port } = translation;
  return {
    translated: {
      ...(address === undefined ? {} : { address }),
      ...(port === undefined ? {} : { port }),
    },
  };
}

function partOf(parcel: Parcel): AnswerPart {
  const fate = fateOf(parcel);
  return {
    fate,
    source: parcel.source,
    destination: parcel.destination,
    sourcePort: parcel.sourcePort,
    destinationPort: parcel.destinationPort,
    inDevice: parcel.inDevice,
    conditions: parcel.conditions,
    decisions: decisionsOf(parcel, fate),
    path: parcel.path,
    ...translatedOf(parcel),
  };
}

export const evaluate: Evaluate = (layers, question, machine, visit) => {
  const common = commonOf(question, localityOf(machine, question.family));
  const shared = { common, visit, budget: { left: BUDGET } };
  const closed: Parcel[] = [];
  let open: readonly Parcel[] = isEmpty(question) ? [] : [firstParcel(question)];
  for (const filter of filtersOf(layers)) {
    const fresh = open.map((parcel) => anew(parcel, question));
    const answered = askFilter(filter, fresh, shared);
    closed.push(...answered.filter(isClosed));
    open = answered.filter((parcel) => !isClosed(parcel));
  }
  return [...closed, ...open].map(partOf);
};
