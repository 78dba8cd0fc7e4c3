import { z } from 'zod';
import type { Conversation, Framing } from '../../net/conversation.ts';
import { utf8Text } from '../bytes.ts';
import { cpe23 } from '../cpe.ts';
import { clip, headText, receiveWhole } from '../dialogue.ts';
import { defineProtocol, type Identity } from '../plugin.ts';

const MAX_STATS = 16 * 1024;

const details = z.object({
  authRequired: z.boolean().describe('Always false: the protocol knows no login'),
  jobs: z.number().optional().describe('Jobs ready when looked at'),
  hostName: z.string().optional().describe('hostname of stats'),
  os: z.string().optional().describe('os of stats'),
  draining: z.boolean().optional().describe('The server takes no new jobs'),
});

/** Length of a whole `OK <bytes>` answer; null while more is needed, NaN when it is another. */
function okLength(buffered: Uint8Array): number | null {
  const head = headText(buffered.subarray(0, 16));
  const match = /^OK (\d{1,5})\r\n/.exec(head);
  if (match !== null) return match[0].length + Number(match[1]) + 2;
  return /^O?K?(?: \d{0,5}\r?)?$/.test(head) ? null : Number.NaN;
}

const okFrame: Framing = (buffered) => {
  const length = okLength(buffered);
  if (length === null) return null;
  if (Number.isNaN(length) || length > MAX_STATS) return buffered.length;
  return buffered.length >= length ? length : null;
};

/** The YAML mapping of a `stats` answer (beanstalkd doc/protocol.txt); null when it is another. */
export function readBeanstalkStats(bytes: Uint8Array): ReadonlyMap<string, string> | null {
  if (!/^OK \d{1,5}\r\n---\n/.test(headText(bytes.subarray(0, 32)))) return null;
  const stats = new Map<string, string>();
  for (const line of utf8Text(bytes.subarray(0, MAX_STATS)).split('\n')) {
    const match = /^([a-z-]{1,40}): "?([^"\n]{0,256})"?$/.exec(line);
    if (match?.[1] !== undefined) stats.set(match[1], match[2] ?? '');
  }
  return stats.has('version') ? stats : null;
}

async function identify(talk: Conversation): Promise<Identity<z.infer<typeof details>> | null> {
  talk.send('stats\r\n');
  const bytes = await receiveWhole(talk, okFrame);
  const stats = bytes === null ? null : readBeanstalkStats(bytes);
  if (stats === null) return null;
  talk.send('quit\r\n');
  const version = stats.get('version') ?? '';
  const jobs = stats.get('current-jobs-ready') ?? '';
  const [hostName, os, draining] = ['hostname', 'os', 'draining'].map((name) => stats.get(name));
  return {
    product: 'beanstalkd',
    version,
    cpe: cpe23('beanstalkd', 'beanstalkd', version),
    details: {
      authRequired: false,
      ...(/^\d{1,15}$/.test(jobs) ? { jobs: Number(jobs) } : {}),
      ...(hostName ? { hostName: clip(hostName) } : {}),
      ...(os ? { os: clip(os) } : {}),
      ...(draining ? { draining: draining === 'true' } : {}),
    },
  };
}

/** beanstalkd. We send `stats` and `quit`, both read-only. */
export const beanstalkd = defineProtocol({
  name: 'beanstalkd',
  title: 'beanstalkd',
  transport: 'tcp',
  over: 'tcp',
  ports: [11300],
  manners: 'ask',
  details,
  recognises: (bytes) => headText(bytes).startsWith('UNKNOWN_COMMAND\r\n'),
  identify,
});
