import { ownValue } from '../../../model/own-value.ts';
import type { Action, Test } from '../../layer.ts';
import { familyIs, protocolIs } from './field.ts';
import { isObject, type Json, type JsonObject, listed, only, textAt } from './json.ts';
import { mangleParts } from './mangle.ts';
import { mapParts } from './map.ts';
import { type Part, partsOfMatch } from './match.ts';
import { printExpression, printRate, printRule } from './print.ts';
import type { Scope } from './sets.ts';
import { dnatParts, redirectParts } from './translation.ts';

/** The steps of one statement. What is not known may have done anything to the packet. */
export function partsOfStatement(statement: Json, scope: Scope): readonly Part[] {
  const [kind, value] = only(statement) ?? [];
  if (kind === undefined || value === undefined) return [opaqueAction(statement)];
  if (WITHOUT_EFFECT.has(kind)) return [];
  const reader = ownValue(READERS, kind);
  return reader?.(value, scope, kind) ?? [opaqueAction(statement)];
}

function opaqueAction(statement: Json): Action {
  return { do: 'opaque', text: printRule([statement]) };
}

/** Count, log, tag, copy or clamp: nothing that decides about the packet. */
const WITHOUT_EFFECT = new Set([
  'counter',
  'log',
  'comment',
  'continue',
  'last',
  'flow',
  'dup',
  'reset',
  'secmark',
  'ct helper',
  'ct timeout',
  'ct expectation',
]);

type Reader = (value: Json, scope: Scope, kind: string) => readonly Part[] | undefined;

const READERS: Readonly<Record<string, Reader>> = {
  match: (value, scope) => (isObject(value) ? partsOfMatch(value, scope) : undefined),
  accept: () => [{ do: 'accept' }],
  drop: () => [{ do: 'drop' }],
  return: () => [{ do: 'return' }],
  jump: verdictParts,
  goto: verdictParts,
  reject: (value, scope) => [...rejectNeeds(value, scope), { do: 'reject' }],
  limit: limitParts,
  quota: limitParts,
  'ct count': limitParts,
  meter: (value, scope) => (isObject(value) ? innerLimits(value, scope) : undefined),
  set: (value, scope) => (isObject(value) ? innerLimits(value, scope) : undefined),
  map: (value, scope) => (isObject(value) ? innerLimits(value, scope) : undefined),
  notrack: () => [{ do: 'notrack' }],
  snat: () => [{ do: 'snat' }],
  masquerade: () => [{ do: 'snat' }],
  redirect: redirectParts,
  dnat: dnatParts,
  mangle: mangleParts,
  vmap: vmapParts,
  xt: xtParts,
};

function verdictParts(value: Json, scope: Scope, kind: string): readonly Part[] | undefined {
  const action = verdictOf({ [kind]: value }, scope);
  return action === undefined ? undefined : [action];
}

/** What a row of a verdict map does; `continue` does nothing, which is no mark changed. */
function verdictOf(verdict: Json, scope: Scope): Action | undefined {
  const [kind, value] = only(verdict) ?? [];
  if (kind === 'accept' || kind === 'drop' || kind === 'return') return { do: kind };
  if (kind === 'continue') return { do: 'set-mark', field: 'mark', and: 0xffff_ffff, xor: 0 };
  if ((kind !== 'jump' && kind !== 'goto') || !isObject(value)) return undefined;
  const chain = textAt(value, 'target');
  return chain === undefined || !scope.chains.has(chain) ? undefined : { do: kind, chain };
}

/** Each way to refuse works for its own family or protocol only. */
function rejectNeeds(value: Json, { family }: Scope): readonly Test[] {
  const type = isObject(value) ? value['type'] : undefined;
  if (type === 'tcp reset') return [protocolIs(6)];
  if (family === 'ip' || family === 'ip6') return [];
  if (type === 'icmp') return [familyIs(4)];
  return type === 'icmpv6' ? [familyIs(6)] : [];
}

function limitParts(value: Json, scope: Scope, kind: string): readonly Part[] | undefined {
  if (isObject(value)) {
    return [{ test: 'limit', over: value['inv'] === true, text: bound(value, kind) }];
  }
  if (typeof value !== 'string') return undefined;
  const over = scope.meters.get(`${kind} ${value}`);
  return over === undefined ? undefined : [{ test: 'limit', over, text: `the ${kind} "${value}"` }];
}

/** As it is told behind "at most". */
function bound(value: JsonObject, kind: string): string {
  if (kind === 'limit') return printRate(value);
  const amount = printExpression(value['val'] ?? null);
  if (kind === 'quota') return `${amount} ${textAt(value, 'val_unit') ?? 'bytes'} in all`;
  return `${amount} connections`;
}

/** `add @s { ip saddr limit rate over 3/minute } drop`: the drop waits for the limit. */
function innerLimits(value: JsonObject, scope: Scope): readonly Part[] {
  return listed(value['stmt']).flatMap((statement) => partsOfStatement(statement, scope));
}

function vmapParts(value: Json, scope: Scope): readonly Part[] | undefined {
  if (!isObject(value)) return undefined;
  return mapParts(value, scope, (verdict) => verdictOf(verdict, scope));
}

/** Extensions of iptables in a table of iptables-nft: JSON gives their name and not what they hold. */
function xtParts(value: Json): readonly Part[] | undefined {
  if (!isObject(value)) return undefined;
  const name = textAt(value, 'name') ?? '';
  if (value['type'] === 'match') {
    return name === 'comment' ? [] : [{ test: 'opaque', text: `xt match "${name}"` }];
  }
  if (value['type'] !== 'target') return undefined;
  if (name === 'MASQUERADE' || name === 'SNAT') return [{ do: 'snat' }];
  return XT_WITHOUT_EFFECT.has(name) ? [] : undefined;
}

const XT_WITHOUT_EFFECT = new Set(['LOG', 'NFLOG', 'TRACE', 'TCPMSS', 'CHECKSUM', 'DSCP', 'TOS']);
