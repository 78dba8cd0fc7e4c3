import { z } from 'zod';
import type { TlsDetails } from '../../model/service.ts';
import type { Conversation } from '../../net/conversation.ts';
import { concatBytes } from '../bytes.ts';
import {
  askCoded,
  type CodedReply,
  clip,
  codedFrame,
  headText,
  readCodedReply,
} from '../dialogue.ts';
import { sendsPassword } from '../mail-login.ts';
import { defineProtocol, type Identity } from '../plugin.ts';
import { namedProduct, type ProductMark } from '../products.ts';

/** The first line of a greeting may come at once and the last one after 6 s (postscreen). */
const GREETING_MS = 7000;

const mechanisms = (where: string) =>
  z.array(z.string()).optional().describe(`SASL mechanisms offered ${where} (RFC 4954)`);

const details = z.object({
  greeting: z.string().describe('Text of the greeting'),
  code: z.number().describe('Reply code of the greeting: 220, or 554 and 421 where it refuses us'),
  hostName: z.string().optional().describe('Name the server gives itself'),
  extensions: z
    .array(z.string())
    .optional()
    .describe('Lines of the EHLO reply (RFC 5321 §4.1.1.1), inside TLS where that was entered'),
  startTls: z.boolean().optional().describe('STARTTLS is offered (RFC 3207)'),
  authMechanisms: mechanisms('on the connection as it was opened'),
  authMechanismsTls: mechanisms('after STARTTLS'),
  clearTextLogin: z.boolean().optional().describe('PLAIN or LOGIN is offered outside TLS'),
  lmtp: z.boolean().optional().describe('True: it is LMTP (RFC 2033), for local delivery'),
  maxSize: z.number().optional().describe('Largest message accepted in bytes (RFC 1870)'),
});

const PRODUCTS: readonly ProductMark[] = [
  { pattern: /\bPostfix(?: \(?(\d[\w.]*))?/, product: 'Postfix', cpe: ['postfix', 'postfix'] },
  { pattern: /\bExim (\d[\w.]*)/, product: 'Exim', cpe: ['exim', 'exim'] },
  { pattern: /\bSendmail (\d[\w.]*)/, product: 'Sendmail', cpe: ['sendmail', 'sendmail'] },
  { pattern: /\bSendmail\b/, product: 'Sendmail', cpe: ['sendmail', 'sendmail'] },
  {
    pattern: /Microsoft ESMTP MAIL Service, Version: ([\d.]+)/,
    product: 'Microsoft IIS SMTP',
    cpe: ['microsoft', 'internet_information_services'],
  },
  {
    pattern: /Microsoft ESMTP MAIL Service/,
    product: 'Microsoft Exchange',
    cpe: ['microsoft', 'exchange_server'],
  },
  { pattern: /\bOpenSMTPD\b/, product: 'OpenSMTPD', cpe: ['opensmtpd', 'opensmtpd'] },
  { pattern: /\bHaraka(?:\/([\d.]+))?/, product: 'Haraka', cpe: ['haraka_project', 'haraka'] },
  {
    pattern: /\bMailEnable Service, Version: ([\d.]+)/,
    product: 'MailEnable',
    cpe: ['mailenable', 'mailenable'],
  },
  { pattern: /\bhMailServer\b/, product: 'hMailServer', cpe: ['hmailserver', 'hmailserver'] },
  { pattern: /\bMDaemon (?:[A-Za-z]+ )?([\d.]+)/, product: 'MDaemon', cpe: ['altn', 'mdaemon'] },
  { pattern: /\bKerio Connect ([\d.]+)/, product: 'Kerio Connect', cpe: ['gfi', 'kerio_connect'] },
  { pattern: /\bIceWarp ([\d.]+)/, product: 'IceWarp', cpe: ['icewarp', 'mail_server'] },
  {
    pattern: /\bLotus Domino Release ([\d.]+)|\bDomino Release/,
    product: 'HCL Domino',
    cpe: ['hcltech', 'domino'],
  },
  {
    pattern: /\bCommuniGate Pro ([\d.]+)/,
    product: 'CommuniGate Pro',
    cpe: ['communigate', 'communigate_pro'],
  },
  {
    pattern: /\bApache James|JAMES (?:SMTP )?Server ([\d.]+)?/,
    product: 'Apache James',
    cpe: ['apache', 'james'],
  },
  { pattern: /\bStalwart\b/, product: 'Stalwart', cpe: ['stalw', 'stalwart'] },
  { pattern: /\bqpsmtpd ([\d.]+)/, product: 'qpsmtpd' },
  { pattern: /\bsmtp4dev\b/i, product: 'smtp4dev' },
  { pattern: /\bMailHog\b/, product: 'MailHog' },
  { pattern: /\bMailpit\b/i, product: 'Mailpit' },
  { pattern: /\bPython SMTP (?:proxy version )?([\d.]+)?/, product: 'Python aiosmtpd' },
  { pattern: /\bDovecot\b/, product: 'Dovecot', cpe: ['dovecot', 'dovecot'] },
  { pattern: /\bDragonFly Mail Agent\b/, product: 'DragonFly Mail Agent' },
];

/** What an EHLO reply says. */
export interface Ehlo {
  readonly extensions: readonly string[];
  readonly mechanisms: readonly string[];
  readonly startTls: boolean;
  readonly maxSize?: number;
}

/** Reads the lines of a successful EHLO reply; null when the reply is another. */
export function readEhlo(bytes: Uint8Array): Ehlo | null {
  const reply = readCodedReply(bytes);
  return reply === null ? null : ehloOf(reply);
}

function ehloOf(reply: CodedReply): Ehlo | null {
  if (reply.code !== 250) return null;
  const extensions = reply.lines.slice(1).map((line) => line.trim());
  const auth = extensions.filter((line) => /^AUTH[ =]/i.test(line));
  const words = auth.flatMap((line) => line.slice(5).split(' ')).filter((word) => word !== '');
  const size = extensions.map((line) => /^SIZE (\d{1,15})$/i.exec(line)?.[1]).find(Boolean);
  return {
    extensions,
    mechanisms: [...new Set(words.map((word) => word.toUpperCase()))],
    startTls: extensions.some((line) => line.toUpperCase() === 'STARTTLS'),
    ...(size === undefined ? {} : { maxSize: Number(size) }),
  };
}

const REFUSALS = new Set([421, 450, 521, 550, 554]);

function speaksOfMail(text: string): boolean {
  return /\bE?SMTP\b|\bmail\b|Postfix|Exim|sendmail/i.test(text);
}

/** LMTP asks the same question by another word (RFC 2033 §4.1). */
type Hello = 'EHLO' | 'LHLO';

/** The greeting, however slowly its lines come. */
async function greetingOf(talk: Conversation): Promise<CodedReply | null> {
  const first = await talk.receive(codedFrame);
  if (first.end === 'complete' || first.end !== 'timeout') return readCodedReply(first.bytes);
  if (first.bytes.length > 0 && readCodedReply(first.bytes) === null) return null;
  const rest = await talk.receive(codedFrame, GREETING_MS);
  return readCodedReply(concatBytes(first.bytes, rest.bytes));
}

async function ehlo(talk: Conversation, hello: Hello): Promise<Ehlo | null> {
  const reply = await askCoded(talk, `${hello} postern.invalid`);
  return reply === null ? null : ehloOf(reply);
}

interface Session {
  readonly before: Ehlo | null;
  readonly layer?: TlsDetails;
  readonly inside: Ehlo | null;
}

/** EHLO, and once more inside STARTTLS where that is offered: servers say more there. */
async function session(talk: Conversation, hello: Hello): Promise<Session> {
  const before = await ehlo(talk, hello);
  if (!before?.startTls) return { before, inside: null };
  const ready = await askCoded(talk, 'STARTTLS');
  const layer = ready?.code === 220 ? await talk.startTls() : null;
  if (layer === null) return { before, inside: null };
  return { before, layer, inside: await ehlo(talk, hello) };
}

function sessionDetails({ before, inside }: Session, secure: boolean) {
  if (before === null) return {};
  const shown = inside ?? before;
  return {
    extensions: [...shown.extensions],
    ...(secure ? {} : { startTls: before.startTls }),
    authMechanisms: [...before.mechanisms],
    ...(inside === null ? {} : { authMechanismsTls: [...inside.mechanisms] }),
    clearTextLogin: !secure && sendsPassword(before.mechanisms),
    ...(shown.maxSize === undefined ? {} : { maxSize: shown.maxSize }),
  };
}

function describe(talk: Conversation, greeting: CodedReply) {
  const text = clip(greeting.lines.join('\n'));
  const hostName = /^[\w.-]+/.exec(greeting.lines[0] ?? '')?.[0];
  return {
    greeting: text,
    code: greeting.code,
    ...(hostName?.includes('.') ? { hostName } : {}),
    ...(talk.tls === undefined ? {} : { clearTextLogin: false }),
  };
}

async function identify(talk: Conversation): Promise<Identity<z.infer<typeof details>> | null> {
  const greeting = await greetingOf(talk);
  if (greeting === null) return null;
  const basics = describe(talk, greeting);
  const named = namedProduct(basics.greeting, PRODUCTS);
  if (greeting.code !== 220) {
    const refused = REFUSALS.has(greeting.code) && speaksOfMail(basics.greeting);
    return refused ? { ...named, details: basics } : null;
  }
  const secure = talk.tls !== undefined;
  const lmtp = /\bLMTP\b/.test(basics.greeting);
  const talked = await session(talk, lmtp ? 'LHLO' : 'EHLO');
  if (talked.before === null && !/\bE?SMTP\b/i.test(basics.greeting)) return null;
  talk.send('QUIT\r\n');
  return {
    ...named,
    details: { ...basics, ...(lmtp ? { lmtp } : {}), ...sessionDetails(talked, secure) },
    ...(talked.layer === undefined ? {} : { startTls: talked.layer }),
  };
}

/** SMTP and submission: RFC 5321, 6409, 8314. We send EHLO, STARTTLS and QUIT: no mail, no login. */
export const smtp = defineProtocol({
  name: 'smtp',
  title: 'SMTP',
  transport: 'tcp',
  over: 'tcp',
  ports: [25, 587, 2525, 465, 1025, 24],
  tlsPorts: [465],
  manners: 'listen',
  details,
  recognises: (bytes) => {
    const text = headText(bytes);
    return /^220[ -]/.test(text)
      ? !/FTP/i.test(text)
      : /^(?:421|554)[ -]/.test(text) && speaksOfMail(text);
  },
  identify,
});
