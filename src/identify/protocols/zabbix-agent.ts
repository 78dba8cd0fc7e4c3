import { z } from 'zod';
import type { Conversation, Framing } from '../../net/conversation.ts';
import { ByteReader, bytesOf, concatBytes, startsWith, utf8Text } from '../bytes.ts';
import { cpe23 } from '../cpe.ts';
import { clip, receiveWhole } from '../dialogue.ts';
import { defineProtocol, type Identity } from '../plugin.ts';

const MAGIC = 'ZBXD';
const HEADER = 13;
const MAX_BODY = 16 * 1024;

const details = z.object({
  authRequired: z
    .boolean()
    .describe('False: the agent answers items for our address (Server= of its configuration)'),
  answer: z.string().optional().describe('Its answer to agent.version where that is no number'),
});

/** The body of a whole ZBXD packet (Zabbix manual, "Header and data length"); null for others. */
export function readZabbix(bytes: Uint8Array): string | null {
  if (!startsWith(bytes, MAGIC) || bytes[4] !== 1) return null;
  const reader = new ByteReader(bytes, 5);
  const length = reader.u32(true);
  reader.skip(4);
  const body = reader.take(length ?? -1);
  return body === undefined ? null : utf8Text(body);
}

const packetFrame: Framing = (buffered) => {
  if (!startsWith(buffered, MAGIC.slice(0, buffered.length))) return buffered.length;
  if (buffered.length < HEADER) return null;
  const length = HEADER + (new ByteReader(buffered, 5).u32(true) ?? 0);
  if (length > MAX_BODY) return buffered.length;
  return buffered.length >= length ? length : null;
};

function packet(text: string): Uint8Array {
  const body = bytesOf(text);
  const header = new Uint8Array(HEADER);
  header.set([...bytesOf(MAGIC), 1, body.length]);
  return concatBytes(header, body);
}

async function identify(talk: Conversation): Promise<Identity<z.infer<typeof details>> | null> {
  talk.send(packet('agent.version'));
  const bytes = await receiveWhole(talk, packetFrame);
  const answer = bytes === null ? null : readZabbix(bytes);
  if (answer === null) return null;
  const version = /^\d[\w.]{0,40}$/.exec(answer)?.[0];
  return {
    product: 'Zabbix agent',
    ...(version === undefined ? {} : { version }),
    cpe: cpe23('zabbix', 'zabbix_agent', version),
    details: {
      authRequired: version === undefined,
      ...(version === undefined ? { answer: clip(answer.replace(/\0/g, ' ')) } : {}),
    },
  };
}

/**
 * The Zabbix agent (passive checks). We ask for its version, the item that every server asks first;
 * an agent that does not know our address hangs up and stays unknown.
 */
export const zabbixAgent = defineProtocol({
  name: 'zabbix-agent',
  title: 'Zabbix agent',
  transport: 'tcp',
  over: 'tcp',
  ports: [10050],
  manners: 'ask',
  details,
  recognises: (bytes) => startsWith(bytes, `${MAGIC}\u0001`),
  identify,
});
