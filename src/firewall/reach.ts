import type { Machine } from '../model/machine.ts';
import { readNetwork } from '../model/network.ts';
import type { Transport } from '../model/port.ts';
import {
  type LayerDecision,
  OTHER_DEVICE,
  type Reach,
  type Reachability,
  type ReachPart,
} from '../model/reachability.ts';
import { type Box, FULL_PORTS, fullAddresses, isOne, joinBoxes, unionAll } from './boxes.ts';
import { addressText, cidrsOf } from './cidrs.ts';
import { evaluate } from './evaluate.ts';
import type { Family, Layer } from './layer.ts';
import { loopbackAddresses, reachableAddresses } from './locality.ts';
import { mentionedDevices } from './mentioned.ts';
import type { AnswerPart, Question } from './packet.ts';
import { portClasses } from './port-classes.ts';
import { difference, equalRanges, includes, type Ranges, rangesOf, union } from './ranges.ts';

/** One port over one family; of the machine, or of some of its addresses. */
export interface PortQuestion {
  readonly family: Family;
  readonly transport: Transport;
  readonly port: number;
  /** Addresses or CIDR blocks that it listens on; absent: all that the machine can be reached by. */
  readonly destinations?: readonly string[];
  /** Device that the socket is tied to. */
  readonly device?: string;
}

/** Ports that share one answer. */
export interface PortClass {
  readonly ports: Ranges<number>;
  readonly reach: Reach;
  readonly parts: readonly ReachPart[];
}

/** More parts than this are told without saying which rule is whose. */
const PARTS_NAMED = 64;
const DECISIONS_NAMED = 16;

const PROTOCOLS = { tcp: 6, udp: 17 } as const;

function setOf(texts: readonly string[], family: Family): Ranges<bigint> {
  const networks = texts.flatMap((text) => readNetwork(text) ?? []);
  return rangesOf(
    networks.filter((network) => network.family === family).map(({ first, last }) => [first, last]),
    1n,
  );
}

// no new connection comes from these: RFC 1122 §3.2.1.3, RFC 1112 §4, RFC 4291 §2.5.2 and §2.7
const NO_SOURCES = {
  4: setOf(['0.0.0.0/8', '127.0.0.0/8', '224.0.0.0/3'], 4),
  6: setOf(['::/128', '::1', 'ff00::/8'], 6),
} as const;

const EVERY_SOURCE = {
  4: difference(fullAddresses(4), loopbackAddresses(4)),
  6: difference(fullAddresses(6), loopbackAddresses(6)),
} as const;

export function everySource(family: Family): Ranges<bigint> {
  return EVERY_SOURCE[family];
}

/** Addresses that packets for the machine may have; every unicast one when none of its own is known. */
export function everyDestination(machine: Machine, family: Family): Ranges<bigint> {
  const own = reachableAddresses(machine, family);
  return own.length > 0 ? own : difference(fullAddresses(family), NO_SOURCES[family]);
}

/** Devices that packets from others may come in on; those that the rules name when the machine has none. */
export function everyDevice(layers: readonly Layer[], machine: Machine): readonly string[] {
  const own = machine.devices.filter(({ loopback }) => !loopback).map(({ name }) => name);
  const named = machine.devices.length === 0 ? mentionedDevices(layers) : own;
  return [...named, OTHER_DEVICE];
}

function questionOf(
  layers: readonly Layer[],
  machine: Machine,
  { family, transport, port, destinations, device }: PortQuestion,
): Question {
  return {
    family,
    protocol: PROTOCOLS[transport],
    source: everySource(family),
    destination:
      destinations === undefined ? everyDestination(machine, family) : setOf(destinations, family),
    sourcePort: FULL_PORTS,
    destinationPort: [port, port + 1],
    inDevice: device === undefined ? everyDevice(layers, machine) : [device],
  };
}

/** Everything that could be sent to any port of the machine by others. */
export function everyPort(
  layers: readonly Layer[],
  machine: Machine,
  transport: Transport,
  family: Family,
): Question {
  return {
    ...questionOf(layers, machine, { family, transport, port: 0 }),
    destinationPort: FULL_PORTS,
  };
}

/** `22, 80-82` */
export function portsText(ports: Ranges<number>): string {
  return ports
    .flatMap((first, at) => {
      if (at % 2 === 1) return [];
      const last = (ports[at + 1] ?? 0) - 1;
      return first === last ? [`${first}`] : [`${first}-${last}`];
    })
    .join(', ');
}

/** Blocks of a condition that are named before the rest is counted. */
const BLOCKS_NAMED = 8;

function someBlocks(family: Family, set: Ranges<bigint>): string {
  const blocks = cidrsOf(family, set).map((block) => block.replace(/\/(32|128)$/, ''));
  const more = blocks.length - BLOCKS_NAMED;
  const named = blocks.slice(0, BLOCKS_NAMED).join(', ');
  return more > 0 ? `${named} and ${more} more` : named;
}

function addressesText(family: Family, set: Ranges<bigint>): string {
  const [first = 0n, end = 0n] = set;
  const last = set.length === 2 ? end - 1n : first;
  if (first === last) return addressText(family, first);
  return set.length === 2
    ? `${addressText(family, first)}-${addressText(family, last)}`
    : someBlocks(family, set);
}

function withPort(family: Family, address: string, port: string): string {
  if (port === '') return address;
  return family === 6 ? `[${address}]:${port}` : `${address}:${port}`;
}

/** `172.17.0.2:80`; the parts that stay as they were are left out. */
function translatedText(
  family: Family,
  { translated, destinationPort }: AnswerPart,
): string | undefined {
  if (translated === undefined) return undefined;
  const { address, port } = translated;
  const kept = isOne(destinationPort) ? destinationPort : [];
  const ports = portsText(port ?? kept);
  if (address === undefined) return port === undefined ? undefined : `port ${ports}`;
  return withPort(family, addressesText(family, address), ports);
}

function extraConditions(box: Box, question: Question): readonly string[] {
  const { family } = question;
  const to = equalRanges(box.destination, question.destination)
    ? []
    : [`to ${someBlocks(family, box.destination)}`];
  const from = equalRanges(box.sourcePort, question.sourcePort)
    ? []
    : [`from source port ${portsText(box.sourcePort)}`];
  return [...to, ...from];
}

/** Parts of which the same is said in words; their boxes can be joined. */
interface Told {
  readonly fate: AnswerPart['fate'];
  readonly conditions: readonly string[];
  readonly decisions: Set<LayerDecision>;
  readonly translated: string | undefined;
  readonly boxes: Box[];
}

function boxOf({ source, destination, sourcePort, destinationPort, inDevice }: AnswerPart): Box {
  return { source, destination, sourcePort, destinationPort, inDevice: [...inDevice].sort() };
}

/** Numbers things by identity, to tell groups of them apart. */
class Numbering {
  readonly #numbers = new Map<unknown, number>();

  of(things: readonly unknown[]): string {
    return things
      .map((thing) => {
        const known = this.#numbers.get(thing) ?? this.#numbers.size;
        this.#numbers.set(thing, known);
        return known;
      })
      .join();
  }
}

function group(parts: readonly AnswerPart[], family: Family, byRule: boolean): readonly Told[] {
  const numbering = new Numbering();
  const groups = new Map<string, Told>();
  for (const part of parts) {
    const translated = translatedText(family, part);
    const rules = byRule ? numbering.of(part.decisions) : '';
    const key = [part.fate, translated, rules, ...part.conditions].join('\n');
    const { fate, conditions } = part;
    const known = groups.get(key) ?? {
      fate,
      conditions,
      translated,
      decisions: new Set<LayerDecision>(),
      boxes: [],
    };
    for (const decision of part.decisions) {
      if (known.decisions.size < DECISIONS_NAMED) known.decisions.add(decision);
    }
    known.boxes.push(boxOf(part));
    groups.set(key, known);
  }
  return [...groups.values()];
}

const knownBlocks = {
  4: new WeakMap<Ranges<bigint>, readonly string[]>(),
  6: new WeakMap<Ranges<bigint>, readonly string[]>(),
} as const;

/** The loopback was never asked about: whoever has its neighbours gets it, for fewer blocks. */
export function blocksOf(family: Family, source: Ranges<bigint>): readonly string[] {
  const known = knownBlocks[family].get(source) ?? blocksWithLoopback(family, source);
  knownBlocks[family].set(source, known);
  return known;
}

function blocksWithLoopback(family: Family, source: Ranges<bigint>): readonly string[] {
  const loopback = loopbackAddresses(family);
  const before = (loopback[0] ?? 0n) - 1n;
  return cidrsOf(family, includes(source, before) ? union(source, loopback) : source);
}

function reachParts(told: Told, question: Question): readonly ReachPart[] {
  const { fate, conditions, decisions, translated } = told;
  const devices = [...question.inDevice].sort();
  return joinBoxes(told.boxes).map((box) => ({
    fate,
    from: blocksOf(question.family, box.source),
    ...(box.inDevice.length === devices.length ? {} : { devices: box.inDevice }),
    conditions: [...conditions, ...extraConditions(box, question)],
    decisions: [...decisions],
    ...(translated === undefined ? {} : { translated }),
  }));
}

const ORDER = ['accept', 'unknown', 'reject', 'drop'];

function partsOf(parts: readonly AnswerPart[], question: Question): readonly ReachPart[] {
  const told = (byRule: boolean) =>
    group(parts, question.family, byRule).flatMap((one) => reachParts(one, question));
  const byRule = told(parts.length <= PARTS_NAMED);
  const fewer = byRule.length > PARTS_NAMED ? told(false) : byRule;
  return fewer.toSorted((a, b) => ORDER.indexOf(a.fate) - ORDER.indexOf(b.fate));
}

function acceptedFrom(parts: readonly AnswerPart[], device: string): Ranges<bigint> {
  const accepted = parts.filter(
    ({ fate, inDevice }) => fate === 'accept' && inDevice.includes(device),
  );
  return unionAll(accepted.map(({ source }) => source));
}

/** Devices that the rest of the world is behind; all of them when no default route says so. */
function uplinks({ routes }: Machine, { family, inDevice }: Question): readonly string[] {
  const all = family === 4 ? '0.0.0.0/0' : '::/0';
  const leading = routes.filter(({ to }) => to === all).map(({ device }) => device);
  const asked = inDevice.filter((device) => leading.includes(device));
  return asked.length > 0 ? asked : inDevice;
}

/** In a word. A part for some destinations or source ports counts: who wants to come in chooses them. */
function reachOf(parts: readonly AnswerPart[], question: Question, machine: Machine): Reach {
  if (parts.some(({ fate }) => fate === 'unknown')) return 'unknown';
  const { family, source, inDevice } = question;
  const expected = difference(source, NO_SOURCES[family]);
  const isOpen = (device: string) => difference(expected, acceptedFrom(parts, device)).length === 0;
  if (uplinks(machine, question).every(isOpen)) return 'anyone';
  if (inDevice.some(isOpen)) return 'devices';
  return parts.some(({ fate }) => fate === 'accept') ? 'networks' : 'nobody';
}

/**
 * Who can open a new connection to a port: the layers asked about every source but the loopback, on
 * every device but the loopback's. A port that is accepted at some rate counts as accepted.
 */
export function reachability(
  layers: readonly Layer[],
  asked: PortQuestion,
  machine: Machine,
): Reachability {
  const question = questionOf(layers, machine, asked);
  const parts = evaluate(layers, question, machine);
  const { family, transport, port } = asked;
  return {
    family,
    transport,
    port,
    reach: reachOf(parts, question, machine),
    parts: partsOf(parts, question),
  };
}

/** Ports of an answer in classes that share one fate for all; ascending by first port. */
export function classesOf(
  parts: readonly AnswerPart[],
  question: Question,
  machine: Machine,
): readonly PortClass[] {
  return portClasses(parts).map(({ ports, parts: own }) => {
    const asked = { ...question, destinationPort: ports };
    let told: readonly ReachPart[] | undefined;
    return {
      ports,
      reach: reachOf(own, asked, machine),
      // thousands of classes, and of most of them nobody asks for the words
      get parts() {
        told ??= partsOf(own, asked);
        return told;
      },
    };
  });
}

/** All ports of one transport at once, in classes that share one answer; ascending by first port. */
export function openPorts(
  layers: readonly Layer[],
  machine: Machine,
  transport: Transport,
  family: Family,
): readonly PortClass[] {
  const question = everyPort(layers, machine, transport, family);
  return classesOf(evaluate(layers, question, machine), question, machine);
}
