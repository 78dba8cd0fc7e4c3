import { z } from 'zod';
import type { TlsDetails } from '../../model/service.ts';
import type { Conversation, Framing } from '../../net/conversation.ts';
import { lineFrame } from '../bytes.ts';
import { cpe23 } from '../cpe.ts';
import { clip, clipList, headText, linesOf, receiveWhole } from '../dialogue.ts';
import { sendsPassword } from '../mail-login.ts';
import { defineProtocol, type Identity } from '../plugin.ts';
import { type NamedProduct, namedProduct, type ProductMark } from '../products.ts';

const MAX_ANSWER = 64 * 1024;

const details = z.object({
  greeting: z.string().describe('The greeting without its tag'),
  capabilities: z
    .array(z.string())
    .optional()
    .describe('CAPABILITY answer (RFC 9051 §6.1.1), inside TLS where that was entered'),
  authMechanisms: z.array(z.string()).optional().describe('AUTH= capabilities'),
  startTls: z.boolean().optional().describe('STARTTLS is offered'),
  clearTextLogin: z
    .boolean()
    .optional()
    .describe('LOGIN (no LOGINDISABLED), AUTH=PLAIN or AUTH=LOGIN is offered outside TLS'),
  authRequired: z.boolean().optional().describe('False: the greeting was PREAUTH'),
  id: z
    .record(z.string(), z.string())
    .optional()
    .describe('What the server says of itself before login (ID, RFC 2971)'),
});

const PRODUCTS: readonly ProductMark[] = [
  { pattern: /\bDovecot\b/, product: 'Dovecot', cpe: ['dovecot', 'dovecot'] },
  {
    pattern: /\bCyrus IMAP(?: (?:Murder )?v?(\d[\w.]*))?/,
    product: 'Cyrus IMAP',
    cpe: ['cyrus', 'imap'],
  },
  { pattern: /\bCourier-IMAP\b/, product: 'Courier', cpe: ['courier-mta', 'courier_mail_server'] },
  {
    pattern: /Microsoft Exchange (?:Server \d+ )?IMAP4/,
    product: 'Microsoft Exchange',
    cpe: ['microsoft', 'exchange_server'],
  },
  { pattern: /\bMDaemon (?:[A-Za-z]+ )?([\d.]+)/, product: 'MDaemon', cpe: ['altn', 'mdaemon'] },
  { pattern: /\bKerio Connect ([\d.]+)/, product: 'Kerio Connect', cpe: ['gfi', 'kerio_connect'] },
  { pattern: /\bZimbra\b/, product: 'Zimbra', cpe: ['zimbra', 'collaboration'] },
  { pattern: /\bStalwart\b/, product: 'Stalwart', cpe: ['stalw', 'stalwart'] },
  { pattern: /\bGimap\b/, product: 'Gmail IMAP' },
  { pattern: /\bIMAP4rev1 200\d[a-z]?\.(\d+)/, product: 'UW IMAP', cpe: ['washington', 'uw-imap'] },
  { pattern: /\bhMailServer\b/, product: 'hMailServer', cpe: ['hmailserver', 'hmailserver'] },
];

/** The greeting (RFC 9051 §7.1): its condition and its text. */
export interface ImapGreeting {
  readonly condition: 'OK' | 'PREAUTH' | 'BYE';
  readonly text: string;
}

/** Reads a greeting; null when the bytes are none. */
export function readImapGreeting(bytes: Uint8Array): ImapGreeting | null {
  const match = /^\* (OK|PREAUTH|BYE)(?: (.*))?$/i.exec(linesOf(bytes)[0]?.slice(0, 4096) ?? '');
  if (match === null) return null;
  const condition = match[1]?.toUpperCase();
  if (condition !== 'OK' && condition !== 'PREAUTH' && condition !== 'BYE') return null;
  return { condition, text: clip(match[2] ?? '') };
}

/** Frames everything up to and including the line that begins with `tag`. */
function taggedFrame(tag: string): Framing {
  return (buffered) => {
    let start = 0;
    for (;;) {
      const end = buffered.indexOf(0x0a, start);
      if (end < 0) return buffered.length > MAX_ANSWER ? buffered.length : null;
      const line = headText(buffered.subarray(start, Math.min(end, start + 16)));
      if (line.startsWith(`${tag} `)) return end + 1;
      start = end + 1;
    }
  };
}

/** Words of the `* CAPABILITY` line of an answer, or of the response code in a greeting. */
export function readImapCapabilities(bytes: Uint8Array): string[] | null {
  for (const line of linesOf(bytes)) {
    const match = /^\* CAPABILITY ([^\r\n]{1,8192})/i.exec(line);
    if (match?.[1] !== undefined) return clipList(match[1].split(' ').filter(Boolean).map(clip));
  }
  return null;
}

/** Pairs of an ID answer (RFC 2971 §3.2), names in lower case; literals are not read. */
export function readImapId(bytes: Uint8Array): Record<string, string> {
  const line = linesOf(bytes).find((text) => /^\* ID \(/i.test(text)) ?? '';
  const words = line.slice(0, 4096).match(/"(?:[^"\\]|\\.)*"|\bNIL\b/gi) ?? [];
  const pairs: [string, string][] = [];
  for (let index = 0; index + 1 < words.length && pairs.length < 30; index += 2) {
    const [name = '', value = ''] = words.slice(index, index + 2);
    if (name.startsWith('"') && value.startsWith('"'))
      pairs.push([unquote(name).toLowerCase(), unquote(value)]);
  }
  return Object.fromEntries(pairs);
}

function unquote(quoted: string): string {
  return clip(quoted.slice(1, -1).replace(/\\(.)/g, '$1'));
}

/** Sends one tagged command and waits for its tagged result. */
function run(talk: Conversation, tag: string, command: string): Promise<Uint8Array | null> {
  talk.send(`${tag} ${command}\r\n`);
  return receiveWhole(talk, taggedFrame(tag));
}

async function capabilities(talk: Conversation, tag: string): Promise<string[] | null> {
  const answer = await run(talk, tag, 'CAPABILITY');
  return answer === null ? null : readImapCapabilities(answer);
}

function has(words: readonly string[], name: string): boolean {
  return words.some((word) => word.toUpperCase() === name);
}

function mechanismsOf(words: readonly string[]): string[] {
  return words.filter((word) => /^AUTH=/i.test(word)).map((word) => word.slice(5));
}

async function upgrade(talk: Conversation): Promise<TlsDetails | null> {
  const answer = await run(talk, 'p2', 'STARTTLS');
  return answer !== null && /(?:^|\n)p2 OK/i.test(headText(answer)) ? talk.startTls() : null;
}

async function idOf(talk: Conversation): Promise<Record<string, string>> {
  const answer = await run(talk, 'p4', 'ID ("name" "postern")');
  return answer === null ? {} : readImapId(answer);
}

function takesPassword(words: readonly string[]): boolean {
  return !has(words, 'LOGINDISABLED') || sendsPassword(mechanismsOf(words));
}

/** What ID says of name and version is surer than the greeting's words. */
function productOf(text: string, id: Readonly<Record<string, string>>): NamedProduct {
  const named = namedProduct([id['name'] ?? '', text].join('\n'), PRODUCTS);
  const version = /^v?(\d[\w.]*)/.exec(id['version'] ?? '')?.[1];
  if (version === undefined)
    return named.product === undefined && id['name'] ? { product: id['name'] } : named;
  const mark = PRODUCTS.find(({ product }) => product === named.product)?.cpe;
  return {
    product: named.product ?? id['name'] ?? 'IMAP server',
    version,
    ...(mark === undefined ? {} : { cpe: cpe23(mark[0], mark[1], version) }),
  };
}

function described(before: readonly string[], inside: readonly string[] | null, secure: boolean) {
  const shown = inside ?? before;
  return {
    capabilities: [...shown],
    authMechanisms: mechanismsOf(shown),
    ...(secure ? {} : { startTls: has(before, 'STARTTLS') }),
    clearTextLogin: !secure && takesPassword(before),
  };
}

async function talkOn(
  talk: Conversation,
  greeting: ImapGreeting,
): Promise<Identity<z.infer<typeof details>> | null> {
  const secure = talk.tls !== undefined;
  const before = await capabilities(talk, 'p1');
  if (before === null) return null;
  const layer = !secure && has(before, 'STARTTLS') ? await upgrade(talk) : null;
  const inside = layer === null ? null : await capabilities(talk, 'p3');
  const id = has(inside ?? before, 'ID') ? await idOf(talk) : {};
  talk.send('p5 LOGOUT\r\n');
  return {
    ...productOf(greeting.text, id),
    details: {
      greeting: greeting.text,
      ...described(before, inside, secure),
      ...(greeting.condition === 'PREAUTH' ? { authRequired: false } : {}),
      ...(Object.keys(id).length === 0 ? {} : { id }),
    },
    ...(layer === null ? {} : { startTls: layer }),
  };
}

async function identify(talk: Conversation): Promise<Identity<z.infer<typeof details>> | null> {
  const bytes = await receiveWhole(talk, lineFrame);
  const greeting = bytes === null ? null : readImapGreeting(bytes);
  if (greeting === null) return null;
  if (greeting.condition !== 'BYE') return talkOn(talk, greeting);
  return /IMAP/i.test(greeting.text)
    ? { ...namedProduct(greeting.text, PRODUCTS), details: { greeting: greeting.text } }
    : null;
}

/** IMAP4: RFC 3501, 9051. We send CAPABILITY, STARTTLS, ID and LOGOUT, nothing of a login. */
export const imap = defineProtocol({
  name: 'imap',
  title: 'IMAP',
  transport: 'tcp',
  over: 'tcp',
  ports: [143, 1143],
  tlsPorts: [993],
  manners: 'listen',
  details,
  recognises: (bytes) => /^\* (?:OK|PREAUTH|BYE)[ \r]/i.test(headText(bytes)),
  identify,
});
