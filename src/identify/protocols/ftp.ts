import { z } from 'zod';
import type { TlsDetails } from '../../model/service.ts';
import type { Conversation } from '../../net/conversation.ts';
import { askCoded, clip, codedFrame, headText, readCodedReply, receiveWhole } from '../dialogue.ts';
import { defineProtocol, type Identity } from '../plugin.ts';
import { namedProduct, type ProductMark } from '../products.ts';

const details = z.object({
  greeting: z.string().describe('Text of the greeting'),
  code: z.number().describe('Reply code of the greeting: 220, or 421 and 530 where it refuses us'),
  features: z
    .array(z.string())
    .optional()
    .describe('FEAT answer (RFC 2389), inside TLS where that was entered; absent when refused'),
  system: z.string().optional().describe('SYST answer where it is given before login'),
  startTls: z.boolean().optional().describe('AUTH TLS is offered (RFC 4217)'),
  clearTextLogin: z
    .boolean()
    .optional()
    .describe(
      'True where no TLS is offered, so that every login is in the clear; absent where TLS is ' +
        'offered, for whether it is required shows only when a login begins',
    ),
});

const PRODUCTS: readonly ProductMark[] = [
  { pattern: /\(vsFTPd (\d[\w.]*)\)/, product: 'vsftpd', cpe: ['vsftpd_project', 'vsftpd'] },
  { pattern: /\bvsFTPd\b/, product: 'vsftpd', cpe: ['vsftpd_project', 'vsftpd'] },
  { pattern: /\bProFTPD (\d[\w.]*)/, product: 'ProFTPD', cpe: ['proftpd', 'proftpd'] },
  { pattern: /\bProFTPD\b/, product: 'ProFTPD', cpe: ['proftpd', 'proftpd'] },
  { pattern: /\bPure-FTPd\b/, product: 'Pure-FTPd', cpe: ['pureftpd', 'pure-ftpd'] },
  {
    pattern: /\bFileZilla Server (?:version )?v?(\d[\w.]*)/,
    product: 'FileZilla Server',
    cpe: ['filezilla-project', 'filezilla_server'],
  },
  {
    pattern: /\bMicrosoft FTP Service\b/,
    product: 'Microsoft IIS FTP',
    cpe: ['microsoft', 'internet_information_services'],
  },
  {
    pattern: /\(Version wu-(\d[\w.]*)/,
    product: 'WU-FTPD',
    cpe: ['washington_university', 'wu-ftpd'],
  },
  {
    pattern: /\bpyftpdlib (\d[\w.]*)/,
    product: 'pyftpdlib',
    cpe: ['pyftpdlib_project', 'pyftpdlib'],
  },
  { pattern: /\bServ-U FTP Server v(\d[\w.]*)/, product: 'Serv-U', cpe: ['solarwinds', 'serv-u'] },
  { pattern: /\bbftpd (\d[\w.]*)/, product: 'Bftpd', cpe: ['bftpd_project', 'bftpd'] },
  {
    pattern: /\bMikroTik FTP server \(MikroTik (\d[\w.]*)\)/,
    product: 'MikroTik RouterOS FTP',
    cpe: ['mikrotik', 'routeros'],
  },
  { pattern: /\bglFTPd (\d[\w.]*)/i, product: 'glFTPd', cpe: ['glftpd', 'glftpd'] },
  { pattern: /\bNcFTPd\b/, product: 'NcFTPd' },
  {
    pattern: /\bWS_FTP Server (\d[\w.]*)/,
    product: 'WS_FTP Server',
    cpe: ['progress', 'ws_ftp_server'],
  },
  {
    pattern: /\bXlight FTP Server (\d[\w.]*)/,
    product: 'Xlight FTP Server',
    cpe: ['xlightftpd', 'xlight_ftp_server'],
  },
  {
    pattern: /\bWing FTP Server\b/,
    product: 'Wing FTP Server',
    cpe: ['wftpserver', 'wing_ftp_server'],
  },
  { pattern: /\bCrushFTP\b/, product: 'CrushFTP', cpe: ['crushftp', 'crushftp'] },
  { pattern: /\bSFTPGo (\d[\w.]*)/, product: 'SFTPGo', cpe: ['sftpgo_project', 'sftpgo'] },
  {
    pattern: /\bCerberus FTP Server\b/,
    product: 'Cerberus FTP Server',
    cpe: ['cerberusftp', 'ftp_server'],
  },
  {
    pattern: /\bTitan FTP Server (\d[\w.]*)?/,
    product: 'Titan FTP Server',
    cpe: ['southrivertech', 'titan_ftp_server'],
  },
  {
    pattern: /\(GNU inetutils (\d[\w.]*)\)/,
    product: 'GNU Inetutils ftpd',
    cpe: ['gnu', 'inetutils'],
  },
  { pattern: /Linux-ftpd-(\d[\w.]*)/, product: 'Linux-ftpd' },
  { pattern: /\btwoftpd\b/, product: 'twoftpd' },
];

/** Lines of a FEAT answer between its first and its last (RFC 2389 §3.2); null when refused. */
export function readFeatures(bytes: Uint8Array): string[] | null {
  const reply = readCodedReply(bytes);
  if (reply === null || reply.code !== 211) return null;
  return reply.lines.slice(1, -1).map((line) => line.trim());
}

/** How a question was answered before any login. */
interface Answers {
  readonly features: readonly string[] | null;
  readonly system?: string;
  /** It answered as only an FTP server does. */
  readonly certain: boolean;
}

async function featuresOf(talk: Conversation): Promise<readonly string[] | null> {
  talk.send('FEAT\r\n');
  const bytes = await receiveWhole(talk, codedFrame);
  return bytes === null ? null : readFeatures(bytes);
}

/** FEAT, and SYST where FEAT is not answered: 530 "log in first" is an FTP answer too. */
async function question(talk: Conversation): Promise<Answers> {
  const features = await featuresOf(talk);
  const system = await askCoded(talk, 'SYST');
  return {
    features,
    ...(system?.code === 215 ? { system: clip(system.lines[0] ?? '') } : {}),
    certain: features !== null || system?.code === 215 || system?.code === 530,
  };
}

function offersTls(features: readonly string[]): boolean {
  return features.some((line) => /^AUTH\b.*\b(?:TLS|SSL)/i.test(line));
}

/** AUTH TLS is tried also where FEAT is refused: asking begins no login (RFC 4217 §4). */
async function upgrade(talk: Conversation, features: readonly string[] | null) {
  if (features !== null && !offersTls(features)) return { offered: false, layer: null };
  const answer = await askCoded(talk, 'AUTH TLS');
  const offered = answer?.code === 234;
  return { offered, layer: offered ? await talk.startTls() : null };
}

function described(answers: Answers, inside: readonly string[] | null, offered: boolean | null) {
  const features = inside ?? answers.features;
  return {
    ...(features === null ? {} : { features: [...features] }),
    ...(answers.system === undefined ? {} : { system: answers.system }),
    ...(offered === null ? { clearTextLogin: false } : { startTls: offered }),
    ...(offered === false ? { clearTextLogin: true } : {}),
  };
}

async function identify(talk: Conversation): Promise<Identity<z.infer<typeof details>> | null> {
  const bytes = await receiveWhole(talk, codedFrame);
  const reply = bytes === null ? null : readCodedReply(bytes);
  if (reply === null || !isGreeting(reply.code)) return null;
  const greeting = clip(reply.lines.join('\n'));
  const basics = { greeting, code: reply.code };
  const named = namedProduct(greeting, PRODUCTS);
  if (reply.code !== 220) return /FTP/i.test(greeting) ? { ...named, details: basics } : null;
  if (/\bE?SMTP\b/.test(greeting)) return null;
  const answers = await question(talk);
  const spoken = answers.certain || named.product !== undefined || /FTP/i.test(greeting);
  if (!spoken) return null;
  return { ...named, ...(await withTls(talk, basics, answers)) };
}

async function withTls(
  talk: Conversation,
  basics: { readonly greeting: string; readonly code: number },
  answers: Answers,
) {
  const secure = talk.tls !== undefined;
  const { offered, layer } = secure
    ? { offered: null, layer: null }
    : await upgrade(talk, answers.features);
  const inside = layer === null ? null : await featuresOf(talk);
  talk.send('QUIT\r\n');
  const startTls: { startTls?: TlsDetails } = layer === null ? {} : { startTls: layer };
  return { details: { ...basics, ...described(answers, inside, offered) }, ...startTls };
}

function isGreeting(code: number): boolean {
  return code === 220 || code === 421 || code === 530;
}

/**
 * FTP: RFC 959, 2389, 4217. We send FEAT, SYST, AUTH TLS and QUIT. USER is the beginning of a
 * login and is never sent.
 */
export const ftp = defineProtocol({
  name: 'ftp',
  title: 'FTP',
  transport: 'tcp',
  over: 'tcp',
  ports: [21, 2121, 990, 8021],
  tlsPorts: [990],
  manners: 'listen',
  details,
  recognises: (bytes) => {
    const text = headText(bytes);
    return /^220[ -]/.test(text)
      ? !/\bE?SMTP\b/.test(text)
      : /^(?:421|530)[ -].{0,200}FTP/i.test(text);
  },
  identify,
});
