import { z } from 'zod';
import type { Conversation, Framing } from '../../net/conversation.ts';
import { lineFrame } from '../bytes.ts';
import {
  ask,
  askCoded,
  clip,
  clipList,
  dotFrame,
  headText,
  linesOf,
  readCodedReply,
  receiveWhole,
} from '../dialogue.ts';
import { defineProtocol, type Identity } from '../plugin.ts';
import { namedProduct, type ProductMark } from '../products.ts';

const details = z.object({
  greeting: z.string().describe('Text of the greeting'),
  postingAllowed: z.boolean().optional().describe('Code 200 rather than 201 (RFC 3977 §5.1)'),
  capabilities: z.array(z.string()).optional().describe('CAPABILITIES answer (RFC 3977 §5.2)'),
  implementation: z.string().optional().describe('IMPLEMENTATION capability'),
  startTls: z.boolean().optional().describe('STARTTLS is offered (RFC 4642)'),
  clearTextLogin: z
    .boolean()
    .optional()
    .describe('AUTHINFO USER is offered outside TLS (RFC 4643)'),
});

const PRODUCTS: readonly ProductMark[] = [
  { pattern: /\bINN (\d[\w.]*)|\bInterNetNews\b/, product: 'INN', cpe: ['isc', 'inn'] },
  {
    pattern: /\bLeafnode\b[^\d\n]{0,40}(\d[\w.]*)/i,
    product: 'Leafnode',
    cpe: ['leafnode', 'leafnode'],
  },
  { pattern: /\bDNEWS\b[^\d\n]{0,40}(\d[\w.]*)/, product: 'DNEWS' },
  { pattern: /\bCyrus NNTP v?(\d[\w.]*)/, product: 'Cyrus IMAP', cpe: ['cyrus', 'imap'] },
];

const capabilitiesFrame: Framing = (buffered) =>
  headText(buffered.subarray(0, 3)) === '101' ? dotFrame(buffered) : lineFrame(buffered);

/** Lines of a CAPABILITIES answer; null when the command is not understood. */
export function readNntpCapabilities(bytes: Uint8Array): string[] | null {
  const [status, ...lines] = linesOf(bytes);
  if (!status?.startsWith('101')) return null;
  return clipList(lines.filter((line) => line !== '.' && line !== '').map(clip));
}

function described(capabilities: readonly string[] | null, secure: boolean) {
  if (capabilities === null) return {};
  const implementation = capabilities.find((line) => /^IMPLEMENTATION /i.test(line))?.slice(15);
  return {
    capabilities: [...capabilities],
    ...(implementation === undefined ? {} : { implementation }),
    ...(secure ? {} : { startTls: offersTls(capabilities) }),
    clearTextLogin: !secure && capabilities.some((line) => /^AUTHINFO\b.*\bUSER\b/i.test(line)),
  };
}

function offersTls(capabilities: readonly string[]): boolean {
  return capabilities.some((line) => /^STARTTLS$/i.test(line));
}

async function identify(talk: Conversation): Promise<Identity<z.infer<typeof details>> | null> {
  const bytes = await receiveWhole(talk, lineFrame);
  const greeting = bytes === null ? null : readCodedReply(bytes);
  if (greeting === null || (greeting.code !== 200 && greeting.code !== 201)) return null;
  const answer = await ask(talk, 'CAPABILITIES', capabilitiesFrame);
  const capabilities = answer === null ? null : readNntpCapabilities(answer);
  const text = clip(greeting.lines.join('\n'));
  if (capabilities === null && !/\b(?:NNTP|news|INN)\b/i.test(text)) return null;
  const secure = talk.tls !== undefined;
  const offered = !secure && capabilities !== null && offersTls(capabilities);
  const ready = offered ? await askCoded(talk, 'STARTTLS') : null;
  const layer = ready?.code === 382 ? await talk.startTls() : null;
  talk.send('QUIT\r\n');
  const more = described(capabilities, secure);
  return {
    ...namedProduct(`${capabilities?.join('\n') ?? ''}\n${text}`, PRODUCTS),
    details: { greeting: text, postingAllowed: greeting.code === 200, ...more },
    ...(layer === null ? {} : { startTls: layer }),
  };
}

/** NNTP: RFC 3977, 4642. We send CAPABILITIES, STARTTLS and QUIT. */
export const nntp = defineProtocol({
  name: 'nntp',
  title: 'NNTP',
  transport: 'tcp',
  over: 'tcp',
  ports: [119, 433],
  tlsPorts: [563],
  manners: 'listen',
  details,
  recognises: (bytes) => /^20[01] /.test(headText(bytes)),
  identify,
});
