import { z } from 'zod';
import type { Conversation } from '../../net/conversation.ts';
import { latin1Text } from '../bytes.ts';
import { cpe23 } from '../cpe.ts';
import { clip, receiveWhole } from '../dialogue.ts';
import { defineProtocol, type Identity } from '../plugin.ts';

const details = z.object({
  authRequired: z.boolean().describe('Always false: the protocol knows no login'),
  database: z.string().optional().describe('Number and date of the signatures'),
});

export interface ClamdVersion {
  readonly version: string;
  readonly database?: string;
}

/** Reads `ClamAV 1.4.6/27500/Mon Jan  1 …` (clamd(8), VERSION); null when it is another thing. */
export function readClamdVersion(bytes: Uint8Array): ClamdVersion | null {
  const text = latin1Text(bytes.subarray(0, 512));
  const match = /^ClamAV (\d[\w.-]{0,40})(?:\/([^\0\n]{1,200}))?[\0\n]$/.exec(text);
  if (match?.[1] === undefined) return null;
  return { version: match[1], ...(match[2] === undefined ? {} : { database: clip(match[2]) }) };
}

async function identify(talk: Conversation): Promise<Identity<z.infer<typeof details>> | null> {
  talk.send('zVERSION\0');
  const bytes = await receiveWhole(talk, (buffered) => {
    const end = buffered.findIndex((byte) => byte === 0 || byte === 0x0a);
    return end >= 0 ? end + 1 : buffered.length > 512 ? buffered.length : null;
  });
  const answer = bytes === null ? null : readClamdVersion(bytes);
  if (answer === null) return null;
  const { version, ...rest } = answer;
  return {
    product: 'ClamAV',
    version,
    cpe: cpe23('clamav', 'clamav', version),
    details: { authRequired: false, ...rest },
  };
}

/** clamd, the ClamAV scanner. We ask for its version. */
export const clamd = defineProtocol({
  name: 'clamd',
  title: 'ClamAV daemon',
  transport: 'tcp',
  over: 'tcp',
  ports: [3310],
  manners: 'ask',
  details,
  recognises: (bytes) => latin1Text(bytes.subarray(0, 20)).startsWith('UNKNOWN COMMAND'),
  identify,
});
