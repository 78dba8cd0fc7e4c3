import type { Machine } from '../model/machine.ts';
import type { Transport } from '../model/port.ts';
import type { Fate, LayerDecision } from '../model/reachability.ts';
import { type Box, joinBoxes, overlaps, unionAll } from './boxes.ts';
import { evaluate } from './evaluate.ts';
import { FAMILIES, type Family, type Layer } from './layer.ts';
import type { AnswerPart, Question } from './packet.ts';
import { intersection, type Ranges } from './ranges.ts';
import { everyDevice, everyPort, portsText } from './reach.ts';

/** What one of two sides says of some packets. */
export interface Side {
  readonly fate: Fate;
  readonly decisions: readonly LayerDecision[];
  /** `forward`: handed on, to a container perhaps. */
  readonly path: AnswerPart['path'];
}

/** New connections that two sets of layers treat differently. */
export interface Difference {
  readonly transport: Transport;
  readonly family: Family;
  readonly ports: Ranges<number>;
  readonly source: Ranges<bigint>;
  readonly sourcePort: Ranges<number>;
  readonly destination: Ranges<bigint>;
  readonly inDevice: readonly string[];
  readonly a: Side;
  readonly b: Side;
}

export const TRANSPORTS = ['tcp', 'udp'] as const;

/** Whether it gets through; `drop` and `reject` both mean no. */
function outcome({ fate }: Side): 'open' | 'closed' | 'unknown' {
  if (fate === 'accept') return 'open';
  return fate === 'unknown' ? 'unknown' : 'closed';
}

function common(a: Box, b: Box): Box | undefined {
  if (!overlaps(a.destinationPort, b.destinationPort) || !overlaps(a.source, b.source)) {
    return undefined;
  }
  const inDevice = a.inDevice.filter((device) => b.inDevice.includes(device));
  if (inDevice.length === 0 || !overlaps(a.destination, b.destination)) return undefined;
  const sourcePort = intersection(a.sourcePort, b.sourcePort);
  if (sourcePort.length === 0) return undefined;
  return {
    source: intersection(a.source, b.source),
    destination: intersection(a.destination, b.destination),
    sourcePort,
    destinationPort: intersection(a.destinationPort, b.destinationPort),
    inDevice,
  };
}

interface Found {
  readonly a: AnswerPart;
  readonly b: AnswerPart;
  readonly boxes: Box[];
}

class Pairs {
  readonly #numbers = new Map<LayerDecision, number>();
  readonly found = new Map<string, Found>();

  #key({ fate, decisions, path }: Side): string {
    const numbers = decisions.map((decision) => {
      const known = this.#numbers.get(decision) ?? this.#numbers.size;
      this.#numbers.set(decision, known);
      return known;
    });
    return `${fate} ${path} ${numbers.join()}`;
  }

  add(a: AnswerPart, b: AnswerPart, box: Box): void {
    const key = `${this.#key(a)}|${this.#key(b)}`;
    const known = this.found.get(key);
    if (known === undefined) this.found.set(key, { a, b, boxes: [box] });
    else known.boxes.push(box);
  }
}

function keyOf(part: AnswerPart): string {
  const { source, destination, sourcePort, destinationPort, inDevice } = part;
  const sets = [source, destination, sourcePort, destinationPort, inDevice];
  return `${outcome(part)} ${sets.map((set) => set.join()).join(' ')}`;
}

/** Parts that the other side does not have too: parts are disjoint, so what has a twin meets no other. */
function withoutTwin(parts: readonly AnswerPart[], others: readonly AnswerPart[]) {
  const keys = new Set(others.map(keyOf));
  return parts.filter((part) => !keys.has(keyOf(part)));
}

function differencesOf(a: readonly AnswerPart[], b: readonly AnswerPart[]): readonly Found[] {
  const pairs = new Pairs();
  const others = withoutTwin(b, a);
  for (const one of withoutTwin(a, b)) {
    for (const other of others) {
      if (outcome(one) === outcome(other)) continue;
      const box = common(one, other);
      if (box !== undefined) pairs.add(one, other, box);
    }
  }
  return [...pairs.found.values()];
}

function side({ fate, decisions, path }: AnswerPart): Side {
  return { fate, decisions, path };
}

function compareAt(
  a: readonly Layer[],
  b: readonly Layer[],
  machine: Machine,
  question: Question,
  transport: Transport,
): readonly Difference[] {
  const { family } = question;
  const found = differencesOf(evaluate(a, question, machine), evaluate(b, question, machine));
  return found.flatMap((pair) =>
    joinBoxes(pair.boxes).map(({ destinationPort, ...box }) => ({
      transport,
      family,
      ports: destinationPort,
      ...box,
      a: side(pair.a),
      b: side(pair.b),
    })),
  );
}

/**
 * Where two sets of layers answer differently for new TCP and UDP connections from others: what one
 * lets through and the other does not, or of which one cannot say. Exact over all sources and ports.
 */
export function compare(
  a: readonly Layer[],
  b: readonly Layer[],
  machine: Machine,
): readonly Difference[] {
  const inDevice = everyDevice([...a, ...b], machine);
  return TRANSPORTS.flatMap((transport) =>
    FAMILIES.flatMap((family) => {
      const question = { ...everyPort(a, machine, transport, family), inDevice };
      return compareAt(a, b, machine, question, transport);
    }),
  );
}

/** All that decides, as text: where it is the same, thousands of rules need not be compared. */
export function decidingText(layers: readonly Layer[]): string {
  const tables = layers.flatMap((layer) => layer.tables);
  const deciding = tables.map(({ name, family, dormant, chains }) => [
    [name, family, dormant],
    chains.map(({ rules, ...chain }) => [chain, rules.map(({ quick, steps }) => [quick, steps])]),
  ]);
  return JSON.stringify(deciding, (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
}

/** Whether both are the same rules, read whole: then they do the same, known or not. */
function sameRules(a: readonly Layer[], b: readonly Layer[]): boolean {
  const isWhole = [...a, ...b].every(({ unread }) => unread.length === 0);
  return isWhole && decidingText(a) === decidingText(b);
}

/** What neither of two sets of layers tells, `tcp 22 over IPv4`: it is no difference, and not the same. */
export function unknownInBoth(
  a: readonly Layer[],
  b: readonly Layer[],
  machine: Machine,
): readonly string[] {
  if (sameRules(a, b)) return [];
  const inDevice = everyDevice([...a, ...b], machine);
  const unknownTo = (layers: readonly Layer[], question: Question) =>
    evaluate(layers, question, machine).filter(({ fate }) => fate === 'unknown');
  return TRANSPORTS.flatMap((transport) =>
    FAMILIES.flatMap((family) => {
      const question = { ...everyPort(a, machine, transport, family), inDevice };
      const others = unknownTo(b, question);
      const shared = unknownTo(a, question).flatMap((one) =>
        others.map((other) => common(one, other)?.destinationPort ?? []),
      );
      const ports = unionAll(shared);
      return ports.length === 0 ? [] : [`${transport} ${portsText(ports)} over IPv${family}`];
    }),
  );
}

/** Whether two sets of layers let the same new connections in. */
export function sameAnswers(a: readonly Layer[], b: readonly Layer[], machine: Machine): boolean {
  return compare(a, b, machine).length === 0;
}
