import { clip, clipList } from './dialogue.ts';

/** What stands at a path of own members; undefined where the path breaks off. */
export function valueAt(json: unknown, ...path: readonly string[]): unknown {
  let value = json;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name))
      return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return value;
}

/** Text at a path, at most 1,024 characters. */
export function textAt(json: unknown, ...path: readonly string[]): string | undefined {
  const value = valueAt(json, ...path);
  return typeof value === 'string' ? clip(value) : undefined;
}

export function numberAt(json: unknown, ...path: readonly string[]): number | undefined {
  const value = valueAt(json, ...path);
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

export function flagAt(json: unknown, ...path: readonly string[]): boolean | undefined {
  const value = valueAt(json, ...path);
  return typeof value === 'boolean' ? value : undefined;
}

/** A list at a path, at most 256 items. */
export function listAt(json: unknown, ...path: readonly string[]): unknown[] | undefined {
  const value = valueAt(json, ...path);
  return Array.isArray(value) ? clipList(value) : undefined;
}
