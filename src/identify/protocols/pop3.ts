import { z } from 'zod';
import type { TlsDetails } from '../../model/service.ts';
import type { Conversation } from '../../net/conversation.ts';
import { lineFrame, startsWith } from '../bytes.ts';
import { ask, clip, clipList, dotFrame, headText, linesOf, receiveWhole } from '../dialogue.ts';
import { sendsPassword } from '../mail-login.ts';
import { defineProtocol, type Identity } from '../plugin.ts';
import { namedProduct, type ProductMark } from '../products.ts';

const details = z.object({
  greeting: z.string().describe('Text of the greeting'),
  capabilities: z
    .array(z.string())
    .optional()
    .describe('Lines of the CAPA answer (RFC 2449), inside TLS where that was entered'),
  implementation: z.string().optional().describe('IMPLEMENTATION capability (RFC 2449 §6.9)'),
  startTls: z.boolean().optional().describe('STLS is offered (RFC 2595)'),
  apop: z.boolean().describe('The greeting carries a timestamp for APOP (RFC 1939 §7)'),
  authMechanisms: z.array(z.string()).optional().describe('SASL mechanisms (RFC 5034)'),
  clearTextLogin: z
    .boolean()
    .optional()
    .describe('USER, PLAIN or LOGIN is offered outside TLS; absent when CAPA is not understood'),
});

const PRODUCTS: readonly ProductMark[] = [
  { pattern: /\bDovecot\b/, product: 'Dovecot', cpe: ['dovecot', 'dovecot'] },
  {
    pattern: /\bCyrus POP3 (?:Murder )?v?(\d[\w.]*)?/,
    product: 'Cyrus IMAP',
    cpe: ['cyrus', 'imap'],
  },
  { pattern: /\bHello there\./, product: 'Courier', cpe: ['courier-mta', 'courier_mail_server'] },
  {
    pattern: /\bQpopper(?: \(version (\d[\w.]*)\))?/,
    product: 'Qpopper',
    cpe: ['qualcomm', 'qpopper'],
  },
  { pattern: /\bteapop \[v?([\d.]+)/i, product: 'Teapop' },
  {
    pattern: /Microsoft Exchange (?:Server \d+ )?POP3/,
    product: 'Microsoft Exchange',
    cpe: ['microsoft', 'exchange_server'],
  },
  { pattern: /\bKerio Connect ([\d.]+)/, product: 'Kerio Connect', cpe: ['gfi', 'kerio_connect'] },
  { pattern: /\bMDaemon (?:[A-Za-z]+ )?([\d.]+)/, product: 'MDaemon', cpe: ['altn', 'mdaemon'] },
  { pattern: /\bStalwart\b/, product: 'Stalwart', cpe: ['stalw', 'stalwart'] },
  { pattern: /\bZimbra\b/, product: 'Zimbra', cpe: ['zimbra', 'collaboration'] },
  { pattern: /\bGNU pop3d\b/i, product: 'GNU Mailutils pop3d', cpe: ['gnu', 'mailutils'] },
  {
    pattern: /\bApache James|JAMES POP3 Server ([\d.]+)?/,
    product: 'Apache James',
    cpe: ['apache', 'james'],
  },
  {
    pattern: /\bPOP3 .{0,40}(?:2004|2006|2007)[a-z]?\.(\d+)/,
    product: 'UW IMAP',
    cpe: ['washington', 'uw-imap'],
  },
];

/** Frames one status line, or with `+OK` everything up to the dot line. */
function capaFrame(buffered: Uint8Array): number | null {
  return startsWith(buffered, '+OK') ? dotFrame(buffered) : lineFrame(buffered);
}

/** Reads the lines of a successful CAPA answer; null when it failed. */
export function readPop3Capabilities(bytes: Uint8Array): string[] | null {
  const [status, ...lines] = linesOf(bytes);
  if (!status?.startsWith('+OK')) return null;
  return clipList(lines.filter((line) => line !== '.' && line !== '').map(clip));
}

/** Reads the greeting's text (RFC 1939 §4); null when it is none. */
export function readPop3Greeting(bytes: Uint8Array): string | null {
  const line = linesOf(bytes)[0];
  return line !== undefined && /^(?:\+OK|-ERR)(?: |$)/.test(line) ? clip(line) : null;
}

async function capabilities(talk: Conversation): Promise<string[] | null> {
  const answer = await ask(talk, 'CAPA', capaFrame);
  return answer === null ? null : readPop3Capabilities(answer);
}

function has(capas: readonly string[], name: string): boolean {
  return capas.some((capa) => capa.toUpperCase() === name);
}

function valueOf(capas: readonly string[], name: string): string | undefined {
  const line = capas.find((capa) => capa.toUpperCase().startsWith(`${name} `));
  return line?.slice(name.length + 1);
}

function mechanismsOf(capas: readonly string[]): string[] {
  return valueOf(capas, 'SASL')?.split(' ').filter(Boolean) ?? [];
}

async function upgrade(talk: Conversation): Promise<TlsDetails | null> {
  const ready = await ask(talk, 'STLS');
  return ready !== null && startsWith(ready, '+OK') ? talk.startTls() : null;
}

function described(before: readonly string[], inside: readonly string[] | null, secure: boolean) {
  const shown = inside ?? before;
  return {
    capabilities: [...shown],
    ...(secure ? {} : { startTls: has(before, 'STLS') }),
    authMechanisms: mechanismsOf(shown),
    clearTextLogin: !secure && (has(before, 'USER') || sendsPassword(mechanismsOf(before))),
  };
}

async function identify(talk: Conversation): Promise<Identity<z.infer<typeof details>> | null> {
  const bytes = await receiveWhole(talk, lineFrame);
  const greeting = bytes === null ? null : readPop3Greeting(bytes);
  if (greeting === null) return null;
  const secure = talk.tls !== undefined;
  const before = await capabilities(talk);
  if (before === null && !/POP|^\+OK .*<[^>]+@[^>]+>/i.test(greeting)) return null;
  const layer = !secure && before && has(before, 'STLS') ? await upgrade(talk) : null;
  const inside = layer === null ? null : await capabilities(talk);
  talk.send('QUIT\r\n');
  const implementation = valueOf(inside ?? before ?? [], 'IMPLEMENTATION');
  return {
    ...namedProduct(`${greeting}\n${implementation ?? ''}`, PRODUCTS),
    details: {
      greeting: greeting.replace(/^\S+ ?/, ''),
      apop: /<[^<>]+@[^<>]*>/.test(greeting),
      ...(before === null ? {} : described(before, inside, secure)),
      ...(implementation === undefined ? {} : { implementation }),
    },
    ...(layer === null ? {} : { startTls: layer }),
  };
}

/** POP3: RFC 1939, 2449, 2595. We send CAPA, STLS and QUIT, nothing of a login. */
export const pop3 = defineProtocol({
  name: 'pop3',
  title: 'POP3',
  transport: 'tcp',
  over: 'tcp',
  ports: [110, 1100],
  tlsPorts: [995],
  manners: 'listen',
  details,
  recognises: (bytes) => /^\+OK(?: |\r)|^-ERR .{0,60}POP/.test(headText(bytes)),
  identify,
});
