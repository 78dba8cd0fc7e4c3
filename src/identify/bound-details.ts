const MAX_STRING = 1024;
const MAX_ITEMS = 256;
const MAX_DEPTH = 6;

function bound(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return value.slice(0, MAX_STRING).toWellFormed();
  if (value === null || typeof value !== 'object') return value;
  if (depth >= MAX_DEPTH) return undefined;
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => bound(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .slice(0, MAX_ITEMS)
      .map(([key, item]) => [key, bound(item, depth + 1)]),
  );
}

/**
 * A plugin's details within fixed bounds (strings 1,024 characters, lists and objects 256 members,
 * 6 levels), so that no peer decides how large a report becomes.
 */
export function boundDetails(details: unknown): Readonly<Record<string, unknown>> {
  if (details === null || typeof details !== 'object' || Array.isArray(details)) return {};
  return bound(details, 0) as Record<string, unknown>;
}
