import { USER_AGENT } from '../model/agent.ts';
import type { Conversation } from '../net/conversation.ts';
import { type HttpResponse, httpFrame, readHttpResponse } from './http-message.ts';

/** Web applications wake up slowly; a conversation's own budget still holds. */
const RESPONSE_MS = 5_000;

/** The Host field (RFC 9110 §7.2): the name we were asked for, the port unless it is the default. */
export function hostField(talk: Conversation): string {
  const host = talk.serverName ?? talk.authority;
  return talk.port === (talk.tls ? 443 : 80) ? host : `${host}:${talk.port}`;
}

interface Request {
  readonly host: string;
  readonly path: string;
  readonly accept?: string | undefined;
  /** JSON of a POST; absent: GET. */
  readonly json?: string;
}

/** Text of a request. No compression is asked for. */
export function requestText({ host, path, accept, json }: Request): string {
  const body =
    json === undefined ? [] : ['Content-Type: application/json', `Content-Length: ${json.length}`];
  return [
    `${json === undefined ? 'GET' : 'POST'} ${path} HTTP/1.1`,
    `Host: ${host}`,
    `User-Agent: ${USER_AGENT}`,
    `Accept: ${accept ?? '*/*'}`,
    'Accept-Encoding: identity',
    'Connection: close',
    ...body,
    `\r\n${json ?? ''}`,
  ].join('\r\n');
}

async function exchange(talk: Conversation, request: Request): Promise<HttpResponse | null> {
  talk.send(requestText(request));
  const { bytes } = await talk.receive(httpFrame, RESPONSE_MS);
  return readHttpResponse(bytes);
}

/** Asks for `path` on this connection; null when what came back is no HTTP response. */
export function getHttp(
  talk: Conversation,
  path = '/',
  accept?: string,
): Promise<HttpResponse | null> {
  return exchange(talk, { host: hostField(talk), path, accept });
}

/** As `getHttp`, on a connection of its own. */
export async function getFresh(
  talk: Conversation,
  path: string,
  accept?: string,
): Promise<HttpResponse | null> {
  const fresh = await talk.fresh();
  return fresh === null ? null : getHttp(fresh, path, accept);
}

/**
 * Posts JSON (ASCII) on a connection of its own. Only for questions that an API takes by POST and
 * that change nothing.
 */
export async function postFresh(
  talk: Conversation,
  path: string,
  json: string,
): Promise<HttpResponse | null> {
  const fresh = await talk.fresh();
  return fresh === null ? null : exchange(fresh, { host: hostField(talk), path, json });
}
