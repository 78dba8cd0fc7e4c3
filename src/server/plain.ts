import { problem } from '../model/errors.ts';

/** A NUL in a string of JSON (RFC 8259, 7), not the six signs behind an escaped backslash. */
const NUL = /(?<!\\)(?:\\\\)*\\u0000/;

/** PostgreSQL holds no NUL in text, and nothing that anybody means has one. */
function hasNul(where: string) {
  return problem('API_INVALID', { where, problem: 'it holds a NUL character' });
}

/** Reads JSON that a request brought. Throws API_INVALID. */
export function readJson(text: string): unknown {
  if (NUL.test(text)) throw hasNul('the body');
  try {
    return JSON.parse(text);
  } catch {
    throw problem('API_INVALID', { where: 'the body', problem: 'it is no JSON' });
  }
}

/** Throws API_INVALID for a path or a query with a NUL. */
export function refuseNul(url: string): void {
  if (url.includes('%00')) throw hasNul('the URL');
}
