import { z } from 'zod';
import type { Conversation } from '../../net/conversation.ts';
import { cpe23 } from '../cpe.ts';
import { clip, headText, linesOf } from '../dialogue.ts';
import { defineProtocol, type Identity } from '../plugin.ts';

const details = z.object({
  authRequired: z
    .boolean()
    .optional()
    .describe('False: `srvr` was answered. Access to single nodes is a matter of their ACLs'),
  mode: z.string().optional().describe('standalone, leader, follower or observer'),
  nodeCount: z.number().optional().describe('Nodes in the tree'),
  allowed: z.boolean().describe('The command is in the white list (4lw.commands.whitelist)'),
});

/** What `srvr` answered (ZooKeeper Administrator's Guide, "The Four Letter Words"). */
export interface ZookeeperAnswer {
  readonly version?: string;
  readonly mode?: string;
  readonly nodeCount?: number;
  readonly allowed: boolean;
}

/** Reads an answer to `srvr`; null when it is none. */
export function readSrvr(bytes: Uint8Array): ZookeeperAnswer | null {
  const text = headText(bytes);
  if (text.startsWith('srvr is not executed because it is not in the whitelist'))
    return { allowed: false };
  if (text.startsWith('This ZooKeeper instance is not currently serving requests'))
    return { allowed: true };
  const version = /^Zookeeper version: (\d[\w.]*)/.exec(text)?.[1];
  if (version === undefined) return null;
  const fields = new Map(linesOf(bytes).map((line) => pairOf(line)));
  const mode = fields.get('Mode');
  const count = fields.get('Node count') ?? '';
  return {
    version,
    ...(mode === undefined ? {} : { mode: clip(mode) }),
    ...(/^\d{1,15}$/.test(count) ? { nodeCount: Number(count) } : {}),
    allowed: true,
  };
}

function pairOf(line: string): [string, string] {
  const colon = line.indexOf(': ');
  return colon < 0 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 2)];
}

/** The server ends the connection after its answer, which is how the answer ends. */
async function identify(talk: Conversation): Promise<Identity<z.infer<typeof details>> | null> {
  talk.send('srvr');
  const { bytes } = await talk.receive((buffered) => {
    const text = headText(buffered);
    return /Node count: \d+\n/.test(text) || readSrvr(buffered)?.version === undefined
      ? buffered.length
      : null;
  });
  const answer = readSrvr(bytes);
  if (answer === null) return null;
  const { version, ...rest } = answer;
  return {
    product: 'Apache ZooKeeper',
    ...(version === undefined ? {} : { version }),
    cpe: cpe23('apache', 'zookeeper', version),
    details: { ...(version === undefined ? {} : { authRequired: false }), ...rest },
  };
}

/** ZooKeeper. We send `srvr`, a read-only status word. */
export const zookeeper = defineProtocol({
  name: 'zookeeper',
  title: 'ZooKeeper',
  transport: 'tcp',
  over: 'tcp',
  ports: [2181, 2182],
  tlsPorts: [2281],
  manners: 'ask',
  details,
  recognises: (bytes) =>
    /^Zookeeper version: |^.{1,8} is not executed because it is not in the whitelist/.test(
      headText(bytes),
    ),
  identify,
});
