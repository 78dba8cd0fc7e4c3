import type { Step, Test } from '../../layer.ts';
import { familyIs } from './field.ts';
import { isObject, type Json, type JsonObject, listed, only, textAt } from './json.ts';

/** Below the bits that forbid fragments or are reserved (RFC 791 §3.1). */
const MORE_FRAGMENTS = 0x2000;
/** In words of four bytes, without options (RFC 791 §3.1). */
const PLAIN_HEADER = 5;

/** What a test gives for a packet without IP options, extension headers or fragments. */
interface Ordinary {
  readonly holds: boolean;
  readonly needs: readonly Test[];
}

/**
 * The steps of a test on odd packets; undefined: it is none, or it matters. Who wants to get in can send
 * ordinary ones. So a rule that drops odd packets only stops nobody, and one that accepts ordinary
 * ones lets everybody in; a rule that accepts odd packets, or drops ordinary ones, is left opaque.
 */
export function ordinarySteps(
  match: Json,
  statements: readonly Json[],
): readonly Step[] | undefined {
  const ordinary = isObject(match) ? ordinaryOf(match) : undefined;
  if (ordinary === undefined) return undefined;
  const [verdict] = only(statements.at(-1) ?? null) ?? [];
  const closes = verdict === 'drop' || verdict === 'reject';
  if (!ordinary.holds && closes) return [{ test: 'never', odd: true }];
  return ordinary.holds && verdict === 'accept' ? ordinary.needs : undefined;
}

function ordinaryOf(match: JsonObject): Ordinary | undefined {
  const { left = null, right = null } = match;
  const [kind, value] = only(left) ?? [];
  const not = match['op'] === '!=';
  if (!not && match['op'] !== '==') return undefined;
  if (kind === 'exthdr' || kind === 'ip option') return absent(value, right, not);
  const seen = headerValue(left);
  if (seen === undefined || typeof right !== 'number') return undefined;
  return { holds: (seen === right) !== not, needs: [familyIs(4)] };
}

/** A test on a field of a header that is not there fails, negated or not. */
function absent(header: Json | undefined, right: Json, not: boolean): Ordinary | undefined {
  if (!isObject(header ?? null)) return undefined;
  const isField = isObject(header) && header['field'] !== undefined;
  if (isField) return { holds: false, needs: [] };
  return typeof right === 'boolean' ? { holds: right === not, needs: [] } : undefined;
}

function headerValue(left: Json): number | undefined {
  const [kind, operands] = only(left) ?? [];
  if (kind !== '&') return fieldOf(left) === 'hdrlength' ? PLAIN_HEADER : undefined;
  const [field, mask] = listed(operands);
  if (field === undefined || typeof mask !== 'number' || mask >= 2 * MORE_FRAGMENTS)
    return undefined;
  return fieldOf(field) === 'frag-off' ? 0 : undefined;
}

function fieldOf(expression: Json): string | undefined {
  const [kind, payload] = only(expression) ?? [];
  if (kind !== 'payload' || !isObject(payload) || payload['protocol'] !== 'ip') return undefined;
  return textAt(payload, 'field');
}
