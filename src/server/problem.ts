import type { Context } from 'hono';
import type { ErrorCode, PosternError } from '../model/errors.ts';

type Status = 400 | 401 | 403 | 404 | 409 | 413 | 415 | 422 | 429 | 500 | 503;

/** Statuses of failures that are not the caller's wording (422). */
const STATUSES: Partial<Record<ErrorCode, Status>> = {
  API_SIGN_IN: 401,
  API_FORBIDDEN: 403,
  TARGET_NOT_GRANTED: 403,
  QUOTA: 403,
  API_NOT_FOUND: 404,
  API_CONFLICT: 409,
  API_TOO_LARGE: 413,
  API_INVALID: 422,
  API_TOO_MANY: 429,
  API_SLOW: 503,
  AUTH_REFUSED: 401,
  AUTH_LINK: 403,
  AUTH_ORIGIN: 403,
  AUTH_LAST_ADMIN: 409,
  AUTH_RESET: 409,
  API_FAULT: 500,
  AGENT_ENROLMENT: 403,
  AGENT_REVOKED: 403,
  STORE_BUSY: 503,
  STORE_FULL: 503,
  STORE_GONE: 503,
  STORE_DAMAGED: 503,
};

/** `{ error: { code, message, todo } }` with the status of the code. */
export function answerProblem(context: Context, { code, message, todo }: PosternError): Response {
  return context.json({ error: { code, message, todo } }, STATUSES[code] ?? 422);
}
