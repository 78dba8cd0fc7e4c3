import { z } from 'zod';
import type { Conversation, Framing } from '../../net/conversation.ts';
import { ask, clip, clipList, headText, linesOf, receiveWhole } from '../dialogue.ts';
import { sendsPassword } from '../mail-login.ts';
import { defineProtocol, type Identity } from '../plugin.ts';
import { namedProduct, type ProductMark } from '../products.ts';

const MAX_ANSWER = 16 * 1024;

const details = z.object({
  implementation: z.string().describe('IMPLEMENTATION capability (RFC 5804 §1.7)'),
  protocolVersion: z.string().optional().describe('VERSION capability'),
  sieve: z.array(z.string()).describe('Sieve extensions'),
  authMechanisms: z
    .array(z.string())
    .describe('SASL mechanisms, inside TLS where that was entered'),
  startTls: z.boolean().optional().describe('STARTTLS is offered'),
  clearTextLogin: z.boolean().describe('PLAIN or LOGIN is offered outside TLS'),
});

const PRODUCTS: readonly ProductMark[] = [
  { pattern: /\bPigeonhole\b/, product: 'Dovecot Pigeonhole', cpe: ['dovecot', 'pigeonhole'] },
  {
    pattern: /\bCyrus timsieved (?:Murder )?v?(\d[\w.]*)/,
    product: 'Cyrus IMAP',
    cpe: ['cyrus', 'imap'],
  },
  { pattern: /\bStalwart\b/, product: 'Stalwart', cpe: ['stalw', 'stalwart'] },
];

/** Frames capability lines up to the OK, NO or BYE that ends them. */
const answerFrame: Framing = (buffered) => {
  let start = 0;
  for (;;) {
    const end = buffered.indexOf(0x0a, start);
    if (end < 0) return buffered.length > MAX_ANSWER ? buffered.length : null;
    if (/^(?:OK|NO|BYE)\b/i.test(headText(buffered.subarray(start, start + 4)))) return end + 1;
    start = end + 1;
  }
};

/** Capabilities by name in upper case (RFC 5804 §1.7); null when the bytes hold none. */
export function readSieveCapabilities(bytes: Uint8Array): ReadonlyMap<string, string> | null {
  const found = new Map<string, string>();
  for (const line of linesOf(bytes).slice(0, 64)) {
    const match = /^"([A-Z]{1,32})"(?: "([^"]{0,1024})")?$/i.exec(line);
    if (match?.[1] !== undefined) found.set(match[1].toUpperCase(), match[2] ?? '');
  }
  return found.has('IMPLEMENTATION') ? found : null;
}

function wordsOf(text: string | undefined): string[] {
  return clipList((text ?? '').split(' ').filter(Boolean));
}

/** STARTTLS; inside, the server says its capabilities again by itself (§2.2). */
async function upgrade(talk: Conversation) {
  const answer = await ask(talk, 'STARTTLS', answerFrame);
  const layer = answer && /^OK/i.test(headText(answer)) ? await talk.startTls() : null;
  if (layer === null) return { layer, inside: null };
  const bytes = await receiveWhole(talk, answerFrame);
  return { layer, inside: bytes === null ? null : readSieveCapabilities(bytes) };
}

async function identify(talk: Conversation): Promise<Identity<z.infer<typeof details>> | null> {
  const bytes = await receiveWhole(talk, answerFrame);
  const before = bytes === null ? null : readSieveCapabilities(bytes);
  if (before === null) return null;
  const secure = talk.tls !== undefined;
  const startTls = before.has('STARTTLS');
  const { layer, inside } =
    !secure && startTls ? await upgrade(talk) : { layer: null, inside: null };
  talk.send('LOGOUT\r\n');
  const shown = inside ?? before;
  const implementation = clip(shown.get('IMPLEMENTATION') ?? '');
  const version = shown.get('VERSION');
  return {
    ...namedProduct(implementation, PRODUCTS),
    details: {
      implementation,
      ...(version === undefined ? {} : { protocolVersion: version }),
      sieve: wordsOf(shown.get('SIEVE')),
      authMechanisms: wordsOf(shown.get('SASL')),
      ...(secure ? {} : { startTls }),
      clearTextLogin: !secure && sendsPassword(wordsOf(before.get('SASL'))),
    },
    ...(layer === null ? {} : { startTls: layer }),
  };
}

/** ManageSieve: RFC 5804. The greeting says everything; we send STARTTLS and LOGOUT. */
export const managesieve = defineProtocol({
  name: 'managesieve',
  title: 'ManageSieve',
  transport: 'tcp',
  over: 'tcp',
  ports: [4190, 2000],
  manners: 'listen',
  details,
  recognises: (bytes) => /^"IMPLEMENTATION" "/i.test(headText(bytes)),
  identify,
});
