import type { SharedEdge } from '../model/scan.ts';
import type { Service } from '../model/service.ts';
import { EDGE_MARKS, type EdgeMarks, type FieldMark } from './data/edge-marks.ts';
import { type Facts, factsOf } from './facts.ts';
import { isCloudflareOrigin } from './origin-certificate.ts';

/** A port that was identified. */
export interface Answer {
  readonly port: number;
  readonly service: Service;
}

/** Marks that tell an edge: one of its own, or two that are passed on. */
const ENOUGH = 2;
const OWN = 2;
const PASSED = 1;
const MAX_VALUE = 60;

/**
 * The edge that the answers of a host look like; undefined when they look like none. An address in no
 * list can be an edge all the same: lists grow old, and some providers publish none. But a server
 * that fetches from an edge passes most of these marks on.
 */
export function edgeByAnswers(answers: readonly Answer[]): SharedEdge | undefined {
  const seen = answers.map((answer) => ({ port: answer.port, facts: factsOf(answer.service) }));
  if (seen.some(({ facts }) => isCloudflareOrigin(leafOf(facts)))) return undefined;
  let best: { provider: string; score: number; evidence: string[] } | undefined;
  for (const marks of EDGE_MARKS) {
    const found = seen.flatMap(({ port, facts }) => marksIn(facts, port, marks));
    const score = scoreOf(found);
    if (score < ENOUGH || score <= (best?.score ?? 0)) continue;
    best = { provider: marks.provider, score, evidence: [...new Set(found.map(textOf))] };
  }
  if (best === undefined) return undefined;
  const { provider, evidence } = best;
  return { provider, basis: 'answers', evidence: [...evidence, doubt(provider)] };
}

interface Found {
  readonly weight: number;
  readonly mark: string;
  readonly text: string;
}

function textOf({ text }: Found): string {
  return text;
}

/** Each mark counts once, on however many ports it is seen. */
function scoreOf(found: readonly Found[]): number {
  const weights = new Map(found.map(({ mark, weight }) => [mark, weight]));
  return [...weights.values()].reduce((sum, weight) => sum + weight, 0);
}

function doubt(provider: string): string {
  return `The address is in no list of ${provider}’s addresses that is known here: a server that passes ${provider}’s answers on looks the same.`;
}

function marksIn(service: Facts, port: number, marks: EdgeMarks): Found[] {
  return [
    ...fieldsIn(service, port, marks.own, OWN),
    ...fieldsIn(service, port, marks.passed, PASSED),
    ...certificateIn(service, port, marks.certificates),
  ];
}

function fieldsIn(
  service: Facts,
  port: number,
  fields: readonly FieldMark[],
  weight: number,
): Found[] {
  const details = service.under('details');
  return fields.flatMap(({ field, value: looks }) => {
    const value = fieldOf(details, field);
    if (value === undefined || looks?.test(value) === false) return [];
    const text = `Port ${port} answers with ${field}: ${value.slice(0, MAX_VALUE)}`;
    return [{ weight, mark: field, text }];
  });
}

function fieldOf(details: Facts, field: string): string | undefined {
  if (field === 'server' || field === 'via') return details.text(field);
  const kept = details.items('edgeFields').find((entry) => entry.text('name') === field);
  return kept?.text('value');
}

function leafOf(service: Facts): Facts {
  return service.under('tls').items('chain')[0] ?? factsOf(undefined);
}

/** Anybody can write these names into a certificate that he signs himself. */
function certificateIn(service: Facts, port: number, ends: readonly string[]): Found[] {
  const leaf = leafOf(service);
  if (leaf.flag('selfSigned') !== false) return [];
  const name = leaf
    .list('names')
    .find((text) => ends.some((end) => `.${text.toLowerCase()}`.endsWith(`.${end}`)));
  if (name === undefined) return [];
  const text = `The certificate on port ${port} is for ${name.slice(0, MAX_VALUE)}`;
  return [{ weight: OWN, mark: 'certificate', text }];
}
