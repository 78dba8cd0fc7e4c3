import type { Conversation } from '../../net/conversation.ts';
import { httpDetails, httpIdentity } from '../http-facts.ts';
import { readHttpResponse } from '../http-message.ts';
import { visit } from '../http-visit.ts';
import { defineProtocol } from '../plugin.ts';

/** The conversation itself, or one more that speaks HTTP/1.1 where this one agreed on h2. */
function speakingHttp1(talk: Conversation): Promise<Conversation | null> {
  return talk.tls?.alpn === 'h2' ? talk.fresh({ alpn: ['http/1.1'] }) : Promise.resolve(talk);
}

/** Whether the server takes h2 when it is offered; undefined when that could not be asked. */
async function offersHttp2(talk: Conversation): Promise<boolean | undefined> {
  if (talk.tls?.alpn === 'h2') return true;
  const fresh = await talk.fresh({ alpn: ['h2', 'http/1.1'] });
  return fresh?.tls === undefined ? undefined : fresh.tls.alpn === 'h2';
}

/**
 * HTTP/1.x inside TLS (RFC 9110 §4.2.2): the same questions as http, and one more connection that
 * offers h2 by ALPN.
 */
export const https = defineProtocol({
  name: 'https',
  title: 'HTTPS',
  transport: 'tcp',
  over: 'tcp',
  within: 'tls',
  ports: [],
  tlsPorts: [
    443, 2376, 4443, 5001, 5443, 6443, 6984, 7443, 7473, 8006, 8007, 8443, 8444, 8501, 8834, 8920,
    9443, 9444, 10000, 10250, 10257, 10259, 10443, 12443, 15671, 16443, 18091, 20000,
  ],
  manners: 'ask',
  details: httpDetails,

  recognises(bytes) {
    return readHttpResponse(bytes) !== null;
  },

  async identify(talk) {
    if (!talk.tls) return null;
    const speaking = await speakingHttp1(talk);
    const visited = speaking === null ? null : await visit(speaking);
    if (visited === null) return null;
    const http2 = await offersHttp2(talk);
    const identity = httpIdentity(visited);
    return http2 === undefined
      ? identity
      : { ...identity, details: { ...identity.details, http2 } };
  },
});
