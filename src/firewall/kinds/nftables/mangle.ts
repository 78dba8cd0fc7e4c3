import type { Action } from '../../layer.ts';
import { isObject, type Json, listed, only, textAt } from './json.ts';
import { mapOf, mapParts } from './map.ts';
import type { Part } from './match.ts';
import type { Scope } from './sets.ts';

/** Marks count; headers that no rule of ours looks at do not; rewritten addresses are not followed. */
export function mangleParts(value: Json, scope: Scope): readonly Part[] | undefined {
  if (!isObject(value)) return undefined;
  const [kind, key] = only(value['key'] ?? null) ?? [];
  if (kind === undefined || !isObject(key)) return undefined;
  if (kind === 'meta' || kind === 'ct')
    return setParts(kind, textAt(key, 'key') ?? '', value['value'] ?? null, scope);
  if (kind === 'tcp option' || kind === 'exthdr' || kind === 'ip option') return [];
  if (kind !== 'payload') return undefined;
  return HARMLESS_HEADERS.has(textAt(key, 'field') ?? '') ? [] : undefined;
}

const HARMLESS_HEADERS = new Set(['dscp', 'ecn', 'ttl', 'hoplimit', 'id', 'checksum', 'flowlabel']);
const HARMLESS_KEYS = new Set([
  'meta priority',
  'meta nftrace',
  'meta secmark',
  'ct zone',
  'ct event',
  'ct label',
  'ct helper',
  'ct secmark',
]);

function setParts(
  kind: 'meta' | 'ct',
  key: string,
  value: Json,
  scope: Scope,
): readonly Part[] | undefined {
  if (HARMLESS_KEYS.has(`${kind} ${key}`)) return [];
  if (key !== 'mark') return undefined;
  const field = kind === 'meta' ? 'mark' : 'connection-mark';
  const map = mapOf(value);
  if (map !== undefined) return mapParts(map, scope, (data) => constantMark(field, data));
  const change = markChange(value);
  if (change === undefined) return undefined;
  const { from, and, xor } = change;
  const copied: Action[] =
    from === undefined || from === field ? [] : [{ do: 'copy-mark', to: field }];
  if (copied.length > 0 && and === ALL && xor === 0) return copied;
  return [...copied, { do: 'set-mark', field, and, xor }];
}

type MarkField = 'mark' | 'connection-mark';

function constantMark(field: MarkField, value: Json): Action | undefined {
  const change = markChange(value);
  if (change === undefined || change.from !== undefined) return undefined;
  return { do: 'set-mark', field, and: change.and, xor: change.xor };
}

/** new = (from & and) ^ xor; without `from` a constant. */
interface MarkChange {
  readonly from?: MarkField;
  readonly and: number;
  readonly xor: number;
}

const ALL = 0xffff_ffff;

function markChange(value: Json): MarkChange | undefined {
  if (typeof value === 'number') return { and: 0, xor: value >>> 0 };
  const [kind, inner] = only(value) ?? [];
  if (kind === undefined || inner === undefined) return undefined;
  if (kind === 'meta' || kind === 'ct') {
    if (!isObject(inner) || inner['key'] !== 'mark') return undefined;
    return { from: kind === 'meta' ? 'mark' : 'connection-mark', and: ALL, xor: 0 };
  }
  const [left, right] = listed(inner);
  const base = left === undefined ? undefined : markChange(left);
  if (base === undefined || typeof right !== 'number') return undefined;
  if (kind === '&')
    return { ...base, and: (base.and & right) >>> 0, xor: (base.xor & right) >>> 0 };
  if (kind === '^') return { ...base, xor: (base.xor ^ right) >>> 0 };
  if (kind !== '|') return undefined;
  return { ...base, and: (base.and & ~right) >>> 0, xor: (base.xor | right) >>> 0 };
}
