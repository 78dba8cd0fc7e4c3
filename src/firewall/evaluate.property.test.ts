import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Machine } from '../model/machine.ts';
import {
  arbitraryLayers,
  DESTINATIONS,
  DESTINATIONS6,
  DEVICES,
  PORTS,
  SOURCES,
  SOURCES6,
} from './arbitrary.test-helper.ts';
import { evaluate } from './evaluate.ts';
import type { Layer } from './layer.ts';
import { HOST, NOWHERE, network } from './layers.test-helper.ts';
import { naive, type Outcome, type Packet } from './naive.test-helper.ts';
import type { AnswerPart, Question } from './packet.ts';
import { includes, type Ranges, union } from './ranges.ts';

function anyOf<T extends number | bigint>(all: readonly (readonly T[])[]): Ranges<T> {
  return all.reduce<Ranges<T>>((set, some) => union(set, some), []);
}

const questions: fc.Arbitrary<Question> = fc.constantFrom(4, 4, 6).chain((family) => {
  const four = family === 4;
  const some = (texts: readonly string[]) =>
    fc
      .subarray([...texts], { minLength: 1 })
      .map((chosen) => anyOf(chosen.map((text) => network(text).ranges)));
  const sets = {
    source: fc.oneof(
      fc.constant(network(four ? '0.0.0.0/0' : '::/0').ranges),
      some(four ? SOURCES : SOURCES6),
    ),
    destination: fc.oneof(
      fc.constant(network(four ? '192.0.2.10' : '2001:db8::10').ranges),
      some(four ? DESTINATIONS : DESTINATIONS6),
    ),
    sourcePort: fc.constantFrom<Ranges<number>>([0, 65_536], [80, 81], [22, 23, 4000, 4001]),
    destinationPort: fc.constantFrom<Ranges<number>>(
      [0, 65_536],
      [22, 23],
      [80, 81, 443, 444],
      [80, 83],
    ),
    inDevice: fc.subarray([...DEVICES], { minLength: 1 }),
    protocol: fc.constantFrom(6, 6, 17, four ? 1 : 58),
    state: fc.constantFrom(
      'new' as const,
      'new' as const,
      'new' as const,
      'established' as const,
      'invalid' as const,
    ),
  };
  return fc.record({
    family: fc.constant(four ? (4 as const) : (6 as const)),
    icmpType: fc.constant(8),
    icmpCode: fc.constantFrom(0, 1),
    tcpFlags: fc.constantFrom(2, 16),
    ...sets,
  });
});

const machines = fc.constantFrom<Machine>(HOST, HOST, NOWHERE, { ...HOST, routes: [] });

/** Packets of the small world that a question is about; at most 14, spread over the sets. */
function packetsOf(question: Question): readonly Packet[] {
  const four = question.family === 4;
  const values = (texts: readonly string[], set: Ranges<bigint>) =>
    texts.map((text) => network(text).ranges[0] as bigint).filter((value) => includes(set, value));
  const sources = values(four ? SOURCES : SOURCES6, question.source);
  const destinations = values(four ? DESTINATIONS : DESTINATIONS6, question.destination);
  const ports = [...PORTS, 81, 82, 1].filter((port) => includes(question.destinationPort, port));
  const sourcePorts = [80, 22, 4000].filter((port) => includes(question.sourcePort, port));
  const at = <T>(list: readonly T[], index: number): T => list[index % list.length] as T;
  return Array.from({ length: 14 }, (_, index) => ({
    family: question.family,
    protocol: question.protocol,
    source: at(sources, index),
    destination: at(destinations, Math.floor(index / 2)),
    sourcePort: at(sourcePorts, Math.floor(index / 5)),
    destinationPort: at(ports, index * 3 + Math.floor(index / 7)),
    inDevice: at(question.inDevice, Math.floor(index / 3)),
    state: question.state ?? 'new',
    icmpType: question.icmpType ?? 8,
    icmpCode: question.icmpCode,
    tcpFlags: question.tcpFlags ?? 2,
  }));
}

function has(part: AnswerPart, packet: Packet): boolean {
  return (
    includes(part.source, packet.source) &&
    includes(part.destination, packet.destination) &&
    includes(part.sourcePort, packet.sourcePort) &&
    includes(part.destinationPort, packet.destinationPort) &&
    part.inDevice.includes(packet.inDevice)
  );
}

/** How many packets a box has: disjoint parts that cover a question have as many as the question. */
function count(box: Omit<Question, 'family' | 'protocol'>): bigint {
  const size = (set: Ranges<number> | Ranges<bigint>) =>
    set.reduce<bigint>(
      (sum, bound, at) => sum + (at % 2 === 0 ? -BigInt(bound) : BigInt(bound)),
      0n,
    );
  const { source, destination, sourcePort, destinationPort, inDevice } = box;
  const sets = [source, destination, sourcePort, destinationPort];
  return sets.reduce((product, set) => product * size(set), BigInt(inDevice.length));
}

function closed({ fate }: Outcome | AnswerPart): boolean {
  return fate === 'drop' || fate === 'reject';
}

/** What the evaluator says otherwise than the walk of a packet for which nothing had to be chosen. */
function contradiction(part: AnswerPart, outcome: Outcome): string | undefined {
  const { address, port } = part.translated ?? {};
  const by = part.decisions.find(({ fate }) => fate === outcome.fate);
  const { destination, destinationPort } = outcome;
  if (part.fate !== outcome.fate) return `${part.fate}, not ${outcome.fate}`;
  if (outcome.fate === 'unknown') return undefined;
  if (part.path !== outcome.path) return `by ${part.path}, not ${outcome.path}`;
  if (address && destination !== 'self' && !includes(address, destination)) return 'elsewhere';
  if (port && !includes(port, destinationPort)) return 'another port';
  if (closed(outcome) && by?.rule?.text !== outcome.by?.text) return `by ${by?.rule?.text}`;
  return undefined;
}

/** What is said for certain must hold whatever is chosen. */
function overclaim(part: AnswerPart, outcomes: readonly Outcome[]): string | undefined {
  const opens = outcomes.every(({ fate }) => fate === 'accept');
  if (part.fate === 'accept' && !opens) return 'accept, but it may not be';
  return closed(part) && !outcomes.every(closed) ? `${part.fate}, but it may not be` : undefined;
}

function check(layers: readonly Layer[], question: Question, machine: Machine): number {
  const parts = evaluate(layers, question, machine);
  expect(parts.reduce((sum, part) => sum + count(part), 0n)).toBe(count(question));
  let sure = 0;
  for (const packet of packetsOf(question)) {
    const holding = parts.filter((part) => has(part, packet));
    if (holding.length !== 1) expect(holding).toHaveLength(1);
    const [part] = holding;
    const { outcomes, chosen } = naive(layers, packet, machine, question.inDevice);
    const [outcome] = outcomes;
    if (part === undefined || outcome === undefined) continue;
    if (part.fate !== 'unknown' || !chosen) sure += 1;
    const wrong = chosen ? overclaim(part, outcomes) : contradiction(part, outcome);
    if (wrong !== undefined) expect(wrong).toBeUndefined();
  }
  return sure;
}

/** Rulesets are random, and some take long on a loaded machine. */
const PATIENCE = { timeout: 300_000 };

describe('evaluate beside a walk of single packets', PATIENCE, () => {
  it('agrees on 22,400 packets where everything is understood', () => {
    let sure = 0;
    let packets = 0;
    const world = arbitraryLayers({ opaque: false });
    fc.assert(
      fc.property(world, questions, machines, (layers, question, machine) => {
        sure += check(layers, question, machine);
        packets += 14;
      }),
      { numRuns: 1600 },
    );
    expect(sure / packets).toBeGreaterThan(0.9);
  });

  it('says nothing for certain that could be otherwise where rules are opaque', () => {
    let sure = 0;
    let packets = 0;
    const world = arbitraryLayers({ opaque: true });
    fc.assert(
      fc.property(world, questions, machines, (layers, question, machine) => {
        sure += check(layers, question, machine);
        packets += 14;
      }),
      { numRuns: 600 },
    );
    expect(sure / packets).toBeGreaterThan(0.5);
  });

  it('answers alike with and without someone who watches', () => {
    const world = arbitraryLayers({ opaque: true });
    fc.assert(
      fc.property(world, questions, machines, (layers, question, machine) => {
        const watched = evaluate(layers, question, machine, () => {});
        const plain = evaluate(layers, question, machine);
        for (const packet of packetsOf(question)) {
          const facts = (parts: readonly AnswerPart[]) =>
            parts
              .filter((part) => has(part, packet))
              .map(({ fate, decisions, conditions, path, translated }) => ({
                fate,
                decisions,
                conditions,
                path,
                translated,
              }));
          expect(facts(watched)).toEqual(facts(plain));
        }
      }),
      { numRuns: 300 },
    );
  });
});
