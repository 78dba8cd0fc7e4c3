import { z } from 'zod';
import { TLS_VERSIONS } from '../../model/service.ts';
import type { Conversation } from '../../net/conversation.ts';
import { acceptedTlsVersions } from '../../net/tls-probe.ts';
import { readServerHello } from '../../net/tls-server-hello.ts';
import { defineProtocol } from '../plugin.ts';

const details = z.object({
  versions: z
    .array(z.enum(TLS_VERSIONS))
    .describe('Versions the peer answered with a ServerHello, each asked alone'),
  clientCertificateRequested: z
    .boolean()
    .optional()
    .describe('True when the peer asks for a client certificate'),
  alert: z
    .number()
    .int()
    .min(0)
    .max(255)
    .optional()
    .describe('Alert (RFC 8446 §6) that refused the newest version, when all were refused'),
});

/** Gives the conversation at hand first, fresh ones after it. */
function opener(talk: Conversation): () => Promise<Conversation | null> {
  let first: Conversation | undefined = talk;
  return async () => {
    const next = first ?? (await talk.fresh());
    first = undefined;
    return next;
  };
}

/**
 * A peer that speaks TLS but ends the handshake with us: it wants a client certificate, a name it
 * knows, or a cipher that is not ours. Sends one ClientHello per version and goes no further. Where
 * TLS stands and its inside is unknown, the scheduler reports `tls` by itself.
 */
export const tls = defineProtocol({
  name: 'tls',
  title: 'TLS',
  transport: 'tcp',
  over: 'tcp',
  within: 'bare',
  ports: [],
  manners: 'ask',
  details,

  recognises(bytes) {
    return readServerHello(bytes) !== null;
  },

  async identify(talk) {
    if (talk.tls) return null;
    const found = await acceptedTlsVersions(opener(talk));
    const { accepted, clientCertificateRequested, alert } = found;
    if (accepted.length === 0 && alert === undefined) return null;
    return {
      details: {
        versions: [...accepted],
        ...(clientCertificateRequested !== undefined && { clientCertificateRequested }),
        ...(alert !== undefined && { alert }),
      },
    };
  },
});
