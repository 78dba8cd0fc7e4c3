import type { Conversation } from '../net/conversation.ts';
import { fieldsNamed, type HttpResponse } from './http-message.ts';

/** Schemes of every challenge (RFC 9110 §11.6.1), in lower case: the first word of each field. */
export function authSchemes(response: HttpResponse): string[] {
  const schemes = fieldsNamed(response, 'www-authenticate').flatMap(
    (value) => /^[A-Za-z][\w-]{0,31}/.exec(value)?.[0].toLowerCase() ?? [],
  );
  return [...new Set(schemes)];
}

/** Whether a response refuses strangers (true), serves them (false), or says neither. */
export function refusesStrangers(response: HttpResponse | null): boolean | undefined {
  if (response === null) return undefined;
  if (response.status === 401 || response.status === 403 || response.status === 407) return true;
  return response.status >= 200 && response.status < 300 ? false : undefined;
}

/** `authRequired`, and `clearTextLogin` where a Basic password would travel readable. */
export function accessFacts(
  talk: Conversation,
  response: HttpResponse | null,
): { authRequired: boolean | undefined; clearTextLogin: true | undefined } {
  const basic = response !== null && authSchemes(response).includes('basic');
  return {
    authRequired: refusesStrangers(response),
    clearTextLogin: basic && talk.tls === undefined ? true : undefined,
  };
}
