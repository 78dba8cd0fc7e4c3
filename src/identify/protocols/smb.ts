import { z } from 'zod';
import type { Conversation } from '../../net/conversation.ts';
import { ber } from '../ber.ts';
import { ByteReader, bytesOf, concatBytes, latin1Text } from '../bytes.ts';
import { cpe23 } from '../cpe.ts';
import { clip, receiveWhole } from '../dialogue.ts';
import { hexBytes, hexText, u16be, u16le, u32le } from '../encode.ts';
import { lengthFrame } from '../length-frame.ts';
import { NTLM_NEGOTIATE, type NtlmDetails, ntlmDetails, readNtlmChallenge } from '../ntlm.ts';
import { defineProtocol } from '../plugin.ts';
import { present } from '../present.ts';

const details = ntlmDetails.extend({
  dialect: z
    .string()
    .optional()
    .describe('SMB 2/3 dialect negotiated: 2.0.2, 2.1, 3.0, 3.0.2, 3.1.1'),
  signingRequired: z.boolean().optional().describe('Every message must be signed (SecurityMode)'),
  encryption: z.boolean().optional().describe('SMB 3 encryption is available'),
  smb1: z.boolean().optional().describe('SMB 1 ("NT LM 0.12") is still accepted'),
  serverGuid: z.string().optional().describe('ServerGuid, hexadecimal as on the wire'),
  bootTime: z.string().optional().describe('ServerStartTime, ISO 8601; current servers send none'),
  nativeOs: z.string().optional().describe('Operating system named in SMB 1'),
  nativeLanManager: z.string().optional().describe('Server software named in SMB 1'),
});
type Details = z.infer<typeof details>;

/** NetBIOS session service header (RFC 1002 §4.3.1), also of direct TCP: type, 24 bits of length. */
const sessionFrame = lengthFrame({ at: 1, size: 3, extra: 4 });

function session(message: Uint8Array): Uint8Array {
  return concatBytes(u16be(message.length >>> 16), u16be(message.length), message);
}

// ── SMB 2 ──────────────────────────────────────────────────────────────────────────────────────

const SMB2 = hexBytes('fe534d42');
const DIALECTS: Readonly<Record<number, string>> = {
  0x0202: '2.0.2',
  0x0210: '2.1',
  0x0300: '3.0',
  0x0302: '3.0.2',
  0x0311: '3.1.1',
};
const STATUS_MORE_PROCESSING = 0xc000_0016;
const CAP_ENCRYPTION = 0x40;
const CONTEXT_ENCRYPTION = 2;

/** MS-SMB2 §2.2.1.2: header of a request outside any session. */
function smb2Header(command: number, messageId: number): Uint8Array {
  const head = concatBytes(SMB2, u16le(64), u16le(0), u32le(0), u16le(command), u16le(31));
  return concatBytes(head, new Uint8Array(8), u32le(messageId), new Uint8Array(36));
}

/** MS-SMB2 §2.2.3: NEGOTIATE with every dialect; 3.1.1 wants hash and cipher contexts. */
export function smb2Negotiate(): Uint8Array {
  const fixed = concatBytes(
    hexBytes('2400 0500 0100 0000 40000000'),
    bytesOf('postern scanner!'), // ClientGuid
    hexBytes('70000000 0200 0000'),
    hexBytes('0202 1002 0003 0203 1103 0000'),
  );
  const hash = concatBytes(hexBytes('0100 2600 00000000 0100 2000 0100'), new Uint8Array(34));
  const ciphers = hexBytes('0200 0a00 00000000 0400 0200 0100 0400 0300');
  return session(concatBytes(smb2Header(0, 0), fixed, hash, ciphers));
}

/** NegTokenInit (RFC 4178 §4.2.1) that offers NTLM alone and brings its first message. */
function spnego(token: Uint8Array): Uint8Array {
  const mechanisms = hexBytes('a00e 300c 060a 2b06010401823702020a');
  const init = ber(0x30, mechanisms, ber(0xa2, ber(0x04, token)));
  return ber(0x60, hexBytes('0606 2b0601050502'), ber(0xa0, init));
}

/** MS-SMB2 §2.2.5: SESSION_SETUP with the first NTLM message. */
function smb2SessionSetup(): Uint8Array {
  const token = spnego(NTLM_NEGOTIATE);
  const fixed = concatBytes(hexBytes('1900 00 01 00000000 00000000 5800'), u16le(token.length));
  return session(concatBytes(smb2Header(1, 1), fixed, new Uint8Array(8), token));
}

export interface Smb2Negotiation {
  readonly dialect: string;
  readonly signingRequired: boolean;
  readonly encryption: boolean;
  readonly serverGuid: Uint8Array;
  /** 100 ns since 1601; 0 where the server does not tell. */
  readonly startTime: bigint;
}

/** Reads a NEGOTIATE response (MS-SMB2 §2.2.4) with its session header; null when it is none. */
export function readSmb2Negotiation(bytes: Uint8Array): Smb2Negotiation | null {
  const message = bytes.subarray(4);
  const reader = new ByteReader(message);
  if (hexText(reader.take(4) ?? message) !== 'fe534d42') return null;
  reader.skip(8);
  const command = reader.u16(true);
  reader.offset = 64;
  const size = reader.u16(true);
  const mode = reader.u16(true) ?? 0;
  const revision = reader.u16(true) ?? 0;
  const contexts = reader.u16(true) ?? 0;
  const serverGuid = reader.take(16);
  const capabilities = reader.u32(true) ?? 0;
  reader.skip(12 + 8);
  const startTime = reader.u64(true);
  const dialect = DIALECTS[revision];
  if (command !== 0 || size !== 65 || !dialect || !serverGuid || startTime === undefined)
    return null;
  reader.skip(4);
  const cipher = revision === 0x0311 && hasCipher(message, reader.u32(true) ?? 0, contexts);
  return {
    dialect,
    signingRequired: (mode & 2) !== 0,
    encryption: cipher || (capabilities & CAP_ENCRYPTION) !== 0,
    serverGuid,
    startTime,
  };
}

/** Whether a negotiate context of the response (MS-SMB2 §2.2.4.1) chose a cipher. */
function hasCipher(message: Uint8Array, offset: number, count: number): boolean {
  const reader = new ByteReader(message, offset);
  for (let index = 0; index < Math.min(count, 16); index += 1) {
    const type = reader.u16(true);
    const length = reader.u16(true) ?? 0;
    reader.skip(4);
    const data = new ByteReader(reader.take(length) ?? new Uint8Array(0), 2);
    if (type === CONTEXT_ENCRYPTION) return (data.u16(true) ?? 0) !== 0;
    reader.skip((8 - (length % 8)) % 8);
  }
  return false;
}

// ── SMB 1 ──────────────────────────────────────────────────────────────────────────────────────

const SMB1 = hexBytes('ff534d42');

/** MS-CIFS §2.2.3.1: flags for Unicode, NT status codes and extended security. */
function smb1Header(command: number): Uint8Array {
  return concatBytes(
    SMB1,
    Uint8Array.of(command),
    hexBytes('00000000 18 03c8'),
    new Uint8Array(20),
  );
}

/** MS-CIFS §2.2.4.52: NEGOTIATE that knows one dialect, so that no SMB 2 server can answer in SMB 2. */
export function smb1Negotiate(): Uint8Array {
  const dialect = concatBytes(Uint8Array.of(2), bytesOf('NT LM 0.12\0'));
  const body = concatBytes(Uint8Array.of(0), u16le(dialect.length), dialect);
  return session(concatBytes(smb1Header(0x72), body));
}

/** MS-SMB §2.2.4.6.1: SESSION_SETUP_ANDX with the first NTLM message. */
function smb1SessionSetup(): Uint8Array {
  const token = spnego(NTLM_NEGOTIATE);
  const words = concatBytes(
    hexBytes('0c ff000000 ffff 0200 0100 00000000'),
    u16le(token.length),
    hexBytes('00000000 5c000080'),
  );
  // The count of bytes stands before; the token's odd length leaves the strings aligned.
  const strings = new Uint8Array((token.length % 2) + 4);
  const data = concatBytes(token, strings);
  return session(concatBytes(smb1Header(0x73), words, u16le(data.length), data));
}

/** Whether a reply is an SMB 1 NEGOTIATE response that accepts our dialect. */
export function readSmb1Accepted(bytes: Uint8Array): boolean {
  const reader = new ByteReader(bytes, 4);
  if (hexText(reader.take(4) ?? bytes) !== 'ff534d42' || reader.u8() !== 0x72) return false;
  reader.offset = 4 + 32;
  return (reader.u8() ?? 0) > 0 && reader.u16(true) === 0;
}

/** Reads NativeOS and NativeLanMan of a SESSION_SETUP_ANDX response (MS-SMB §2.2.4.6.2). */
export function readSmb1Natives(bytes: Uint8Array): { os?: string; lanManager?: string } | null {
  const reader = new ByteReader(bytes, 4 + 32);
  if (bytes[8] !== 0x73 || reader.u8() !== 4) return null;
  reader.skip(6);
  const tokenLength = reader.u16(true) ?? 0;
  reader.skip(2 + tokenLength);
  reader.skip((reader.offset - 4) % 2);
  const rest = reader.take(Math.min(reader.remaining, 2048));
  if (rest === undefined) return null;
  const [os, lanManager] = new TextDecoder('utf-16le').decode(rest).split('\0');
  return present({
    os: clip(os ?? '') || undefined,
    lanManager: clip(lanManager ?? '') || undefined,
  });
}

// ── the conversation ───────────────────────────────────────────────────────────────────────────

/** First-level encoding of a NetBIOS name (RFC 1001 §14.1). */
function netbiosName(name: string, suffix: number): Uint8Array {
  const padded = concatBytes(bytesOf(name.padEnd(15)), Uint8Array.of(suffix));
  const halves = Array.from(padded).flatMap((byte) => [0x41 + (byte >>> 4), 0x41 + (byte & 15)]);
  return Uint8Array.of(32, ...halves, 0);
}

/** Port 139 wants a NetBIOS session first (RFC 1002 §4.3.2); 445 does not. */
async function openSession(talk: Conversation): Promise<boolean> {
  if (talk.port !== 139) return true;
  const names = concatBytes(netbiosName('*SMBSERVER', 0x20), netbiosName('POSTERN', 0));
  talk.send(concatBytes(hexBytes('8100'), u16be(names.length), names));
  const reply = await receiveWhole(talk, sessionFrame);
  return reply?.[0] === 0x82;
}

async function ask(talk: Conversation, request: Uint8Array): Promise<Uint8Array | null> {
  talk.send(request);
  return receiveWhole(talk, sessionFrame);
}

interface Smb2 {
  readonly negotiation: Smb2Negotiation;
  readonly names: NtlmDetails;
}

/** `mute`: no word came, as from a server that knows only SMB 1. Null: it is something else. */
async function askSmb2(talk: Conversation): Promise<Smb2 | 'mute' | null> {
  if (!(await openSession(talk))) return null;
  talk.send(smb2Negotiate());
  const { bytes: reply, end } = await talk.receive(sessionFrame);
  const mute = reply.length === 0 && (end !== 'timeout' || smb.ports.includes(talk.port));
  if (mute) return 'mute';
  const negotiation = end === 'complete' ? readSmb2Negotiation(reply) : null;
  if (!negotiation) return null;
  const challenge = await ask(talk, smb2SessionSetup());
  const status = new ByteReader(challenge ?? new Uint8Array(0), 12).u32(true);
  const more = challenge && status === STATUS_MORE_PROCESSING;
  return { negotiation, names: (more && readNtlmChallenge(challenge)) || {} };
}

interface Smb1 {
  readonly accepted: boolean | undefined;
  readonly natives: { os?: string; lanManager?: string };
  readonly names: NtlmDetails;
}

/** A server without SMB 1 ends the connection; one that says nothing leaves it open whether it has it. */
async function askSmb1(talk: Conversation | null): Promise<Smb1> {
  const nothing = { natives: {}, names: {} };
  if (!talk || !(await openSession(talk))) return { accepted: undefined, ...nothing };
  talk.send(smb1Negotiate());
  const { bytes, end } = await talk.receive(sessionFrame);
  const ended = end === 'closed' || end === 'reset';
  if (end !== 'complete') return { accepted: ended ? false : undefined, ...nothing };
  if (!readSmb1Accepted(bytes)) return { accepted: false, ...nothing };
  const setup = await ask(talk, smb1SessionSetup());
  const natives = (setup && readSmb1Natives(setup)) ?? {};
  return { accepted: true, natives, names: (setup && readNtlmChallenge(setup)) ?? {} };
}

/** Samba makes its ServerGuid of its NetBIOS name and NULs; Windows has a random one. */
function isSambaGuid(guid: Uint8Array | undefined): boolean {
  return /^[ -~]{1,15}\0{1,15}$/.test(latin1Text(guid ?? new Uint8Array(0)));
}

function productOf(guid: Uint8Array | undefined, names: NtlmDetails, lanManager = '') {
  const samba = /^Samba (\d+(?:\.\d+){1,3}(?:rc\d+)?)/.exec(lanManager);
  if (samba || lanManager.startsWith('Samba') || isSambaGuid(guid)) {
    const version = samba?.[1];
    return present({ product: 'Samba', version, cpe: cpe23('samba', 'samba', version) });
  }
  const { osVersion } = names;
  if (osVersion === undefined) return {};
  return {
    product: 'Microsoft Windows',
    version: osVersion,
    cpe: cpe23('microsoft', 'windows', undefined, 'o'),
  };
}

/** 116444736000000000 × 100 ns lie between 1601 and 1970. */
function bootTime(fileTime: bigint): string | undefined {
  if (fileTime === 0n) return undefined;
  const time = new Date(Number((fileTime - 116_444_736_000_000_000n) / 10_000n));
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}

/**
 * Negotiates SMB 2/3, then on a fresh connection SMB 1, to see whether that is still on. Each time
 * a session is begun with the first NTLM message, which names nobody; the server's challenge tells
 * its names and build, and there the conversation ends.
 */
export const smb = defineProtocol({
  name: 'smb',
  title: 'SMB',
  transport: 'tcp',
  over: 'tcp',
  ports: [445, 139],
  manners: 'ask',
  details,

  recognises(bytes) {
    const magic = hexText(bytes.subarray(4, 8));
    return bytes[0] === 0 && (magic === 'fe534d42' || magic === 'ff534d42');
  },

  async identify(talk) {
    const answer = await askSmb2(talk);
    if (answer === null) return null;
    const modern = answer === 'mute' ? null : answer;
    const old = await askSmb1(await talk.fresh());
    if (!modern && old.accepted !== true) return null;
    const names = { ...old.names, ...modern?.names };
    const negotiation = modern?.negotiation;
    const found: Details = present({
      ...names,
      dialect: negotiation?.dialect,
      signingRequired: negotiation?.signingRequired,
      encryption: negotiation?.encryption,
      smb1: old.accepted,
      serverGuid: negotiation && hexText(negotiation.serverGuid),
      bootTime: negotiation && bootTime(negotiation.startTime),
      nativeOs: old.natives.os,
      nativeLanManager: old.natives.lanManager,
    });
    return {
      ...productOf(negotiation?.serverGuid, names, old.natives.lanManager),
      details: found,
    };
  },
});
