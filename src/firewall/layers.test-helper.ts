import type { Machine } from '../model/machine.ts';
import { readNetwork } from '../model/network.ts';
import { FULL_PORTS, fullAddresses } from './boxes.ts';
import { evaluate } from './evaluate.ts';
import type {
  Action,
  AddressRanges,
  Chain,
  Family,
  Hook,
  Layer,
  NameField,
  NumberField,
  Rule,
  Step,
  Table,
  Test,
} from './layer.ts';
import type { AnswerPart, Question } from './packet.ts';
import { rangesOf } from './ranges.ts';

/** Rules and layers in few words, for tests. */
export const accept: Action = { do: 'accept' };
export const drop: Action = { do: 'drop' };
export const reject: Action = { do: 'reject' };
export const back: Action = { do: 'return' };
export const unclear: Test = { test: 'opaque', text: 'unclear' };
export const jump = (target: string): Action => ({ do: 'jump', chain: target });
export const goTo = (target: string): Action => ({ do: 'goto', chain: target });

export function network(text: string): AddressRanges {
  const read = readNetwork(text);
  if (read === null) throw new Error(`no network: ${text}`);
  return { family: read.family, ranges: [read.first, read.last + 1n] };
}

export function from(text: string, not = false): Test {
  return { test: 'address', field: 'source', in: network(text), not };
}

export function to(text: string, not = false): Test {
  return { test: 'address', field: 'destination', in: network(text), not };
}

export function number(field: NumberField, ...values: readonly number[]): Test {
  return {
    test: 'number',
    field,
    in: rangesOf(
      values.map((value) => [value, value] as const),
      1,
    ),
  };
}

export function name(field: NameField, ...names: readonly string[]): Test {
  return { test: 'name', field, in: names };
}

export const protocol = (value: number) => number('protocol', value);
export const port = (...ports: readonly number[]) => number('destination-port', ...ports);
export const tcp = (...ports: readonly number[]): readonly Test[] => [protocol(6), port(...ports)];

export function rule(text: string, ...steps: readonly Step[]): Rule {
  return { text, steps };
}

export function hook(point: Hook['point'], priority = 0, type: Hook['type'] = 'filter'): Hook {
  return { point, priority, type };
}

export function base(
  chainName: string,
  at: Hook,
  policy: 'accept' | 'drop',
  ...rules: readonly Rule[]
): Chain {
  return { name: chainName, hook: at, policy, rules };
}

export function chain(chainName: string, ...rules: readonly Rule[]): Chain {
  return { name: chainName, rules };
}

export function table(family: Table['family'], ...chains: readonly Chain[]): Table {
  return { name: 'filter', family, chains };
}

export function layer(...tables: readonly Table[]): Layer {
  return { kind: 'nftables', origin: 'nft', role: 'live', tables, unread: [] };
}

/** A layer with one table and one input chain. */
export function input(policy: 'accept' | 'drop', ...rules: readonly Rule[]): Layer {
  return layer(table('inet', base('input', hook('input'), policy, ...rules)));
}

export const HOST: Machine = {
  hostname: 'host',
  system: 'linux',
  devices: [
    {
      name: 'lo',
      addresses: [
        { address: '127.0.0.1', prefix: 8 },
        { address: '::1', prefix: 128 },
      ],
      loopback: true,
      up: true,
    },
    {
      name: 'eth0',
      addresses: [
        { address: '192.0.2.10', prefix: 24 },
        { address: '2001:db8::10', prefix: 64 },
      ],
      loopback: false,
      up: true,
    },
    {
      name: 'docker0',
      addresses: [{ address: '172.17.0.1', prefix: 16 }],
      loopback: false,
      up: true,
    },
  ],
  routes: [
    { to: '0.0.0.0/0', device: 'eth0' },
    { to: '::/0', device: 'eth0' },
  ],
};

export const NOWHERE: Machine = { hostname: 'file', system: 'other', devices: [], routes: [] };

/** Everything that may come to one TCP port of the host on eth0. */
export function toPort(portNumber: number, family: Family = 4): Question {
  return {
    family,
    protocol: 6,
    source: fullAddresses(family),
    destination: network(family === 4 ? '192.0.2.10' : '2001:db8::10').ranges,
    sourcePort: FULL_PORTS,
    destinationPort: [portNumber, portNumber + 1],
    inDevice: ['eth0'],
  };
}

export function fates(parts: readonly AnswerPart[]): readonly string[] {
  return [...new Set(parts.map(({ fate }) => fate))].sort();
}

/** The fate of everything that comes to one TCP port; several words where it depends. */
export function ask(
  layers: readonly Layer[],
  question: Question = toPort(22),
  machine: Machine = HOST,
): readonly string[] {
  return fates(evaluate(layers, question, machine));
}
