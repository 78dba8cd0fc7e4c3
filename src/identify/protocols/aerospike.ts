import { z } from 'zod';
import type { Conversation } from '../../net/conversation.ts';
import { bytesOf, concatBytes, utf8Text } from '../bytes.ts';
import { cpe23 } from '../cpe.ts';
import { clip, receiveWhole } from '../dialogue.ts';
import { u16be, u32be } from '../encode.ts';
import { lengthFrame } from '../length-frame.ts';
import { defineProtocol } from '../plugin.ts';
import { present } from '../present.ts';

const details = z.object({
  authRequired: z.boolean().describe('True: info answers "not authenticated"'),
  edition: z.string().optional().describe('Aerospike Community or Enterprise Edition'),
  node: z.string().optional().describe('Node id'),
});

/** Proto header: version 2, type 1 (info), length in 48 bits, of which the upper 16 stay 0. */
const messageFrame = lengthFrame({ at: 4, size: 4, extra: 8 });

function infoRequest(names: readonly string[]): Uint8Array {
  const body = bytesOf(names.map((name) => `${name}\n`).join(''));
  return concatBytes(u16be(0x0201), u16be(0), u32be(body.length), body);
}

/** Reads an info answer: lines of name, tab, value; null when it is none. */
export function readInfo(bytes: Uint8Array): ReadonlyMap<string, string> | null {
  if (bytes[0] !== 2 || bytes[1] !== 1 || bytes[2] !== 0 || bytes[3] !== 0) return null;
  const lines = utf8Text(bytes.subarray(8)).split('\n').filter(Boolean).slice(0, 64);
  const pairs = lines.map((line) => {
    const at = line.indexOf('\t');
    return [at < 0 ? line : line.slice(0, at), at < 0 ? '' : clip(line.slice(at + 1))] as const;
  });
  return pairs.length > 0 ? new Map(pairs) : null;
}

async function ask(talk: Conversation, names: readonly string[]) {
  talk.send(infoRequest(names));
  const bytes = await receiveWhole(talk, messageFrame);
  return bytes && readInfo(bytes);
}

/** Asks the info protocol for build, edition and node, as every client does first. */
export const aerospike = defineProtocol({
  name: 'aerospike',
  title: 'Aerospike',
  transport: 'tcp',
  over: 'tcp',
  ports: [3000],
  tlsPorts: [4333],
  manners: 'ask',
  details,

  async identify(talk) {
    const info = await ask(talk, ['build', 'edition', 'node']);
    if (!info) return null;
    const refused = [...info].some(([name, value]) => /not authenticated/.test(`${name} ${value}`));
    const build = info.get('build') ?? '';
    const version = /^\d+(?:\.\d+){2,4}$/.test(build) ? build : undefined;
    if (version === undefined && !refused) return null;
    return present({
      product: 'Aerospike',
      version,
      cpe: cpe23('aerospike', 'aerospike_server', version),
      details: present({
        authRequired: refused,
        edition: info.get('edition'),
        node: info.get('node'),
      }),
    });
  },
});
