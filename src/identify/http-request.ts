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

/** Text of a GET request, the only method Postern uses on HTTP. No compression is asked for. */
export function getRequest(host: string, path: string, accept = '*/*'): string {
  return [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}`,
    `User-Agent: ${USER_AGENT}`,
    `Accept: ${accept}`,
    'Accept-Encoding: identity',
    'Connection: close',
    '\r\n',
  ].join('\r\n');
}

/** Asks for `path` on this connection; null when what came back is no HTTP response. */
export async function getHttp(
  talk: Conversation,
  path = '/',
  accept?: string,
): Promise<HttpResponse | null> {
  talk.send(getRequest(hostField(talk), path, accept));
  const { bytes } = await talk.receive(httpFrame, RESPONSE_MS);
  return readHttpResponse(bytes);
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
