import { z } from 'zod';
import { USER_AGENT } from '../../model/agent.ts';
import type { Conversation } from '../../net/conversation.ts';
import { httpDetails, httpIdentity } from '../http-facts.ts';
import type { HttpResponse } from '../http-message.ts';
import { hostField } from '../http-request.ts';
import {
  beginsHttp2,
  connectionStart,
  getFrame,
  goAway,
  readHttp2Response,
  readSettings,
  responseFrame,
  settingsAck,
  settingsFrame,
} from '../http2-frames.ts';
import { defineProtocol } from '../plugin.ts';

const details = httpDetails.partial().extend({
  settings: z
    .record(z.string(), z.number().int())
    .describe('SETTINGS of the server (RFC 9113 §6.5.2); unknown ones by number'),
});

/** A conversation on which HTTP/2 may begin: in TLS only where ALPN agreed on it. */
async function ready(talk: Conversation): Promise<Conversation | null> {
  if (talk.tls === undefined || talk.tls.alpn === 'h2') return talk;
  const fresh = await talk.fresh({ alpn: ['h2'] });
  return fresh?.tls?.alpn === 'h2' ? fresh : null;
}

/** GET / on stream 1 and the rest of the conversation. */
async function getHttp2(talk: Conversation): Promise<HttpResponse | null> {
  talk.send(settingsAck());
  const { bytes } = await talk.receive(responseFrame, 5_000);
  talk.send(goAway());
  return readHttp2Response(bytes);
}

/** HTTP/2 by prior knowledge (RFC 9113 §3.3), in the clear or agreed by ALPN: SETTINGS and GET /. */
export const http2 = defineProtocol({
  name: 'http2',
  title: 'HTTP/2',
  transport: 'tcp',
  over: 'tcp',
  ports: [50051],
  manners: 'ask',
  details,

  recognises(bytes) {
    return bytes.length >= 9 && beginsHttp2(bytes);
  },

  async identify(talk) {
    const speaking = await ready(talk);
    if (speaking === null) return null;
    const scheme = talk.tls === undefined ? 'http' : 'https';
    speaking.send(connectionStart());
    speaking.send(getFrame(scheme, hostField(talk), USER_AGENT));
    const settings = readSettings((await speaking.receive(settingsFrame)).bytes);
    if (settings === null) return null;
    const response = await getHttp2(speaking);
    if (response === null) return { details: { settings } };
    const encrypted = talk.tls !== undefined;
    const identity = httpIdentity({ first: response, last: response, redirects: [], encrypted });
    return { ...identity, details: { ...identity.details, settings } };
  },
});
