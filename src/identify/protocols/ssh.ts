import { z } from 'zod';
import type { Conversation } from '../../net/conversation.ts';
import { cpe23 } from '../cpe.ts';
import { clip, clipList, headText, linesOf, receiveWhole } from '../dialogue.ts';
import { defineProtocol, type Identity } from '../plugin.ts';
import { type NamedProduct, namedProduct, type ProductMark } from '../products.ts';
import {
  type HostKey,
  type KexInit,
  readKexInit,
  readKexReply,
  readSshPacket,
  SSH_MSG,
  sshDisconnect,
  sshPacket,
  sshPacketFrame,
  startKeyExchange,
} from '../ssh-key-exchange.ts';

/** RFC 4253 §4.2 lets a server say lines before its identification; more than this is not SSH. */
const MAX_PREAMBLE = 16 * 1024;
/** Messages (IGNORE, DEBUG) that may come before the one waited for. */
const MAX_PACKETS = 8;

const algorithms = (what: string) =>
  z.array(z.string()).optional().describe(`${what}, in the server's order (RFC 4253 §7.1)`);

const details = z.object({
  sshVersion: z
    .string()
    .describe("Protocol version: '2.0', or '1.99' and '1.5' where SSH 1 is spoken"),
  software: z.string().describe('Software version of the identification string (RFC 4253 §4.2)'),
  comment: z.string().optional().describe('Comment of the identification string'),
  os: z.string().optional().describe('Operating system named in the comment'),
  preamble: z.array(z.string()).optional().describe('Lines before the identification string'),
  kexAlgorithms: algorithms('Key exchange algorithms'),
  hostKeyAlgorithms: algorithms('Host key algorithms'),
  ciphers: algorithms('Encryption algorithms of both directions'),
  macs: algorithms('MAC algorithms of both directions'),
  compression: algorithms('Compression algorithms of both directions'),
  hostKey: z
    .object({
      type: z.string().describe('Key type, as in known_hosts'),
      bits: z.number().optional().describe('Key size in bits'),
      fingerprint: z.string().describe("SHA-256 fingerprint in OpenSSH's form"),
    })
    .optional()
    .describe('The host key of the type that an OpenSSH client would choose'),
});

/** Products by their software version string; the longer name before its beginning. */
const PRODUCTS: readonly ProductMark[] = [
  {
    pattern: /^OpenSSH_for_Windows_([\d.]+)/,
    product: 'OpenSSH for Windows',
    cpe: ['openbsd', 'openssh'],
  },
  { pattern: /^OpenSSH[_-](\d[\w.]*)/, product: 'OpenSSH', cpe: ['openbsd', 'openssh'] },
  { pattern: /^OpenSSH/, product: 'OpenSSH', cpe: ['openbsd', 'openssh'] },
  {
    pattern: /^dropbear_v?(\d[\w.]*)/i,
    product: 'Dropbear',
    cpe: ['dropbear_ssh_project', 'dropbear_ssh'],
  },
  { pattern: /^dropbear/i, product: 'Dropbear', cpe: ['dropbear_ssh_project', 'dropbear_ssh'] },
  { pattern: /^libssh[_-](\d[\d.]*)/, product: 'libssh', cpe: ['libssh', 'libssh'] },
  { pattern: /^Cisco-([\d.]+)/, product: 'Cisco SSH' },
  { pattern: /^ROSSSH/, product: 'MikroTik RouterOS SSH', cpe: ['mikrotik', 'routeros'] },
  { pattern: /^tinyssh_(\d+)?/, product: 'TinySSH', cpe: ['tinyssh', 'tinyssh'] },
  { pattern: /^wolfSSHv?([\d.]+)/, product: 'wolfSSH', cpe: ['wolfssh', 'wolfssh'] },
  { pattern: /^paramiko_([\d.]+)/, product: 'Paramiko', cpe: ['paramiko', 'paramiko'] },
  { pattern: /^AsyncSSH_([\d.]+)/, product: 'AsyncSSH', cpe: ['asyncssh_project', 'asyncssh'] },
  { pattern: /^Go$/, product: 'Go x/crypto/ssh', cpe: ['golang', 'crypto'] },
  {
    pattern: /^(?:[\d.]+ )?FlowSsh: Bitvise SSH Server \(WinSSHD\) ([\d.]+)/,
    product: 'Bitvise SSH Server',
    cpe: ['bitvise', 'winsshd'],
  },
  { pattern: /Bitvise SSH Server/, product: 'Bitvise SSH Server', cpe: ['bitvise', 'winsshd'] },
  {
    pattern: /^(?:APACHE-SSHD|SSHD-CORE|SSHD-UNKNOWN)-?([\d.]+)?/,
    product: 'Apache MINA SSHD',
    cpe: ['apache', 'sshd'],
  },
  { pattern: /^mod_sftp\/?([\d.]+)?/, product: 'ProFTPD mod_sftp', cpe: ['proftpd', 'proftpd'] },
  { pattern: /^SFTPGo_?([\d.]+)?/, product: 'SFTPGo', cpe: ['sftpgo_project', 'sftpgo'] },
  { pattern: /^AWS_SFTP_([\d.]+)/, product: 'AWS Transfer Family' },
  { pattern: /^CrushFTPSSHD/, product: 'CrushFTP', cpe: ['crushftp', 'crushftp'] },
  { pattern: /^WS_FTP-SSH_([\d.]+)/, product: 'WS_FTP Server', cpe: ['progress', 'ws_ftp_server'] },
  { pattern: /^Serv-U_([\d.]+)/, product: 'Serv-U', cpe: ['solarwinds', 'serv-u'] },
  {
    pattern: /^CerberusFTPServer_([\d.]+)/,
    product: 'Cerberus FTP Server',
    cpe: ['cerberusftp', 'ftp_server'],
  },
  { pattern: /^Comware-([\d.]+)/, product: 'H3C Comware SSH' },
  { pattern: /^HUAWEI-([\d.]+)/, product: 'Huawei VRP SSH' },
  {
    pattern: /^RomSShell_([\d.]+)/,
    product: 'Allegro RomSShell',
    cpe: ['allegrosoft', 'romsshell'],
  },
  { pattern: /^Sun_SSH_([\d.]+)/, product: 'Sun SSH' },
  { pattern: /^Erlang(?:\/([\d.]+))?/, product: 'Erlang/OTP SSH', cpe: ['erlang', 'erlang/otp'] },
  { pattern: /^ssh2js([\d.]+)/, product: 'ssh2 for Node.js', cpe: ['ssh2_project', 'ssh2'] },
  { pattern: /^russh_([\d.]+)/, product: 'russh', cpe: ['russh_project', 'russh'] },
  { pattern: /^Twisted_?([\d.]+)?/, product: 'Twisted Conch', cpe: ['twisted', 'twisted'] },
  { pattern: /^GitLab-SSHD/, product: 'GitLab Shell', cpe: ['gitlab', 'gitlab-shell'] },
  {
    pattern: /^(?:[\d.]+ )?SSH Tectia Server/,
    product: 'SSH Tectia Server',
    cpe: ['ssh', 'tectia_server'],
  },
  { pattern: /^NetScreen/, product: 'Juniper ScreenOS SSH' },
  { pattern: /^IPSSH-([\d.]+)/, product: 'Wind River IPSSH' },
];

export interface SshIdentification {
  readonly sshVersion: string;
  readonly software: string;
  readonly comment?: string;
  readonly preamble: readonly string[];
}

/** Frames everything up to the end of the first line that begins with `SSH-`. */
function identificationFrame(buffered: Uint8Array): number | null {
  let start = 0;
  for (;;) {
    const end = buffered.indexOf(0x0a, start);
    if (end < 0) return buffered.length > MAX_PREAMBLE ? buffered.length : null;
    if (headText(buffered.subarray(start, start + 4)) === 'SSH-') return end + 1;
    start = end + 1;
  }
}

/** Reads lines up to an identification string (RFC 4253 §4.2). */
export function readSshIdentification(bytes: Uint8Array): SshIdentification | null {
  const lines = linesOf(bytes.subarray(0, MAX_PREAMBLE));
  const at = lines.findIndex((line) => line.startsWith('SSH-'));
  const match = /^SSH-([\d.]{1,8})-([^ ]*)(?: (.*))?$/.exec(lines[at]?.slice(0, 1024) ?? '');
  if (match === null) return null;
  const [, sshVersion = '', software = '', comment] = match;
  const preamble = clipList(lines.slice(0, at).map(clip));
  return { sshVersion, software, ...(comment ? { comment } : {}), preamble };
}

const SYSTEMS = [
  'Debian',
  'Ubuntu',
  'Raspbian',
  'FreeBSD',
  'NetBSD',
  'OpenBSD',
  'DragonFly',
  'Alpine',
];

function systemOf(comment = ''): string | undefined {
  return SYSTEMS.find((system) => comment.startsWith(system));
}

/** TinySSH puts eight random characters where the comment goes: no fact about the service. */
function withoutNonce(identification: SshIdentification): SshIdentification {
  if (!identification.software.startsWith('tinyssh')) return identification;
  const { comment: _, ...rest } = identification;
  return rest;
}

/** Portable OpenSSH numbers are `9.2p1`; the NVD has `p1` as the update of version 9.2. */
function opensshCpe(version: string | undefined): string {
  const match = /^([\d.]+)(p\d+)?/.exec(version ?? '');
  return cpe23('openbsd', 'openssh', match?.[1], 'a', match?.[2]);
}

function productOf({ software, comment }: SshIdentification): NamedProduct {
  const named = namedProduct(comment === undefined ? software : `${software} ${comment}`, PRODUCTS);
  if (!named.product?.startsWith('OpenSSH')) return named;
  return { ...named, cpe: opensshCpe(named.version) };
}

/** The payload of the next packet that begins with `message`; null when it does not come. */
async function packetOf(talk: Conversation, message: number): Promise<Uint8Array | null> {
  for (let index = 0; index < MAX_PACKETS; index += 1) {
    const bytes = await receiveWhole(talk, sshPacketFrame);
    const payload = bytes === null ? null : readSshPacket(bytes);
    if (payload === null || payload[0] === SSH_MSG.disconnect) return null;
    if (payload[0] === message) return payload;
  }
  return null;
}

/**
 * Goes as far into a key exchange as the server's host key, long before any login, then
 * disconnects in words. One connection only: OpenSSH 9.8 and later count connections that end
 * without a login against the address they come from (PerSourcePenalties).
 */
async function hostKeyOf(talk: Conversation, lists: KexInit): Promise<HostKey | null> {
  const ours = startKeyExchange(lists);
  if (ours === null) return null;
  talk.send(sshPacket(ours.init));
  talk.send(sshPacket(ours.start));
  const reply = await packetOf(talk, SSH_MSG.kexReply);
  return reply === null ? null : readKexReply(reply);
}

async function exchange(talk: Conversation): Promise<Partial<KexInit> & { hostKey?: HostKey }> {
  talk.send('SSH-2.0-postern\r\n');
  const payload = await packetOf(talk, SSH_MSG.kexInit);
  const lists = payload === null ? null : readKexInit(payload);
  if (lists === null) return {};
  const hostKey = await hostKeyOf(talk, lists);
  talk.send(sshPacket(sshDisconnect('looked at by postern')));
  return { ...lists, ...(hostKey === null ? {} : { hostKey }) };
}

async function identify(talk: Conversation): Promise<Identity<z.infer<typeof details>> | null> {
  const bytes = await receiveWhole(talk, identificationFrame);
  const identification = bytes === null ? null : readSshIdentification(bytes);
  if (identification === null) return null;
  const { preamble, ...words } = withoutNonce(identification);
  const os = systemOf(words.comment);
  const speaksTwo = words.sshVersion === '2.0' || words.sshVersion === '1.99';
  const exchanged = speaksTwo ? await exchange(talk) : {};
  const { kexAlgorithms, hostKeyAlgorithms, ciphers, macs, compression, hostKey } = exchanged;
  return {
    ...productOf(identification),
    details: {
      ...words,
      ...(os === undefined ? {} : { os }),
      ...(preamble.length === 0 ? {} : { preamble: [...preamble] }),
      ...(kexAlgorithms && { kexAlgorithms: [...kexAlgorithms] }),
      ...(hostKeyAlgorithms && { hostKeyAlgorithms: [...hostKeyAlgorithms] }),
      ...(ciphers && { ciphers: [...ciphers] }),
      ...(macs && { macs: [...macs] }),
      ...(compression && { compression: [...compression] }),
      ...(hostKey && { hostKey }),
    },
  };
}

/** SSH: RFC 4253. We send an identification string and an unfinished key exchange. */
export const ssh = defineProtocol({
  name: 'ssh',
  title: 'SSH',
  transport: 'tcp',
  over: 'tcp',
  ports: [22, 2222, 22222, 830, 2022, 8022, 29418],
  manners: 'listen',
  details,
  recognises: (bytes) => /(?:^|\n)SSH-\d/.test(headText(bytes)),
  identify,
});
