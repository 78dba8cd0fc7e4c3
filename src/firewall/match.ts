import { type Box, cut, FULL_PORTS, fullAddresses, overlaps } from './boxes.ts';
import type { Cell, Field, NameField, NumberField, Test } from './layer.ts';
import type { Common, Parcel } from './parcel.ts';
import { difference, includes, type Ranges, union } from './ranges.ts';

/** Whether a test holds for some packets: `maybe` where nobody can say. */
type Held = 'hit' | 'miss' | 'maybe';

/** Some of a parcel's packets, and whether the test holds for them. */
interface Piece {
  readonly held: Held;
  readonly parcel: Parcel;
}

/** One word for the whole parcel, or the parcel in disjoint pieces. */
export type Holding = Held | readonly Piece[];

/** What a test sees besides the parcel. */
export interface View {
  readonly common: Common;
  /** Chains before priority -200 come before connection tracking (netfilter_ipv4.h, NF_IP_PRI_CONNTRACK). */
  readonly beforeTracking: boolean;
  /** Rules of a router in front: its devices are not this machine's. */
  readonly elsewhere: boolean;
}

/** Tests that a packet alone decides. */
type Decidable = Exclude<Test, { test: 'opaque' | 'limit' }>;

const word = (held: boolean): Held => (held ? 'hit' : 'miss');

function opposite(held: Held): Held {
  return held === 'maybe' ? held : word(held === 'miss');
}

function turned(holding: Holding, not: boolean | undefined): Holding {
  if (not !== true) return holding;
  if (typeof holding === 'string') return opposite(holding);
  return holding.map(({ held, parcel }) => ({ held: opposite(held), parcel }));
}

function split<S extends keyof Box>(
  parcel: Parcel,
  side: S,
  inside: Box[S],
  outside: Box[S],
): Holding {
  if (outside.length === 0) return 'hit';
  if (inside.length === 0) return 'miss';
  return [
    { held: 'hit', parcel: { ...parcel, [side]: inside } },
    { held: 'miss', parcel: { ...parcel, [side]: outside } },
  ];
}

function holdPorts(
  parcel: Parcel,
  side: 'sourcePort' | 'destinationPort',
  ports: Ranges<number>,
): Holding {
  const { inside, outside } = cut(parcel[side], ports);
  return split(parcel, side, inside, outside);
}

function holdAddresses(
  parcel: Parcel,
  side: 'source' | 'destination',
  set: Ranges<bigint>,
): Holding {
  const { inside, outside } = cut(parcel[side], set);
  return split(parcel, side, inside, outside);
}

/** Of several values one is the packet's, nobody knows which. */
function holdOneOf<T extends number | bigint>(values: Ranges<T>, wanted: Ranges<T>): Held {
  if (!overlaps(values, wanted)) return 'miss';
  return cut(values, wanted).outside.length === 0 ? 'hit' : 'maybe';
}

// Protocols with ports: TCP, UDP, DCCP, SCTP, UDP-Lite (IANA protocol numbers)
const WITH_PORTS = new Set([6, 17, 33, 132, 136]);
const ICMP = new Set([1, 58]);
const TCP = 6;

export function hasPorts(protocol: number): boolean {
  return WITH_PORTS.has(protocol);
}

function stateSeen(parcel: Parcel, view: View) {
  // the kernel finds no connection yet (nft_ct.c, xt_conntrack.c: NF_CT_STATE_INVALID_BIT)
  return view.beforeTracking && parcel.state !== 'untracked' ? 'invalid' : parcel.state;
}

/** Whether there is a connection to ask about; null: not certain. */
export function tracked(parcel: Parcel, view: View): boolean | null {
  const state = stateSeen(parcel, view);
  return state === null ? null : state !== 'invalid' && state !== 'untracked';
}

/** Without a connection a test on it fails, negated or not. */
function ofConnection(parcel: Parcel, view: View, asked: () => Holding): Holding {
  const has = tracked(parcel, view);
  if (has === false) return 'miss';
  return has === null ? 'maybe' : asked();
}

/** A set of numbers with mask and negation worked in. */
function wantedPorts(test: NumberTest): Ranges<number> {
  if (test.mask === undefined && test.not !== true) return test.in;
  const known = wantedByTest.get(test);
  if (known !== undefined) return known;
  const plain = test.mask === undefined ? test.in : unmasked(test.in, test.mask);
  const wanted = test.not === true ? difference(FULL_PORTS, plain) : plain;
  wantedByTest.set(test, wanted);
  return wanted;
}

type NumberTest = Extract<Test, { test: 'number' }>;
const wantedByTest = new WeakMap<NumberTest, Ranges<number>>();

function unmasked(wanted: Ranges<number>, mask: number): Ranges<number> {
  const bounds: number[] = [];
  let inside = false;
  for (let port = 0; port < 65_536; port += 1) {
    if (includes(wanted, port & mask) === inside) continue;
    bounds.push(port);
    inside = !inside;
  }
  return inside ? [...bounds, 65_536] : bounds;
}

function holdNumberValue(value: number | null | undefined, test: NumberTest): Held {
  if (value === null || value === undefined) return 'maybe';
  const seen = test.mask === undefined ? value : (value & test.mask) >>> 0;
  return word(includes(test.in, seen) !== (test.not === true));
}

function holdDestinationPort(parcel: Parcel, wanted: Ranges<number>): Holding {
  const ports = parcel.translation?.port;
  return ports === undefined
    ? holdPorts(parcel, 'destinationPort', wanted)
    : holdOneOf(ports, wanted);
}

function holdNumber(test: NumberTest, parcel: Parcel, view: View): Holding {
  const { common } = view;
  const field: NumberField = test.field;
  switch (field) {
    case 'protocol':
      return holdNumberValue(common.protocol, test);
    case 'source-port':
      if (!hasPorts(common.protocol)) return 'miss';
      return holdPorts(parcel, 'sourcePort', wantedPorts(test));
    case 'destination-port':
      if (!hasPorts(common.protocol)) return 'miss';
      return holdDestinationPort(parcel, wantedPorts(test));
    case 'original-port':
      if (!hasPorts(common.protocol)) return 'miss';
      return ofConnection(parcel, view, () =>
        common.firstPacket ? holdPorts(parcel, 'destinationPort', wantedPorts(test)) : 'maybe',
      );
    case 'icmp-type':
      return ICMP.has(common.protocol) ? holdNumberValue(common.icmpType, test) : 'miss';
    case 'icmp-code':
      return ICMP.has(common.protocol) ? holdNumberValue(common.icmpCode, test) : 'miss';
    case 'hop-limit':
      return 'maybe';
    case 'mark':
      return holdNumberValue(parcel.mark, test);
    default:
      return ofConnection(parcel, view, () => holdNumberValue(parcel.connectionMark, test));
  }
}

function holdDestination(parcel: Parcel, wanted: Ranges<bigint>): Holding {
  const { translation } = parcel;
  if (translation?.address !== undefined) return holdOneOf(translation.address, wanted);
  return translation?.toSelf === true ? 'maybe' : holdAddresses(parcel, 'destination', wanted);
}

type AddressTest = Extract<Test, { test: 'address' }>;

function holdAddress({ field, in: wanted, not }: AddressTest, parcel: Parcel, view: View): Holding {
  if (wanted.family !== view.common.family) return 'miss';
  switch (field) {
    case 'source':
      return turned(holdAddresses(parcel, 'source', wanted.ranges), not);
    case 'destination':
      return turned(holdDestination(parcel, wanted.ranges), not);
    default:
      return ofConnection(parcel, view, () => {
        if (!view.common.firstPacket) return 'maybe';
        return turned(holdAddresses(parcel, 'destination', wanted.ranges), not);
      });
  }
}

/** A pattern is a name, or a beginning and `*`. */
function named(patterns: readonly string[], name: string): boolean {
  return patterns.some((pattern) =>
    pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
  );
}

function holdInDevice(names: readonly string[], parcel: Parcel, view: View): Holding {
  // a router's device names say nothing about ours, unless the question names them
  if (view.elsewhere && !view.common.devices.some((device) => named(names, device))) return 'maybe';
  const inside = parcel.inDevice.filter((device) => named(names, device));
  if (inside.length === parcel.inDevice.length) return 'hit';
  if (inside.length === 0) return 'miss';
  const outside = parcel.inDevice.filter((device) => !named(names, device));
  return split(parcel, 'inDevice', inside, outside);
}

/** Address types as the kernel's FIB names them; the ones that the machine's tables do not tell are left out. */
function addressesOfType(type: string, { family, locality }: Common, own: boolean): Ranges<bigint> {
  const { broadcast, multicast } = locality;
  const others = union(broadcast, multicast);
  const local = own && !locality.known ? difference(fullAddresses(family), others) : locality.local;
  if (type === 'local') return local;
  if (type === 'broadcast') return broadcast;
  if (type === 'multicast') return multicast;
  if (type !== 'unicast') return [];
  return difference(fullAddresses(family), union(local, others));
}

function addressesOfTypes(types: readonly string[], common: Common, own: boolean): Ranges<bigint> {
  return types
    .map((type) => addressesOfType(type, common, own))
    .reduce((all, some) => union(all, some), []);
}

function holdDestinationType(types: readonly string[], parcel: Parcel, common: Common): Holding {
  const { translation } = parcel;
  if (translation?.toSelf === true) return word(types.includes('local'));
  const moved = translation?.address !== undefined;
  return holdDestination(parcel, addressesOfTypes(types, common, !moved));
}

/** Link-layer type by what IP makes of it (RFC 1122 §3.3.6, RFC 1112 §6.4); what is neither is `host`. */
function holdPacketType(types: readonly string[], parcel: Parcel, common: Common): Holding {
  const special = ['broadcast', 'multicast'];
  const wanted = special.filter((type) => types.includes(type));
  const unnamed = special.filter((type) => !types.includes(type));
  if (!types.includes('host')) {
    return holdAddresses(parcel, 'destination', addressesOfTypes(wanted, common, true));
  }
  const others = addressesOfTypes(unnamed, common, true);
  return holdAddresses(parcel, 'destination', difference(fullAddresses(common.family), others));
}

function holdStatus(names: readonly string[], parcel: Parcel, view: View): Holding {
  if (!view.common.firstPacket) return 'maybe';
  if (!names.includes('dnat')) return 'miss';
  return parcel.translated === null ? 'maybe' : word(parcel.translated);
}

function holdNames(
  field: NameField,
  names: readonly string[],
  parcel: Parcel,
  view: View,
): Holding {
  const { common } = view;
  if (field.endsWith('-type') && !common.typesKnown) return 'maybe';
  switch (field) {
    case 'in-device':
      return holdInDevice(names, parcel, view);
    case 'out-device':
      // the way from a router in front to the host is not told
      if (view.elsewhere) return 'maybe';
      return parcel.outDevice === null ? 'maybe' : word(named(names, parcel.outDevice));
    case 'state': {
      const state = stateSeen(parcel, view);
      return state === null ? 'maybe' : word(names.includes(state));
    }
    case 'status':
      return holdStatus(names, parcel, view);
    case 'direction':
      return common.firstPacket ? word(names.includes('original')) : 'maybe';
    case 'source-type':
      return holdAddresses(parcel, 'source', addressesOfTypes(names, common, false));
    case 'destination-type':
      return holdDestinationType(names, parcel, common);
    default:
      return holdPacketType(names, parcel, common);
  }
}

function holdName(
  { field, in: names, not }: Extract<Test, { test: 'name' }>,
  parcel: Parcel,
  view: View,
): Holding {
  const asked = () => turned(holdNames(field, names, parcel, view), not);
  return field === 'status' || field === 'direction' ? ofConnection(parcel, view, asked) : asked();
}

const ADDRESS_FIELDS: ReadonlySet<Field> = new Set([
  'source',
  'destination',
  'original-destination',
]);
const NAME_FIELDS: ReadonlySet<Field> = new Set([
  'in-device',
  'out-device',
  'state',
  'status',
  'direction',
  'source-type',
  'destination-type',
  'packet-type',
]);

function isAddressField(field: Field): field is AddressTest['field'] {
  return ADDRESS_FIELDS.has(field);
}

function isNameField(field: Field): field is NameField {
  return NAME_FIELDS.has(field);
}

/** A test that never holds for a cell whose kind does not fit its field. */
const NEVER: Decidable = { test: 'never' };

function cellTest(field: Field, cell: Exclude<Cell, 'any'>): Decidable {
  if (field === 'family') {
    return 'numbers' in cell
      ? { test: 'family', family: includes(cell.numbers, 4) ? 4 : 6 }
      : NEVER;
  }
  if (isAddressField(field)) {
    return 'addresses' in cell ? { test: 'address', field, in: cell.addresses } : NEVER;
  }
  if (isNameField(field)) {
    return 'names' in cell ? { test: 'name', field, in: cell.names } : NEVER;
  }
  return 'numbers' in cell ? { test: 'number', field, in: cell.numbers } : NEVER;
}

const OF_CONNECTION: ReadonlySet<Field> = new Set([
  'original-port',
  'original-destination',
  'connection-mark',
  'status',
  'direction',
]);

/** Whether a packet has a field at all, whatever its value. */
function holdField(field: Field, parcel: Parcel, view: View): Held {
  const { protocol } = view.common;
  if (field.endsWith('-port') && !hasPorts(protocol)) return 'miss';
  if (field.startsWith('icmp-') && !ICMP.has(protocol)) return 'miss';
  if (!OF_CONNECTION.has(field)) return 'hit';
  const has = tracked(parcel, view);
  return has === null ? 'maybe' : word(has);
}

/** A row holds when all its cells do. */
export function holdRow(
  fields: readonly Field[],
  row: readonly Cell[],
  parcel: Parcel,
  view: View,
): Holding {
  const out: Piece[] = [];
  let rest = parcel;
  let sure = true;
  for (const [at, field] of fields.entries()) {
    const cell = row[at] ?? 'any';
    const holding =
      cell === 'any' ? holdField(field, parcel, view) : hold(cellTest(field, cell), rest, view);
    if (holding === 'miss')
      return out.length === 0 ? 'miss' : [...out, { held: 'miss', parcel: rest }];
    if (holding === 'maybe') sure = false;
    if (typeof holding === 'string') continue;
    const inside = holding.find(({ held }) => held !== 'miss');
    out.push(...holding.filter(({ held }) => held === 'miss'));
    if (inside === undefined) return out;
    rest = inside.parcel;
  }
  const held = sure ? 'hit' : 'maybe';
  return out.length === 0 ? held : [...out, { held, parcel: rest }];
}

type TupleTest = Extract<Test, { test: 'tuple' }>;

/** Union over rows: a packet that one row holds for is not asked about further. */
function holdRows({ fields, rows }: TupleTest, parcel: Parcel, view: View): Holding {
  let undecided: readonly Piece[] = [{ held: 'miss', parcel }];
  const hits: Piece[] = [];
  for (const row of rows) {
    if (undecided.length === 0) break;
    undecided = undecided.flatMap((piece) => {
      const holding = holdRow(fields, row, piece.parcel, view);
      if (holding === 'miss') return [piece];
      const pieces =
        typeof holding === 'string' ? [{ held: holding, parcel: piece.parcel }] : holding;
      hits.push(...pieces.filter(({ held }) => held === 'hit'));
      return pieces
        .filter(({ held }) => held !== 'hit')
        .map((some) => (some.held === 'miss' ? { held: piece.held, parcel: some.parcel } : some));
    });
  }
  const [only, ...more] = [...hits, ...undecided];
  return only !== undefined && more.length === 0 ? only.held : [...hits, ...undecided];
}

function ofFamily(row: readonly Cell[], family: number): boolean {
  return row.every(
    (cell) => cell === 'any' || !('addresses' in cell) || cell.addresses.family === family,
  );
}

/** A negated tuple, too, holds only for packets that have all its fields. */
function holdTuple(test: TupleTest, parcel: Parcel, view: View): Holding {
  if (test.not !== true) return holdRows(test, parcel, view);
  const has = test.fields.map((field) => holdField(field, parcel, view));
  if (has.includes('miss')) return 'miss';
  const { family } = view.common;
  if (test.rows.length > 0 && !test.rows.some((row) => ofFamily(row, family))) return 'miss';
  return has.includes('maybe') ? 'maybe' : turned(holdRows(test, parcel, view), true);
}

/** Holds a test against a parcel. `opaque` and `limit` are for the caller, who knows what follows. */
export function hold(test: Decidable, parcel: Parcel, view: View): Holding {
  switch (test.test) {
    case 'family':
      return word(test.family === view.common.family);
    case 'number':
      return holdNumber(test, parcel, view);
    case 'address':
      return holdAddress(test, parcel, view);
    case 'name':
      return holdName(test, parcel, view);
    case 'tcp-flags': {
      const { protocol, tcpFlags } = view.common;
      if (protocol !== TCP) return 'miss';
      if (tcpFlags === undefined) return 'maybe';
      return word(test.in.includes(tcpFlags & test.mask) !== (test.not === true));
    }
    case 'tuple':
      return holdTuple(test, parcel, view);
    default:
      return 'miss';
  }
}
