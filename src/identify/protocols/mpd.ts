import { z } from 'zod';
import type { Conversation } from '../../net/conversation.ts';
import { lineFrame } from '../bytes.ts';
import { ask, headText, linesOf, receiveWhole } from '../dialogue.ts';
import { defineProtocol, type Identity } from '../plugin.ts';

const details = z.object({
  protocolVersion: z.string().describe('Version of the protocol, which follows that of MPD'),
  authRequired: z.boolean().optional().describe('False: `status` was answered without a password'),
});

const GREETING = /^OK MPD (\d[\d.]{0,20})\n/;

/** The protocol version of the greeting (MPD protocol reference); null when it is another. */
export function readMpdGreeting(bytes: Uint8Array): string | null {
  return GREETING.exec(headText(bytes))?.[1] ?? null;
}

/** Whether an answer to `status` was given (`OK` at its end) or refused (`ACK [4@0]`). */
export function readMpdAnswer(bytes: Uint8Array): boolean | null {
  const last = linesOf(bytes).at(-1) ?? '';
  if (last === 'OK') return true;
  return last.startsWith('ACK [4@') ? false : null;
}

async function answered(talk: Conversation): Promise<boolean | null> {
  const bytes = await ask(talk, 'status', (buffered) => {
    const text = headText(buffered.subarray(-2048));
    if (buffered.length > 16_384) return buffered.length;
    return /(?:^|\n)(?:OK|ACK [^\n]{0,500})\n$/.test(text) ? buffered.length : null;
  });
  return bytes === null ? null : readMpdAnswer(bytes);
}

async function identify(talk: Conversation): Promise<Identity<z.infer<typeof details>> | null> {
  const bytes = await receiveWhole(talk, lineFrame);
  const protocolVersion = bytes === null ? null : readMpdGreeting(bytes);
  if (protocolVersion === null) return null;
  const open = await answered(talk);
  talk.send('close\n');
  return {
    product: 'Music Player Daemon',
    details: { protocolVersion, ...(open === null ? {} : { authRequired: !open }) },
  };
}

/** The Music Player Daemon. We send `status` and `close`. */
export const mpd = defineProtocol({
  name: 'mpd',
  title: 'Music Player Daemon',
  transport: 'tcp',
  over: 'tcp',
  ports: [6600],
  manners: 'listen',
  details,
  recognises: (bytes) => GREETING.test(headText(bytes)),
  identify,
});
