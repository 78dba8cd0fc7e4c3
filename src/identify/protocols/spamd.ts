import { z } from 'zod';
import type { Conversation } from '../../net/conversation.ts';
import { lineFrame } from '../bytes.ts';
import { ask, headText } from '../dialogue.ts';
import { defineProtocol, type Identity } from '../plugin.ts';

const details = z.object({
  authRequired: z.boolean().describe('Always false: it checks mail for every address allowed'),
  protocolVersion: z.string().describe('Version of the protocol'),
});

/** Any answer of spamd (SpamAssassin, spamd/PROTOCOL): its protocol version. */
export function readSpamdAnswer(bytes: Uint8Array): string | null {
  return /^SPAMD\/(\d\.\d) \d{1,3} /.exec(headText(bytes.subarray(0, 64)))?.[1] ?? null;
}

async function identify(talk: Conversation): Promise<Identity<z.infer<typeof details>> | null> {
  const bytes = await ask(talk, 'PING SPAMC/1.2\r\n', lineFrame);
  const protocolVersion = bytes === null ? null : readSpamdAnswer(bytes);
  if (protocolVersion === null) return null;
  return { product: 'SpamAssassin spamd', details: { authRequired: false, protocolVersion } };
}

/** spamd of SpamAssassin. We send PING. */
export const spamd = defineProtocol({
  name: 'spamd',
  title: 'SpamAssassin daemon',
  transport: 'tcp',
  over: 'tcp',
  ports: [783],
  manners: 'ask',
  details,
  recognises: (bytes) => readSpamdAnswer(bytes) !== null,
  identify,
});
