import type { Fate, LayerDecision, RuleReference } from '../model/reachability.ts';
import type { Box } from './boxes.ts';
import type { Chain, Family, Layer, Rule, Table } from './layer.ts';
import type { Locality } from './locality.ts';
import type { Question } from './packet.ts';
import type { Ranges } from './ranges.ts';

/** Connection state as a test sees it; null: not certain. */
export type State = 'new' | 'established' | 'related' | 'invalid' | 'untracked' | null;

/** What all packets of one question have in common. */
export interface Common {
  readonly family: Family;
  readonly protocol: number;
  readonly icmpType: number | undefined;
  readonly icmpCode: number | undefined;
  /** Not known where it stands for packets of all kinds. */
  readonly tcpFlags: number | undefined;
  /** Of a connection seen before, what was done to it then is not known. */
  readonly firstPacket: boolean;
  readonly locality: Locality;
  /** Whether the packets are those of one host, so that `locality` tells local from unicast ones. */
  readonly typesKnown: boolean;
  readonly devices: readonly string[];
}

/** Where a packet goes instead. Of several values one is taken, no one can say which. */
export interface Translation {
  readonly address?: Ranges<bigint>;
  readonly port?: Ranges<number>;
  /** To an address of this machine that is not known; `address` is absent then. */
  readonly toSelf: boolean;
  /** The rule, for when it cannot be told whose the new address is. */
  readonly by: PossibleFate;
}

/** What the tests can see of a packet besides its box, and rules can change. */
export interface Marks {
  readonly state: State;
  /** null: not certain. */
  readonly mark: number | null;
  readonly connectionMark: number | null;
}

/** Something that a rule may do, or not: `unknown` stands for anything at all. */
export interface PossibleFate {
  readonly fate: Fate;
  readonly layer: Layer;
  readonly decision: LayerDecision;
}

/** What one layer had to say so far, the more telling of its base chains. */
export interface RankedDecision {
  readonly layer: Layer;
  readonly rank: number;
  readonly decision: LayerDecision;
}

/** Packets of a question that all went the same way so far. Never changed, only replaced. */
export interface Parcel extends Box, Marks {
  /** Empty where there is none yet (the name that the kernel compares with); null: no route is known. */
  readonly outDevice: string | null;
  readonly path: 'input' | 'forward';
  readonly translation?: Translation;
  /** Whether the connection's destination was changed; null: not certain. */
  readonly translated: boolean | null;
  readonly possible: readonly PossibleFate[];
  /** Set while some rule of the current base chain may have accepted the packet already. */
  readonly accepted?: Marks;
  /** The first of those rules. */
  readonly acceptedBy?: PossibleFate;
  readonly decisions: readonly RankedDecision[];
  readonly conditions: readonly string[];
  /** Set when it is decided. `unknown` only until the next filter, which may drop it for certain. */
  readonly fate?: Fate;
}

const SYN = 2;

export function commonOf(question: Question, locality: Locality): Common {
  return {
    family: question.family,
    protocol: question.protocol,
    icmpType: question.icmpType,
    icmpCode: question.icmpCode,
    tcpFlags: question.tcpFlags ?? SYN,
    firstPacket: question.state === undefined || question.state === 'new',
    locality,
    typesKnown: true,
    devices: question.inDevice,
  };
}

export function firstParcel(question: Question): Parcel {
  const state = question.state ?? 'new';
  return {
    source: question.source,
    destination: question.destination,
    sourcePort: question.sourcePort,
    destinationPort: question.destinationPort,
    inDevice: question.inDevice,
    state,
    mark: 0,
    connectionMark: state === 'new' ? 0 : null,
    outDevice: '',
    path: 'input',
    translated: state === 'new' ? false : null,
    possible: [],
    decisions: [],
    conditions: [],
  };
}

/** What both ways have in common; where they differ it is not certain any more. */
function blendMarks(a: Marks, b: Marks): Marks {
  return {
    state: a.state === b.state ? a.state : null,
    mark: a.mark === b.mark ? a.mark : null,
    connectionMark: a.connectionMark === b.connectionMark ? a.connectionMark : null,
  };
}

export function marksOf({ state, mark, connectionMark }: Marks): Marks {
  return { state, mark, connectionMark };
}

/** The parcel when it may also have come here with other marks. */
export function blend(parcel: Parcel, other: Marks | undefined): Parcel {
  if (other === undefined) return parcel;
  return { ...parcel, ...blendMarks(parcel, other) };
}

/** Marks of two ways that lead to one place; one of them may not exist. */
export function eitherMarks(parcel: Parcel, other: Marks | undefined): Marks {
  return other === undefined ? marksOf(parcel) : blendMarks(parcel, other);
}

/** The parcel with one more fate that it may have met; one of each kind is kept. */
export function possibly(parcel: Parcel, next: PossibleFate): Parcel {
  if (next.fate === 'accept') {
    const { accepted, acceptedBy = next } = parcel;
    return { ...parcel, accepted: eitherMarks(parcel, accepted), acceptedBy };
  }
  if (parcel.possible.some(({ fate }) => fate === next.fate)) return parcel;
  return { ...parcel, possible: [...parcel.possible, next] };
}

/** One decision of a layer, kept when it tells more than what that layer said before; rank 0 tells nothing. */
export function decided(parcel: Parcel, next: RankedDecision): Parcel {
  if (next.rank === 0) return parcel;
  const at = parcel.decisions.findIndex(({ layer }) => layer === next.layer);
  const before = parcel.decisions[at];
  if (before === undefined) return { ...parcel, decisions: [...parcel.decisions, next] };
  if (before.rank > next.rank) return parcel;
  return { ...parcel, decisions: parcel.decisions.with(at, next) };
}

export function withConditions(parcel: Parcel, phrases: readonly string[]): Parcel {
  const fresh = phrases.filter((phrase) => !parcel.conditions.includes(phrase));
  if (fresh.length === 0) return parcel;
  return { ...parcel, conditions: [...parcel.conditions, ...new Set(fresh)] };
}

interface Place {
  readonly layer: Layer;
  readonly table: Table;
  readonly chain: Chain;
}

/** Enough of a rule to find it again. */
export function referTo({ handle, line, text }: Rule): RuleReference {
  return {
    ...(handle === undefined ? {} : { handle }),
    ...(line === undefined ? {} : { line }),
    text,
  };
}

function newDecision({ layer, table, chain }: Place, rule: Rule | undefined, fate: Fate) {
  return {
    layer: layer.kind,
    origin: layer.origin,
    table: table.name,
    chain: chain.name,
    ...(rule === undefined ? {} : { rule: referTo(rule) }),
    fate,
  };
}

const decisionsByRule = new WeakMap<Rule | Chain, Map<Fate, LayerDecision>>();

/** One object for each rule (or policy) and fate: parts are told apart by it. */
export function decisionOf(place: Place, rule: Rule | undefined, fate: Fate): LayerDecision {
  const key = rule ?? place.chain;
  const byFate = decisionsByRule.get(key) ?? new Map<Fate, LayerDecision>();
  decisionsByRule.set(key, byFate);
  const known = byFate.get(fate) ?? newDecision(place, rule, fate);
  byFate.set(fate, known);
  return known;
}

const unreadDecisions = new WeakMap<Layer, LayerDecision>();

/** What stands for the rules of a layer that could not be read. */
export function unreadDecision(layer: Layer): LayerDecision {
  const known = unreadDecisions.get(layer) ?? {
    layer: layer.kind,
    origin: layer.origin,
    table: '',
    chain: '',
    rule: { text: `not read: ${layer.unread[0]}` },
    fate: 'unknown',
  };
  unreadDecisions.set(layer, known);
  return known;
}
