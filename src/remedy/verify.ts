import { addressRanges, cidrBlocks } from '../firewall/cidr.ts';
import type { Change } from '../firewall/kind.ts';
import type { Family } from '../firewall/layer.ts';
import type { AnswerPart } from '../firewall/packet.ts';
import { difference, intersection, type Ranges, union } from '../firewall/ranges.ts';
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
  const strangers = sourcesOf(after, 'accept', (part) =>
    fitsDevice(change, part) ? difference(part.source, allowed) : part.source,
  );
  if (strangers.length > 0) return open(family, strangers, 'still let in');
  const before = rules.evaluate(rules.before, question, rules.machine);
  const wanted = sourcesOf(before, 'accept', (part) =>
    fitsDevice(change, part) ? intersection(part.source, allowed) : [],
  );
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

function sourcesOf(
  parts: readonly AnswerPart[],
  fate: AnswerPart['fate'],
  pick: (part: AnswerPart) => Ranges<bigint> = ({ source }) => source,
): Ranges<bigint> {
  return parts
    .filter((part) => part.fate === fate)
    .reduce<Ranges<bigint>>((all, part) => union(all, pick(part)), []);
}

function open(family: Family, sources: Ranges<bigint>, how: string): Verification {
  return { state: 'open', problem: `${some(family, sources)} are ${how}` };
}

function some(family: Family, sources: Ranges<bigint>): string {
  const blocks = cidrBlocks(family, sources);
  const shown = blocks.slice(0, MAX_BLOCKS).join(', ');
  return blocks.length > MAX_BLOCKS ? `${shown} and ${blocks.length - MAX_BLOCKS} more` : shown;
}
