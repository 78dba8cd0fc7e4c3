import { fullAddresses } from '../firewall/boxes.ts';
import { addressRanges } from '../firewall/cidrs.ts';
import type { Change } from '../firewall/kind.ts';
import type { Family, Layer } from '../firewall/layer.ts';
import type { AnswerPart, Evaluate, Question } from '../firewall/packet.ts';
import { difference, type Ranges } from '../firewall/ranges.ts';
import { problem } from '../model/errors.ts';
import type { Machine } from '../model/machine.ts';
import { type Network, networkHas, readNetwork } from '../model/network.ts';
import type { Transport } from '../model/port.ts';
import type { Fate } from '../model/reachability.ts';

/** Who must still get in after a change. */
export interface Kept {
  /** `your session from 192.0.2.7`, `--keep 10.0.0.0/8:22`. */
  readonly label: string;
  readonly family: Family;
  readonly source: Ranges<bigint>;
  readonly transport: Transport;
  readonly port: number;
  /** Address of this host that it comes to; absent: any. */
  readonly local?: string;
}

/** The connection that a person sits behind. */
export interface Session {
  readonly peer: string;
  readonly local: string;
  readonly port: number;
}

/** Reads `10.0.0.0/8:22`, `[2001:db8::/32]:22`, `…/udp`. Throws REMEDY_KEEP. */
export function readKeep(text: string): Kept {
  const [, bracketed, plain, digits = '', transport = 'tcp'] =
    /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})(?:\/(tcp|udp))?$/.exec(text) ?? [];
  const fault = (why: string) =>
    problem('REMEDY_KEEP', { value: text.slice(0, 100), problem: why });
  const network = readNetwork(bracketed ?? plain ?? '');
  const port = Number(digits);
  if (network === null) throw fault('there is no network before the last colon');
  if (port < 1 || port > 65_535) throw fault('ports go from 1 to 65535');
  return {
    label: `--keep ${text}`,
    family: network.family,
    source: addressRanges([network]),
    transport: transport === 'udp' ? 'udp' : 'tcp',
    port,
  };
}

export function keptSession({ peer, local, port }: Session): Kept | null {
  const network = addressOf(peer);
  if (network === null) return null;
  const { family } = network;
  const source = addressRanges([network]);
  return { label: `your session from ${peer}`, family, source, transport: 'tcp', port, local };
}

/** Without its zone: names of devices have dashes, and those would be ranges. */
function addressOf(text: string): Network | null {
  return readNetwork(text.split('%', 1)[0] ?? '');
}

/**
 * The first of `kept` that the change, taken by its word, shuts out; null when none. Needs no rules:
 * it is asked before anything is applied.
 */
export function shutOut(change: Change, kept: readonly Kept[], machine: Machine): Kept | null {
  return kept.find((one) => hits(change, one) && !spares(change, one, machine)) ?? null;
}

function hits({ transport, port, families }: Change, kept: Kept): boolean {
  return kept.transport === transport && kept.port === port && families.includes(kept.family);
}

function spares({ only, device }: Change, kept: Kept, machine: Machine): boolean {
  if (device !== undefined && deviceOf(kept, machine) !== device) return false;
  if (only === undefined) return device !== undefined;
  const allowed = only.flatMap((text) => readNetwork(text) ?? []);
  const own = addressRanges(allowed.filter(({ family }) => family === kept.family));
  return difference(kept.source, own).length === 0;
}

/** The device that holds the address it comes to. */
function deviceOf({ local }: Kept, machine: Machine): string | undefined {
  const network = local === undefined ? null : addressOf(local);
  if (network === null) return undefined;
  return machine.devices.find(({ addresses }) =>
    addresses.some(({ address }) => networkHas(network, address)),
  )?.name;
}

export interface Rules {
  readonly before: readonly Layer[];
  readonly after: readonly Layer[];
  readonly machine: Machine;
  readonly evaluate: Evaluate;
}

/** The first of `kept` that fares worse under the rules after the change than before; null when none. */
export function cutOff(kept: readonly Kept[], rules: Rules): Kept | null {
  return kept.find((one) => STATES.some((state) => isWorse(one, state, rules))) ?? null;
}

/** A session lives on if its packets get in; a keep-list also wants to connect anew. */
const STATES = ['established', 'new'] as const;

function isWorse(kept: Kept, state: (typeof STATES)[number], rules: Rules): boolean {
  const question = questionFor(kept, state, rules.machine);
  const ask = (layers: readonly Layer[]) => worst(rules.evaluate(layers, question, rules.machine));
  return RANK[ask(rules.after)] > RANK[ask(rules.before)];
}

const RANK: Readonly<Record<Fate, number>> = { accept: 0, unknown: 1, reject: 2, drop: 2 };

function worst(parts: readonly AnswerPart[]): Fate {
  return parts.reduce<Fate>(
    (fate, part) => (RANK[part.fate] > RANK[fate] ? part.fate : fate),
    'accept',
  );
}

function questionFor(kept: Kept, state: Question['state'] & string, machine: Machine): Question {
  const own = deviceOf(kept, machine);
  return {
    ...portQuestion(kept, machine),
    source: kept.source,
    state,
    ...(own === undefined ? {} : { inDevice: [own] }),
    ...(state === 'established' ? { tcpFlags: 16 } : {}),
  };
}

/** Every packet of a new connection that could come to a port of the machine from outside. */
export function portQuestion(
  { family, transport, port }: { family: Family; transport: Transport; port: number },
  machine: Machine,
): Question {
  return {
    family,
    protocol: transport === 'tcp' ? 6 : 17,
    source: fullAddresses(family),
    destination: ownAddresses(family, machine),
    sourcePort: [0, 65_536],
    destinationPort: [port, port + 1],
    inDevice: machine.devices.filter(({ loopback }) => !loopback).map(({ name }) => name),
  };
}

function ownAddresses(family: Family, machine: Machine): Ranges<bigint> {
  const outer = machine.devices.filter(({ loopback }) => !loopback);
  const networks = outer
    .flatMap(({ addresses }) => addresses.map(({ address }) => readNetwork(address)))
    .filter((network) => network?.family === family);
  return addressRanges(networks.flatMap((network) => network ?? []));
}
