import type { Machine } from '../model/machine.ts';
import type { LayerDecision, RuleReference } from '../model/reachability.ts';
import { cidrsOf } from './cidrs.ts';
import { evaluate } from './evaluate.ts';
import type { Action, KindName, Layer, Rule } from './layer.ts';
import type { AnswerPart, Question, Visit } from './packet.ts';
import { referTo } from './parcel.ts';

/** One stop on the way of the packets. */
export interface ExplainStep {
  readonly layer: KindName;
  readonly origin: string;
  readonly table: string;
  readonly chain: string;
  /** 0 in a base chain, one more for each chain that led here. */
  readonly depth: number;
  readonly event: Visit['event'];
  /** Absent: the chain was entered or left, or its policy applied. */
  readonly rule?: RuleReference;
  /** Of a rule that held, or of a policy: `accept`, `jump DOCKER`, `dnat`. */
  readonly did?: string;
}

export interface Explanation {
  readonly steps: readonly ExplainStep[];
  /** What became of the packets in the end, and by which rules. */
  readonly parts: readonly AnswerPart[];
}

function actionText(action: Action): string {
  if (action.do === 'jump' || action.do === 'goto') return `${action.do} ${action.chain}`;
  if (action.do === 'map') return 'map';
  return action.do;
}

/** What a rule does when it holds; one without an action (a log, a counter) changes nothing. */
function didOf({ steps }: Rule): string {
  const actions = steps.flatMap((step) => ('do' in step ? [actionText(step)] : []));
  return actions.length === 0 ? 'nothing that decides' : actions.join(', ');
}

const HELD: ReadonlySet<Visit['event']> = new Set(['match', 'part', 'maybe']);

function stepOf({ layer, table, chain, rule, event, depth }: Visit): ExplainStep {
  const policy = event === 'policy' ? { did: chain.policy ?? 'accept' } : {};
  const held = rule !== undefined && HELD.has(event) ? { did: didOf(rule) } : policy;
  return {
    layer: layer.kind,
    origin: layer.origin,
    table: table.name,
    chain: chain.name,
    depth,
    event,
    ...(rule === undefined ? {} : { rule: referTo(rule) }),
    ...held,
  };
}

/**
 * Walks the packets of a question through the layers and keeps each rule that they came by. With
 * sets in the question the steps of several ways stand behind one another.
 */
export function explain(
  layers: readonly Layer[],
  question: Question,
  machine: Machine,
): Explanation {
  const steps: ExplainStep[] = [];
  const parts = evaluate(layers, question, machine, (visit) => steps.push(stepOf(visit)));
  return { steps, parts };
}

const WORDS: Record<Visit['event'], string> = {
  enter: 'chain',
  match: 'holds',
  part: 'partly',
  miss: 'no',
  maybe: 'maybe',
  policy: 'policy',
  return: 'back',
};
const WIDEST = 7;
/** More rules in a row that do not hold are counted, not listed. */
const MISSES_LISTED = 3;

function ruleText({ handle, line, text }: RuleReference): string {
  const handles = handle === undefined ? '' : ` [handle ${handle}]`;
  return `${text}${handles}${line === undefined ? '' : ` [line ${line}]`}`;
}

function stepText(step: ExplainStep): string {
  const { event, rule, did, table, chain } = step;
  const what = rule === undefined ? '' : ruleText(rule);
  if (event === 'enter') return `chain ${table} ${chain}`;
  if (event === 'return') return `back from ${chain}`;
  const word = WORDS[event].padEnd(WIDEST);
  if (event === 'policy') return `${word}${did}`;
  return did === undefined ? `${word}${what}` : `${word}${what} → ${did}`;
}

function indented({ depth, event }: ExplainStep, text: string): string {
  return `${'  '.repeat(depth + (event === 'enter' || event === 'return' ? 1 : 2))}${text}`;
}

function missRun(steps: readonly ExplainStep[], from: number): number {
  let end = from;
  while (steps[end]?.event === 'miss') end += 1;
  return end - from;
}

function wayLines(steps: readonly ExplainStep[], listed: number): readonly string[] {
  const lines: string[] = [];
  let origin = '';
  for (let at = 0; at < steps.length; at += 1) {
    const step = steps[at];
    if (step === undefined) break;
    const from = `${step.layer} (${step.origin})`;
    if (from !== origin) lines.push(from);
    origin = from;
    const misses = missRun(steps, at);
    if (misses > listed) {
      lines.push(
        indented(step, `${WORDS.miss.padEnd(WIDEST)}${misses} rules do not hold (-v lists them)`),
      );
      at += misses - 1;
    } else lines.push(indented(step, stepText(step)));
  }
  return lines;
}

/** A decision in words: `drop by nftables (nft -j list ruleset), filter input: ct state invalid drop`. */
export function decisionText({ fate, layer, origin, table, chain, rule }: LayerDecision): string {
  const place = [table, chain].filter((name) => name !== '').join(' ');
  const where = place === '' ? '' : `, ${place}`;
  const by = rule === undefined ? 'policy' : ruleText(rule);
  return `${fate} by ${layer} (${origin})${where}: ${by}`;
}

/** Blocks of sources that are named before the rest is counted. */
const SOURCES_NAMED = 4;

function fromText(part: AnswerPart, { family }: Question): string {
  const blocks = cidrsOf(family, part.source);
  const more = blocks.length - SOURCES_NAMED;
  const named = blocks.slice(0, SOURCES_NAMED).join(', ');
  return `${more > 0 ? `${named} and ${more} more` : named} on ${part.inDevice.join(', ')}`;
}

function partLines(part: AnswerPart, question: Question): readonly string[] {
  const conditions = part.conditions.map((condition) => `, ${condition}`).join('');
  return [
    `${part.fate}: from ${fromText(part, question)}${conditions}`,
    ...part.decisions.map((decision) => `  ${decisionText(decision)}`),
  ];
}

/**
 * The explanation for printing: the way rule by rule, then the fates. Many rules in a row that do not
 * hold are counted, unless `every` rule is wanted.
 */
export function explainLines(
  { steps, parts }: Explanation,
  question: Question,
  every = false,
): readonly string[] {
  const listed = every ? Number.POSITIVE_INFINITY : MISSES_LISTED;
  return [...wayLines(steps, listed), ...parts.flatMap((part) => partLines(part, question))];
}
