import { z } from 'zod';
import type { Conversation } from '../../net/conversation.ts';
import { lineFrame } from '../bytes.ts';
import { cpe23 } from '../cpe.ts';
import { ask, clip, headText, linesOf, receiveWhole } from '../dialogue.ts';
import { defineProtocol, type Identity } from '../plugin.ts';

const details = z.object({
  authRequired: z
    .boolean()
    .describe('False: it answers our address; an address that is not allowed is hung up on'),
  hostName: z.string().describe('Host that the node reports on'),
});

const GREETING = /^# munin node at (\S{1,255})/;

/** The host in the greeting; null when it is another. */
export function readMuninGreeting(bytes: Uint8Array): string | null {
  return GREETING.exec(headText(bytes))?.[1] ?? null;
}

/** The number in an answer to `version`: `munins node on lab version: 2.0.73`. */
export function readMuninVersion(bytes: Uint8Array): string | null {
  return (
    /^munins node on \S{1,255} version: (\d[\w.]{0,20})/.exec(linesOf(bytes)[0] ?? '')?.[1] ?? null
  );
}

async function identify(talk: Conversation): Promise<Identity<z.infer<typeof details>> | null> {
  const bytes = await receiveWhole(talk, lineFrame);
  const hostName = bytes === null ? null : readMuninGreeting(bytes);
  if (hostName === null) return null;
  const answer = await ask(talk, 'version', lineFrame);
  const version = answer === null ? null : readMuninVersion(answer);
  talk.send('quit\n');
  return {
    product: 'Munin node',
    ...(version === null ? {} : { version }),
    cpe: cpe23('munin-monitoring', 'munin', version ?? undefined),
    details: { authRequired: false, hostName: clip(hostName) },
  };
}

/** munin-node. We ask for its version and quit. */
export const muninNode = defineProtocol({
  name: 'munin-node',
  title: 'Munin node',
  transport: 'tcp',
  over: 'tcp',
  ports: [4949],
  manners: 'listen',
  details,
  recognises: (bytes) => GREETING.test(headText(bytes)),
  identify,
});
