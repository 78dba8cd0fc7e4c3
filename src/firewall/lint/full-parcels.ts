import type { Machine } from '../../model/machine.ts';
import { OTHER_DEVICE } from '../../model/reachability.ts';
import { FULL_PORTS, fullAddresses } from '../boxes.ts';
import type { PreparedChain } from '../compile.ts';
import type { Action, Family, Field, Layer, Step } from '../layer.ts';
import { localityOf } from '../locality.ts';
import { mentionedDevices, protocolsApart, rulesOf } from '../mentioned.ts';
import { hookOf, isBeforeTracking } from '../netfilter-order.ts';
import type { Common, Parcel, State } from '../parcel.ts';

/** Packets of one protocol, family and state with everything else open, and how tests see them. */
export interface Everything {
  readonly parcel: Parcel;
  readonly common: Common;
  readonly beforeTracking: boolean;
  readonly elsewhere: boolean;
}

const STATES: readonly State[] = ['new', 'established', 'related', 'invalid', 'untracked'];
const TCP = 6;

function fieldsOf(step: Step): readonly Field[] {
  if ('do' in step) return step.do === 'map' ? step.fields : [];
  if (step.test === 'tuple') return step.fields;
  return 'field' in step ? [step.field] : [];
}

/** Fields and actions for which it counts whether there is a connection, whatever its state is called. */
const OF_CONNECTION: ReadonlySet<string> = new Set([
  'original-port',
  'original-destination',
  'connection-mark',
  'status',
  'direction',
  'set-mark',
  'copy-mark',
  'notrack',
]);

function actionsOf(action: Action): readonly Action[] {
  return action.do === 'map' ? action.rows.flatMap((row) => actionsOf(row.action)) : [action];
}

function namesState(step: Step): boolean {
  return 'test' in step && step.test === 'name' && step.field === 'state';
}

function countsConnections(step: Step): boolean {
  const fields = fieldsOf(step);
  if (fields.includes('state') && !namesState(step)) return true;
  const actions = 'do' in step ? actionsOf(step).map((action) => action.do) : [];
  return [...fields, ...actions].some((word) => OF_CONNECTION.has(word));
}

/** One state of those that all tests take alike. */
function statesApart(steps: readonly Step[]): readonly State[] {
  if (steps.some(countsConnections)) return STATES;
  const tests = steps.flatMap((step) =>
    'test' in step && step.test === 'name' && step.field === 'state' ? [step.in] : [],
  );
  const namings = [...new Set(tests.map((names) => names.join()))].map((names) => names.split(','));
  const alike = new Map<string, State>();
  for (const state of STATES) {
    const key = namings.map((names) => (state !== null && names.includes(state) ? 1 : 0)).join('');
    if (!alike.has(key)) alike.set(key, state);
  }
  return [...alike.values()];
}

/** Fields for which a ruleset need not be walked protocol by protocol. */
const OF_ALL_PROTOCOLS: ReadonlySet<Field> = new Set([
  'source',
  'destination',
  'in-device',
  'out-device',
  'family',
  'state',
]);

interface Kinds {
  readonly protocols: readonly number[];
  readonly states: readonly State[];
  /** Enough where connections are known. */
  readonly statesApart: readonly State[];
}

const kindsByLayer = new WeakMap<Layer, Kinds>();

/** Protocols and states to walk: one of each where no rule tells them apart. */
function kindsOf(layer: Layer): Kinds {
  const known = kindsByLayer.get(layer);
  if (known !== undefined) return known;
  const steps = rulesOf([layer]).flatMap((rule) => rule.steps);
  const fields = new Set(steps.flatMap(fieldsOf));
  const flags = steps.some((step) => 'test' in step && step.test === 'tcp-flags');
  const alike = !flags && [...fields].every((field) => OF_ALL_PROTOCOLS.has(field));
  const kinds = {
    protocols: alike ? [TCP] : protocolsApart([layer]),
    states: fields.has('state') ? STATES : STATES.slice(0, 1),
    statesApart: fields.has('state') ? statesApart(steps) : STATES.slice(0, 1),
  };
  kindsByLayer.set(layer, kinds);
  return kinds;
}

function familiesOf({ table }: PreparedChain): readonly Family[] {
  if (table.family === 'ip') return [4];
  return table.family === 'ip6' ? [6] : [4, 6];
}

function devicesOf(layer: Layer, machine: Machine): readonly string[] {
  const own = machine.devices.map(({ name }) => name);
  return [...new Set([...own, ...mentionedDevices([layer]), 'lo', OTHER_DEVICE])];
}

function parcelOf(base: PreparedChain, family: Family, state: State, inDevice: readonly string[]) {
  const { point } = hookOf(base);
  const onward = point === 'forward' || point === 'postrouting' || point === 'output';
  const isTold = !onward && base.layer.role !== 'central';
  const parcel: Parcel = {
    source: fullAddresses(family),
    destination: fullAddresses(family),
    sourcePort: FULL_PORTS,
    destinationPort: FULL_PORTS,
    inDevice,
    state,
    mark: null,
    connectionMark: null,
    outDevice: isTold ? '' : null,
    path: onward ? 'forward' : 'input',
    translated: null,
    possible: [],
    decisions: [],
    conditions: [],
  };
  return parcel;
}

/** Everything that a base chain may ever be asked about. */
export function everythingFor(base: PreparedChain, machine: Machine): readonly Everything[] {
  const { layer } = base;
  const devices = devicesOf(layer, machine);
  const kinds = kindsOf(layer);
  const { protocols } = kinds;
  const beforeTracking = isBeforeTracking(base);
  const states = beforeTracking ? kinds.states : kinds.statesApart;
  return familiesOf(base).flatMap((family) =>
    protocols.flatMap((protocol) =>
      states.map((state) => ({
        parcel: parcelOf(base, family, state, devices),
        common: {
          family,
          protocol,
          icmpType: undefined,
          icmpCode: undefined,
          tcpFlags: undefined,
          firstPacket: false,
          locality: localityOf(machine, family),
          typesKnown: false,
          devices,
        },
        // what a chain before tracking calls the state is walked like any other state
        beforeTracking,
        elsewhere: false,
      })),
    ),
  );
}
