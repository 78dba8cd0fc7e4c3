import type { PosternError } from '../model/errors.ts';

const asked = new WeakMap<Error, string>();

/** An error of a peer that said when to come again: the value of Retry-After (RFC 9110 §10.2.3). */
export function later(error: PosternError, retryAfter: string | undefined): PosternError {
  if (retryAfter !== undefined) asked.set(error, retryAfter);
  return error;
}

/** What the peer said, as it said it. */
export function retryAfterOf(error: unknown): string | undefined {
  return error instanceof Error ? asked.get(error) : undefined;
}
