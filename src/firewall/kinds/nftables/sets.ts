import { isList, isObject, type Json, type JsonObject, listed, only, textAt } from './json.ts';

/**
 * Whether rules add elements to a set: `never`; only for a source that is `over` a limit, which a
 * first packet is not; or `freely`, where a packet may have been added on its way to the test.
 */
export type Growth = 'never' | 'over' | 'freely';

export interface SetContent {
  readonly elements: readonly Json[];
  readonly growth: Growth;
  /** Elements count or limit by themselves (`set m { … limit rate … }`): being listed is not enough. */
  readonly limited: boolean;
}

/** What the rules of one table refer to by name. */
export interface Scope {
  readonly family: string;
  readonly chains: ReadonlySet<string>;
  readonly sets: ReadonlyMap<string, SetContent>;
  /** Named limits and quotas, and whether they match `over` or below; `limit lim1`, `quota q1`. */
  readonly meters: ReadonlyMap<string, boolean>;
}

/** `@name` or the elements written in place. */
export function contentOf(data: Json, scope: Scope): SetContent | undefined {
  if (typeof data === 'string') return scope.sets.get(data.replace(/^@/, ''));
  const [kind, elements] = only(data) ?? [];
  if (kind !== 'set') return undefined;
  return { elements: listed(elements), growth: 'never', limited: false };
}

/** Of all rules of a table: what they do to its sets. */
export function growthOf(rules: readonly (readonly Json[])[]): ReadonlyMap<string, Growth> {
  const growth = new Map<string, Growth>();
  for (const statements of rules) {
    let guarded = false;
    for (const statement of statements) {
      const [kind, value] = only(statement) ?? [];
      if (kind === undefined || !isObject(value)) continue;
      if (isOver(kind, value)) guarded = true;
      if (kind !== 'set' && kind !== 'map') continue;
      const name = (textAt(value, kind === 'set' ? 'set' : 'map') ?? '').replace(/^@/, '');
      const own = listed(value['stmt']).some((inner) => {
        const [innerKind, meter] = only(inner) ?? [];
        return innerKind !== undefined && isObject(meter) && isOver(innerKind, meter);
      });
      // A meter's element is there from the first packet on: only what stands behind the limit is late.
      const late = guarded && value['op'] !== 'delete';
      if (growth.get(name) !== 'freely') growth.set(name, late ? 'over' : 'freely');
      if (own) guarded = true;
    }
  }
  return growth;
}

function isOver(kind: string, value: JsonObject): boolean {
  return (kind === 'limit' || kind === 'ct count' || kind === 'quota') && value['inv'] === true;
}

/** Statements of a set or of its elements that decide whether being listed counts. */
export function isLimited(set: JsonObject): boolean {
  const declared = listed(set['stmt']).some((statement) => {
    const [kind] = only(statement) ?? [];
    return kind !== 'counter' && kind !== 'last';
  });
  return declared || listed(set['elem']).some(isLimitedElement);
}

const WITHOUT_WEIGHT = new Set(['val', 'timeout', 'expires', 'comment', 'counter', 'last']);

function isLimitedElement(element: Json): boolean {
  const [kind, value] = only(isList(element) ? (element[0] ?? null) : element) ?? [];
  if (kind !== 'elem' || !isObject(value)) return false;
  return Object.keys(value).some((key) => !WITHOUT_WEIGHT.has(key));
}
