import type { Path, PolicyFault } from './policy-text.ts';

/** Faults listed in an error; a file with more is wrong in its beginning. */
const MAX_LISTED = 50;

/** What an error tells of the faults of a file: how many, and a line for each. */
export function listed(
  faults: readonly PolicyFault[],
  fileName: string,
): { readonly count: string; readonly faults: string } {
  const lines = faults
    .slice(0, MAX_LISTED)
    .map(({ line, column, message }) => `${fileName}:${line}:${column}: ${message}`);
  const more = faults.length - lines.length;
  return {
    count: faults.length === 1 ? '1 error' : `${faults.length} errors`,
    faults: [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join('\n'),
  };
}

/** In the order of the file. */
export function sorted(faults: readonly PolicyFault[]): readonly PolicyFault[] {
  return [...faults].sort((a, b) => a.line - b.line || a.column - b.column);
}

/** What zod calls types, in words for people. */
export const KINDS: Readonly<Record<string, string>> = {
  array: 'a list, as in [22, 443]',
  object: 'keys with values',
  record: 'keys with values',
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};

/** The key in quotation marks; an element of a list has no name. */
export function nameOf(path: Path): string {
  const last = path.at(-1);
  if (last === undefined) return 'the file';
  return typeof last === 'number' ? 'this' : `"${String(last)}"`;
}

/** The value a path leads to; undefined when it leaves the document. */
export function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step))
      return undefined;
    value = Reflect.get(value, step);
  }
  return value;
}
