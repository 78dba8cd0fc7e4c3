import type { Machine } from '../model/machine.ts';
import { readNetwork } from '../model/network.ts';
import type {
  Action,
  AddressField,
  AddressRanges,
  Cell,
  Chain,
  Family,
  Field,
  Hook,
  HookPoint,
  Layer,
  NameField,
  NumberField,
  Rule,
  Table,
  Test,
} from './layer.ts';
import { includes, type Ranges } from './ranges.ts';

/*
 * The oracle of the evaluator's tests: one packet, walked as the manuals tell it, without sets,
 * index or thrift. What nobody can know is chosen by `choose`, and all choices are tried. It shares
 * nothing with the evaluator but the types and `includes`.
 */

export interface Packet {
  readonly family: Family;
  readonly protocol: number;
  readonly source: bigint;
  readonly destination: bigint;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly inDevice: string;
  readonly state: 'new' | 'established' | 'related' | 'invalid';
  readonly icmpType: number;
  readonly icmpCode: number | undefined;
  readonly tcpFlags: number;
}

export interface Outcome {
  readonly fate: 'accept' | 'drop' | 'reject' | 'unknown';
  readonly path: 'input' | 'forward';
  readonly destination: bigint | 'self';
  readonly destinationPort: number;
  /** Rule that closed it; null for a policy, absent when it was not closed. */
  readonly by?: Rule | null;
}

type Choose = (count: number) => number;

interface Going {
  readonly packet: Packet;
  readonly machine: Machine;
  readonly choose: Choose;
  readonly elsewhere: boolean;
  readonly devices: readonly string[];
  destination: bigint | 'self';
  destinationPort: number;
  state: string;
  mark: number | undefined;
  connectionMark: number | undefined;
  outDevice: string | undefined;
  path: 'input' | 'forward';
  natted: boolean;
  changed: boolean;
  early: boolean;
}

class Verdict extends Error {
  readonly fate: 'accept' | 'drop' | 'reject';
  readonly rule: Rule | null;
  constructor(fate: 'accept' | 'drop' | 'reject', rule: Rule | null) {
    super(fate);
    this.fate = fate;
    this.rule = rule;
  }
}
class Lost extends Error {}

const PORTED = [6, 17, 33, 132, 136];
const CONNECTION_FIELDS = [
  'original-port',
  'original-destination',
  'connection-mark',
  'status',
  'direction',
];

function first(text: string): bigint {
  return readNetwork(text)?.first ?? 0n;
}

function inBlock(value: bigint, block: string): boolean {
  const network = readNetwork(block);
  return network !== null && value >= network.first && value <= network.last;
}

function own(
  going: Going,
): readonly { device: string; value: bigint; loopback: boolean; last: bigint; prefix: number }[] {
  return going.machine.devices.flatMap((device) =>
    device.addresses.flatMap(({ address, prefix }) => {
      const network = readNetwork(`${address}/${prefix}`);
      if (network === null || network.family !== going.packet.family) return [];
      return [
        {
          device: device.name,
          value: first(address),
          loopback: device.loopback,
          last: network.last,
          prefix,
        },
      ];
    }),
  );
}

function isKnown(going: Going): boolean {
  return own(going).some(({ loopback }) => !loopback);
}

function typeOf(going: Going, value: bigint | 'self', local: boolean): string {
  if (value === 'self') return 'local';
  const loop = going.packet.family === 4 ? '127.0.0.0/8' : '::1';
  if (inBlock(value, loop) || own(going).some((address) => address.value === value)) return 'local';
  if (going.packet.family === 4) {
    if (value === first('255.255.255.255')) return 'broadcast';
    const nets = own(going).filter(({ loopback, prefix }) => !loopback && prefix < 31);
    if (nets.some(({ last }) => last === value)) return 'broadcast';
  }
  if (inBlock(value, going.packet.family === 4 ? '224.0.0.0/4' : 'ff00::/8')) return 'multicast';
  return local && !isKnown(going) ? 'local' : 'unicast';
}

const unsure = (going: Going): boolean => going.choose(2) === 1;

function stateNow(going: Going): string {
  return going.early && going.state !== 'untracked' ? 'invalid' : going.state;
}

function fieldExists(field: Field, going: Going): boolean {
  const { protocol } = going.packet;
  if (field.endsWith('-port')) {
    if (!PORTED.includes(protocol)) return false;
  }
  if (field.startsWith('icmp')) return protocol === 1 || protocol === 58;
  if (!CONNECTION_FIELDS.includes(field)) return true;
  return stateNow(going) !== 'invalid' && stateNow(going) !== 'untracked';
}

function numberOf(field: NumberField, going: Going): number | undefined {
  const { packet } = going;
  const known = packet.state === 'new';
  if (field === 'protocol') return packet.protocol;
  if (field === 'source-port') return packet.sourcePort;
  if (field === 'destination-port') return going.destinationPort;
  if (field === 'original-port') return known ? packet.destinationPort : undefined;
  if (field === 'icmp-type') return packet.icmpType;
  if (field === 'icmp-code') return packet.icmpCode;
  if (field === 'hop-limit') return undefined;
  return field === 'mark' ? going.mark : going.connectionMark;
}

function numberHolds(
  field: NumberField,
  wanted: Ranges<number>,
  mask: number | undefined,
  not: boolean,
  going: Going,
): boolean {
  if (!fieldExists(field, going)) return false;
  const value = numberOf(field, going);
  if (value === undefined) return unsure(going);
  return includes(wanted, mask === undefined ? value : (value & mask) >>> 0) !== not;
}

function addressHolds(
  field: AddressField,
  wanted: AddressRanges,
  not: boolean,
  going: Going,
): boolean {
  if (wanted.family !== going.packet.family || !fieldExists(field, going)) return false;
  if (field === 'source') return includes(wanted.ranges, going.packet.source) !== not;
  if (field === 'original-destination') {
    if (going.packet.state !== 'new') return unsure(going);
    return includes(wanted.ranges, going.packet.destination) !== not;
  }
  if (going.destination === 'self') return unsure(going);
  return includes(wanted.ranges, going.destination) !== not;
}

function fits(names: readonly string[], value: string): boolean {
  return names.some((pattern) =>
    pattern.endsWith('*') ? value.startsWith(pattern.replace(/\*$/, '')) : pattern === value,
  );
}

function nameHolds(
  field: NameField,
  names: readonly string[],
  not: boolean,
  going: Going,
): boolean {
  if (!fieldExists(field, going)) return false;
  const { packet } = going;
  if (field === 'in-device') {
    if (going.elsewhere && !going.devices.some((device) => fits(names, device)))
      return unsure(going);
    return fits(names, packet.inDevice) !== not;
  }
  if (field === 'out-device') {
    return going.elsewhere || going.outDevice === undefined
      ? unsure(going)
      : fits(names, going.outDevice) !== not;
  }
  if (field === 'state') return names.includes(stateNow(going)) !== not;
  if (field === 'status') {
    if (packet.state !== 'new') return unsure(going);
    return (names.includes('dnat') && going.changed) !== not;
  }
  if (field === 'direction') {
    return packet.state !== 'new' ? unsure(going) : names.includes('original') !== not;
  }
  if (field === 'source-type') return names.includes(typeOf(going, packet.source, false)) !== not;
  if (field === 'destination-type') {
    const moved = going.destination === 'self' || going.natted;
    return names.includes(typeOf(going, going.destination, !moved)) !== not;
  }
  const type = typeOf(going, packet.destination, true);
  const link = type === 'broadcast' || type === 'multicast' ? type : 'host';
  return names.includes(link) !== not;
}

function cellHolds(field: Field, cell: Cell, going: Going): boolean {
  if (cell === 'any') return fieldExists(field, going);
  if ('numbers' in cell) {
    if (field === 'family') return includes(cell.numbers, going.packet.family);
    return numberHolds(field as NumberField, cell.numbers, undefined, false, going);
  }
  if ('addresses' in cell) return addressHolds(field as AddressField, cell.addresses, false, going);
  return nameHolds(field as NameField, cell.names, false, going);
}

function tupleHolds(test: Extract<Test, { test: 'tuple' }>, going: Going): boolean {
  const row = (cells: readonly Cell[]) =>
    test.fields.every((field, at) => cellHolds(field, cells[at] ?? 'any', going));
  if (test.not !== true) return test.rows.some(row);
  if (!test.fields.every((field) => fieldExists(field, going))) return false;
  const ofFamily = (cells: readonly Cell[]) =>
    cells.every(
      (cell) =>
        cell === 'any' || !('addresses' in cell) || cell.addresses.family === going.packet.family,
    );
  if (test.rows.length > 0 && !test.rows.some(ofFamily)) return false;
  return !test.rows.some(row);
}

function holds(test: Test, going: Going): boolean {
  switch (test.test) {
    case 'family':
      return test.family === going.packet.family;
    case 'number':
      return numberHolds(test.field, test.in, test.mask, test.not === true, going);
    case 'address':
      return addressHolds(test.field, test.in, test.not === true, going);
    case 'name':
      return nameHolds(test.field, test.in, test.not === true, going);
    case 'tcp-flags': {
      if (going.packet.protocol !== 6) return false;
      return test.in.includes(going.packet.tcpFlags & test.mask) !== (test.not === true);
    }
    case 'tuple':
      return tupleHolds(test, going);
    case 'limit':
      return !test.over;
    case 'never':
      return false;
    default:
      return unsure(going);
  }
}

function values<T extends number | bigint>(ranges: Ranges<T>, one: T): readonly T[] {
  const out: T[] = [];
  for (let at = 0; at < ranges.length; at += 2) {
    let value = ranges[at] as T;
    while (value < (ranges[at + 1] as T) && out.length < 8) {
      out.push(value);
      value = ((value as number) + (one as number)) as T;
    }
  }
  return out;
}

function pick<T extends number | bigint>(ranges: Ranges<T>, one: T, going: Going): T {
  const all = values(ranges, one);
  return all[all.length === 1 ? 0 : going.choose(all.length)] as T;
}

function rewrite(action: Extract<Action, { do: 'dnat' | 'redirect' }>, going: Going): void {
  const before = [going.destination, going.destinationPort];
  if (action.do === 'redirect') {
    const mine = own(going).filter(({ device }) => device === going.packet.inDevice);
    const many = going.packet.family === 6 ? mine : mine.slice(0, 1);
    going.destination =
      many.length === 0
        ? 'self'
        : (many[many.length === 1 ? 0 : going.choose(many.length)]?.value ?? 'self');
  } else if (action.to !== undefined) {
    if (action.to.family !== going.packet.family) throw new Lost();
    going.destination = pick(action.to.ranges, 1n, going);
  }
  if (action.ports !== undefined && PORTED.includes(going.packet.protocol)) {
    going.destinationPort = pick(action.ports, 1, going);
  }
  going.natted = action.do === 'redirect' || action.to !== undefined || going.natted;
  going.changed =
    going.destination === 'self'
      ? unsure(going)
      : going.destination !== before[0] || going.destinationPort !== before[1];
}

interface Place {
  readonly layer: Layer;
  readonly table: Table;
}

type Way = 'on' | 'rule ends' | 'returned';

function act(
  action: Action,
  rule: Rule,
  place: Place,
  going: Going,
  nat: { done: boolean },
  depth: number,
): Way {
  switch (action.do) {
    case 'accept':
    case 'drop':
    case 'reject':
      throw new Verdict(action.do, rule);
    case 'snat':
      throw new Verdict('accept', rule);
    case 'return':
      return 'returned';
    case 'jump':
    case 'goto': {
      const chain = place.table.chains.find(({ name }) => name === action.chain);
      const most = place.layer.kind === 'nftables' ? 16 : 256;
      if (chain === undefined || depth >= most) throw new Lost();
      run(chain, place, going, nat, depth + 1);
      return action.do === 'jump' ? 'rule ends' : 'returned';
    }
    case 'map': {
      const row = action.rows.find(({ key }) =>
        action.fields.every((field, at) => cellHolds(field, key[at] ?? 'any', going)),
      );
      return row === undefined ? 'rule ends' : act(row.action, rule, place, going, nat, depth);
    }
    case 'dnat':
    case 'redirect':
      rewrite(action, going);
      nat.done = true;
      throw new Verdict('accept', rule);
    case 'set-mark': {
      const set = (old: number | undefined) =>
        old === undefined && action.and !== 0
          ? undefined
          : (((old ?? 0) & action.and) ^ action.xor) >>> 0;
      if (action.field === 'mark') going.mark = set(going.mark);
      else if (fieldExists('connection-mark', going))
        going.connectionMark = set(going.connectionMark);
      return 'on';
    }
    case 'copy-mark':
      if (!fieldExists('connection-mark', going)) return 'on';
      if (action.to === 'mark') going.mark = going.connectionMark;
      else going.connectionMark = going.mark;
      return 'on';
    case 'notrack':
      if (going.early || going.state === 'invalid') going.state = 'untracked';
      return 'on';
    default:
      throw new Lost();
  }
}

function run(
  chain: Chain,
  place: Place,
  going: Going,
  nat: { done: boolean },
  depth: number,
): void {
  if (chain.order === 'last') return runLast(chain, place, going);
  for (const rule of chain.rules) {
    for (const step of rule.steps) {
      if ('test' in step) {
        if (holds(step, going)) continue;
        break;
      }
      const way = act(step, rule, place, going, nat, depth);
      if (way === 'returned') return;
      if (way === 'rule ends') break;
    }
  }
}

/** What the rules of a chain come to: the last that matched, and whether one said `quick`. */
interface Matched {
  readonly winner: Rule | undefined;
  readonly quick: boolean;
}

/** pf.conf(5): the last matching rule wins, unless a quick one matches; an anchor's rules stand in its place. */
function lastMatch(chain: Chain, place: Place, going: Going): Matched {
  let winner: Rule | undefined;
  for (const rule of chain.rules) {
    const tests = rule.steps.filter((step) => 'test' in step);
    if (!tests.every((test) => holds(test, going))) continue;
    const action = rule.steps.find((step) => 'do' in step);
    if (action === undefined || !('do' in action)) continue;
    if (action.do === 'jump') {
      const anchor = place.table.chains.find(({ name }) => name === action.chain);
      if (anchor === undefined) throw new Lost();
      const inner = lastMatch(anchor, place, going);
      winner = inner.winner ?? winner;
      if (inner.quick || (rule.quick === true && inner.winner !== undefined)) {
        return { winner, quick: true };
      }
      continue;
    }
    winner = rule;
    if (rule.quick === true) return { winner, quick: true };
  }
  return { winner, quick: false };
}

function runLast(chain: Chain, place: Place, going: Going): void {
  const { winner } = lastMatch(chain, place, going);
  const action = winner?.steps.find((step) => 'do' in step);
  if (winner === undefined || action === undefined || !('do' in action)) return;
  act(action, winner, place, going, { done: false }, 0);
}

const NETFILTER = ['nftables', 'iptables', 'ufw', 'firewalld'];

function attached(layers: readonly Layer[], point: HookPoint, going: Going) {
  const rank = (hook: Hook) => {
    if (hook.type !== 'nat') return hook.priority;
    return point === 'prerouting' ? -100 : 100;
  };
  const found = layers.flatMap((layer) =>
    layer.tables.flatMap((table) =>
      table.chains.flatMap((chain) => {
        const { hook } = chain;
        if (hook === undefined || hook.point !== point || table.dormant === true) return [];
        if (table.family === 'bridge' || table.family === 'arp') return [];
        if (table.family === 'ip' && going.packet.family !== 4) return [];
        if (table.family === 'ip6' && going.packet.family !== 6) return [];
        if (hook.devices !== undefined && !hook.devices.includes(going.packet.inDevice)) return [];
        return [{ layer, table, chain, hook }];
      }),
    ),
  );
  // registered last, asked first
  return found
    .toReversed()
    .sort(
      (a, b) =>
        rank(a.hook) - rank(b.hook) ||
        (a.hook.type === 'nat' && b.hook.type === 'nat' ? a.hook.priority - b.hook.priority : 0),
    );
}

function askHook(layers: readonly Layer[], point: HookPoint, going: Going): void {
  const nat = { done: false };
  for (const { layer, table, chain, hook } of attached(layers, point, going)) {
    if (hook.type === 'nat' && (going.state !== 'new' || (nat.done && point === 'prerouting')))
      continue;
    going.early =
      point === 'ingress' ||
      (point === 'prerouting' && hook.type !== 'nat' && hook.priority < -200);
    try {
      run(chain, { layer, table }, going, nat, 0);
    } catch (thrown) {
      if (!(thrown instanceof Verdict)) throw thrown;
      if (thrown.fate === 'accept') continue;
      throw thrown;
    }
    const policy = chain.policy ?? 'accept';
    if (policy !== 'accept') throw new Verdict(policy, null);
  }
  going.early = false;
}

function routeOut(going: Going): string | undefined {
  const { destination } = going;
  if (destination === 'self') return undefined;
  const ways = [
    ...going.machine.routes.map(({ to, device }) => ({ to, device })),
    ...going.machine.devices.flatMap((device) =>
      device.addresses.map(({ address, prefix }) => ({
        to: `${address}/${prefix}`,
        device: device.name,
      })),
    ),
  ].filter(({ to }) => readNetwork(to)?.family === going.packet.family && inBlock(destination, to));
  const length = (to: string) => Number(to.split('/')[1] ?? '128');
  return ways.sort((a, b) => length(b.to) - length(a.to))[0]?.device;
}

function routed(going: Going): void {
  const { destination } = going;
  if (destination === 'self') return;
  const type = typeOf(going, destination, !going.natted);
  if (type === 'local' || (isKnown(going) && type !== 'unicast')) return;
  if (!going.natted && !isKnown(going)) return;
  going.path = 'forward';
  going.outDevice = routeOut(going);
}

function askFilter(layers: readonly Layer[], going: Going): void {
  askHook(layers, 'ingress', going);
  askHook(layers, 'prerouting', going);
  if (layers.some(({ kind }) => NETFILTER.includes(kind))) routed(going);
  if (going.path === 'input') return askHook(layers, 'input', going);
  askHook(layers, 'forward', going);
  askHook(layers, 'postrouting', going);
}

function filters(layers: readonly Layer[]): readonly (readonly Layer[])[] {
  const live = layers.filter(({ role }) => role === 'live');
  const hosts = live.length > 0 ? live : layers.filter(({ role }) => role === 'saved');
  const kernel = hosts.filter(({ kind }) => NETFILTER.includes(kind));
  return [
    ...layers.filter(({ role }) => role === 'central').map((layer) => [layer]),
    kernel,
    ...hosts.filter(({ kind }) => !NETFILTER.includes(kind)).map((layer) => [layer]),
  ].filter((filter) => filter.length > 0);
}

function once(
  layers: readonly Layer[],
  packet: Packet,
  machine: Machine,
  devices: readonly string[],
  choose: Choose,
): Outcome {
  const where = {
    destination: packet.destination as bigint | 'self',
    destinationPort: packet.destinationPort,
  };
  let lost = false;
  let path: 'input' | 'forward' = 'input';
  let natted = false;
  let changed = false;
  for (const filter of filters(layers)) {
    const going: Going = {
      packet,
      machine,
      choose,
      elsewhere: filter[0]?.role === 'central',
      devices,
      ...where,
      state: packet.state,
      mark: 0,
      connectionMark: packet.state === 'new' ? 0 : undefined,
      outDevice: '',
      path: 'input',
      natted,
      changed,
      early: false,
    };
    try {
      askFilter(filter, going);
      if (filter.some(({ unread }) => unread.length > 0)) lost = true;
    } catch (thrown) {
      if (thrown instanceof Verdict && thrown.fate !== 'accept') {
        const { destination, destinationPort } = going;
        return {
          fate: thrown.fate,
          path: going.path,
          destination,
          destinationPort,
          by: thrown.rule,
        };
      }
      if (!(thrown instanceof Lost)) throw thrown;
      lost = true;
    }
    where.destination = going.destination;
    where.destinationPort = going.destinationPort;
    ({ path, natted, changed } = going);
  }
  return { fate: lost ? 'unknown' : 'accept', path, ...where };
}

/** Choices tried at most; a ruleset with more than seven unknowns on one packet's way is cut short. */
const MOST = 128;

/** All outcomes that are possible, and whether anything had to be chosen. */
export function naive(
  layers: readonly Layer[],
  packet: Packet,
  machine: Machine,
  devices: readonly string[] = [packet.inDevice],
): { readonly outcomes: readonly Outcome[]; readonly chosen: boolean; readonly complete: boolean } {
  const outcomes: Outcome[] = [];
  let script: { taken: number; of: number }[] = [];
  for (let tries = 0; tries < MOST; tries += 1) {
    let at = 0;
    const choose: Choose = (count) => {
      script[at] ??= { taken: 0, of: count };
      at += 1;
      return script[at - 1]?.taken ?? 0;
    };
    outcomes.push(once(layers, packet, machine, devices, choose));
    script = script.slice(0, at);
    while (script.length > 0 && (script.at(-1)?.taken ?? 0) + 1 >= (script.at(-1)?.of ?? 0))
      script.pop();
    const last = script.pop();
    if (last === undefined) return { outcomes, chosen: tries > 0, complete: true };
    script.push({ ...last, taken: last.taken + 1 });
  }
  return { outcomes, chosen: true, complete: false };
}
