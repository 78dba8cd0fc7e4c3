import { z } from 'zod';
import type { Conversation } from '../../net/conversation.ts';
import { lineFrame } from '../bytes.ts';
import { clip, headText, readCodedReply, receiveWhole } from '../dialogue.ts';
import { defineProtocol, type Identity } from '../plugin.ts';
import { namedProduct, type ProductMark } from '../products.ts';

const details = z.object({
  greeting: z.string().describe('Text of the greeting without the message id'),
  capabilities: z.array(z.string()).describe('Capabilities of the greeting (RFC 2229 §3.1)'),
});

const PRODUCTS: readonly ProductMark[] = [
  { pattern: /\bdictd (\d[\w.]*)/, product: 'dictd' },
  { pattern: /\bGNU Dico (\d[\w.]*)|\bdicod \(GNU dico (\d[\w.]*)/, product: 'GNU Dico' },
];

/** `220 text <capabilities> <message-id>`: both in angle brackets, the first split at dots. */
const GREETING = /^220 ([^<\r\n]{0,512})<([\w.-]{0,256})> <[^<>\s]{1,256}>\r?\n/;

/** Reads the greeting; null when it is another. */
export function readDictGreeting(bytes: Uint8Array): z.infer<typeof details> | null {
  const match = GREETING.exec(headText(bytes));
  if (match === null || readCodedReply(bytes) === null) return null;
  const capabilities = (match[2] ?? '').split('.').filter(Boolean);
  return { greeting: clip((match[1] ?? '').trim()), capabilities };
}

async function identify(talk: Conversation): Promise<Identity<z.infer<typeof details>> | null> {
  const bytes = await receiveWhole(talk, lineFrame);
  const greeting = bytes === null ? null : readDictGreeting(bytes);
  if (greeting === null) return null;
  talk.send('QUIT\r\n');
  return { ...namedProduct(greeting.greeting, PRODUCTS), details: greeting };
}

/** DICT: RFC 2229. The greeting says everything; we send QUIT. */
export const dict = defineProtocol({
  name: 'dict',
  title: 'DICT',
  transport: 'tcp',
  over: 'tcp',
  ports: [2628],
  manners: 'listen',
  details,
  recognises: (bytes) => GREETING.test(headText(bytes)),
  identify,
});
