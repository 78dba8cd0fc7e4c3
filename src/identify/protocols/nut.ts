import { z } from 'zod';
import type { Conversation } from '../../net/conversation.ts';
import { lineFrame } from '../bytes.ts';
import { cpe23 } from '../cpe.ts';
import { ask, clip, clipList, headText, linesOf } from '../dialogue.ts';
import { defineProtocol, type Identity } from '../plugin.ts';

const details = z.object({
  authRequired: z.boolean().optional().describe('False: the list of UPSes is shown to everybody'),
  devices: z
    .array(
      z.object({ name: z.string().describe('UPS'), description: z.string().describe('Its text') }),
    )
    .optional()
    .describe('UPSes of the server'),
});

/** The version in an answer to VER: `Network UPS Tools upsd 2.8.0 - …`; null when it is another. */
export function readNutVersion(bytes: Uint8Array): string | null {
  const line = linesOf(bytes)[0] ?? '';
  return /^Network UPS Tools upsd (?:Version )?(\d[\w.]{0,20})/.exec(line)?.[1] ?? null;
}

/** Devices of a LIST UPS answer (NUT network protocol); null when it is refused. */
export function readNutDevices(bytes: Uint8Array): { name: string; description: string }[] | null {
  const [first, ...lines] = linesOf(bytes);
  if (first !== 'BEGIN LIST UPS') return null;
  const devices = lines.flatMap((line) => {
    const match = /^UPS (\S{1,255}) "([^"]{0,255})"$/.exec(line);
    return match?.[1] === undefined ? [] : [{ name: clip(match[1]), description: match[2] ?? '' }];
  });
  return clipList(devices);
}

async function devicesOf(talk: Conversation) {
  const bytes = await ask(talk, 'LIST UPS', (buffered) => {
    const text = headText(buffered.subarray(-2048));
    if (text.startsWith('ERR ') || buffered.length > 16_384) return buffered.length;
    return /END LIST UPS\r?\n$/.test(text) ? buffered.length : null;
  });
  return bytes === null ? null : readNutDevices(bytes);
}

async function identify(talk: Conversation): Promise<Identity<z.infer<typeof details>> | null> {
  const bytes = await ask(talk, 'VER', lineFrame);
  const version = bytes === null ? null : readNutVersion(bytes);
  if (version === null) return null;
  const devices = await devicesOf(talk);
  talk.send('LOGOUT\n');
  return {
    product: 'Network UPS Tools',
    version,
    cpe: cpe23('networkupstools', 'nut', version),
    details: devices === null ? {} : { authRequired: false, devices },
  };
}

/** upsd of Network UPS Tools. We send VER, LIST UPS and LOGOUT, all read-only. */
export const nut = defineProtocol({
  name: 'nut',
  title: 'Network UPS Tools',
  transport: 'tcp',
  over: 'tcp',
  ports: [3493],
  manners: 'ask',
  details,
  recognises: (bytes) => headText(bytes).startsWith('ERR UNKNOWN-COMMAND'),
  identify,
});
