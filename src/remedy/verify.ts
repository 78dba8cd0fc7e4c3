import { addressRanges, cidrsOf } from '../firewall/cidrs.ts';
import type { Change } from '../firewall/kind.ts';
import type { Family } from '../firewall/layer.ts';
import type { AnswerPart } from '../firewall/packet.ts';
import { difference, intersection, type Ranges, rangesOf, union } from '../firewall/ranges.ts';
import { readNetwork } from '../model/network.ts';
import { portQuestion, type Rules } from './keep.ts';

/**
 * Whether the rules do what the change says:
 * - `done`: they do.
 * - `open`: they still let in who should stay out, or no longer let in who should; `problem` says whom.
 * - `unknown`: a rule that was not understood may decide.
 */
export type Verification =
  | { readonly state: 'done' }
  | { readonly state: 'open' | 'unknown'; readonly problem: string };

const MAX_BLOCKS = 3;

/** Asks the rules after a change about every source of each family. */
export function verifyChange(change: Change, rules: Rules): Verification {
  const found = change.families.map((family) => verifyFamily(change, family, rules));
  return (
    found.find(({ state }) => state === 'open') ??
    found.find(({ state }) => state === 'unknown') ?? { state: 'done' }
  );
}

function verifyFamily(change: Change, family: Family, rules: Rules): Verification {
  const question = portQuestion({ ...change, family }, rules.machine);
  if (question.destination.length === 0) return { state: 'done' };
  const after = rules.evaluate(rules.after, question, rules.machine);
  const allowed = allowedSources(change, family, question.source);
  const fitting = (part: AnswerPart) => fitsDevice(change, part);
  const strangers = union(
    sourcesOf(
      after.filter((part) => !fitting(part)),
      'accept',
    ),
    difference(sourcesOf(after.filter(fitting), 'accept'), allowed),
  );
  if (strangers.length > 0) return open(family, strangers, 'still let in');
  const before = rules.evaluate(rules.before, question, rules.machine);
  const wanted = intersection(sourcesOf(before.filter(fitting), 'accept'), allowed);
  const lost = difference(wanted, sourcesOf(after, 'accept'));
  const doubtful = sourcesOf(after, 'unknown');
  const kept = difference(lost, doubtful);
  if (kept.length > 0) return open(family, kept, 'no longer let in');
  if (doubtful.length === 0) return { state: 'done' };
  return {
    state: 'unknown',
    problem: `whether ${some(family, doubtful)} are let in cannot be told`,
  };
}

/** Nobody, unless the change names sources or a device. */
function allowedSources({ only, device }: Change, family: Family, every: Ranges<bigint>) {
  if (only === undefined) return device === undefined ? [] : every;
  const networks = only.flatMap((text) => readNetwork(text) ?? []);
  return addressRanges(networks.filter((network) => network.family === family));
}

function fitsDevice({ device }: Change, { inDevice }: AnswerPart): boolean {
  return device === undefined || inDevice.every((name) => name === device);
}

function sourcesOf(parts: readonly AnswerPart[], fate: AnswerPart['fate']): Ranges<bigint> {
  // a country's networks may come back in as many parts: joined at once, not one by one
  const pairs: (readonly [bigint, bigint])[] = [];
  for (const part of parts) {
    if (part.fate !== fate) continue;
    const ranges = part.source;
    for (let at = 0; at + 1 < ranges.length; at += 2) {
      pairs.push([ranges[at] as bigint, (ranges[at + 1] as bigint) - 1n]);
    }
  }
  return rangesOf(pairs, 1n);
}

function open(family: Family, sources: Ranges<bigint>, how: string): Verification {
  return { state: 'open', problem: `${some(family, sources)} are ${how}` };
}

function some(family: Family, sources: Ranges<bigint>): string {
  const blocks = cidrsOf(family, sources);
  const shown = blocks.slice(0, MAX_BLOCKS).join(', ');
  return blocks.length > MAX_BLOCKS ? `${shown} and ${blocks.length - MAX_BLOCKS} more` : shown;
}
