import { z } from 'zod';
import type { TlsDetails } from '../../model/service.ts';
import type { Conversation } from '../../net/conversation.ts';
import { ByteReader, latin1Text, utf8Text } from '../bytes.ts';
import { clip, clipList, receiveWhole } from '../dialogue.ts';
import { hexBytes, u32be } from '../encode.ts';
import { defineProtocol } from '../plugin.ts';
import { present } from '../present.ts';

const details = z.object({
  authRequired: z.boolean().optional().describe('False: a security type without login is offered'),
  startTls: z.boolean().optional().describe('A security type that runs in TLS is offered'),
  protocolVersion: z.string().describe('RFB version the server announced: 3.8'),
  securityTypes: z
    .array(z.string())
    .optional()
    .describe('Security types offered, names of RFC 6143 and the RFB registry'),
  veNCryptTypes: z.array(z.string()).optional().describe('Subtypes of VeNCrypt offered'),
  error: z.string().optional().describe('Reason the server gave for refusing'),
});
type Details = z.infer<typeof details>;

/** "Remote Framebuffer Security Types" of the RFB registry (RFC 6143 §8.2 and IANA). */
const SECURITY_TYPES: Readonly<Record<number, string>> = {
  1: 'None',
  2: 'VNC Authentication',
  5: 'RA2',
  6: 'RA2ne',
  13: 'RSA-AES-256',
  16: 'Tight',
  17: 'Ultra',
  18: 'TLS',
  19: 'VeNCrypt',
  20: 'SASL',
  21: 'MD5',
  22: 'xvp',
  23: 'Secure Tunnel',
  24: 'Integrated SSH',
  30: 'Apple Diffie-Hellman',
  33: 'Apple Kerberos',
  35: 'Apple SRP',
  113: 'MSLogonII',
  129: 'RA256',
  130: 'RA256ne',
};
const VENCRYPT_TYPES: Readonly<Record<number, string>> = {
  ...SECURITY_TYPES,
  256: 'Plain',
  257: 'TLSNone',
  258: 'TLSVnc',
  259: 'TLSPlain',
  260: 'X509None',
  261: 'X509Vnc',
  262: 'X509Plain',
  263: 'TLSSASL',
  264: 'X509SASL',
};
const NONE = 1;
const TLS = 18;
const VENCRYPT = 19;
const ANONYMOUS = new Set([NONE, 257, 260]);
/** With a certificate, highest first: the handshake shows it, and nothing is answered after that. */
const WITH_CERTIFICATE = [262, 261, 260, 264];

/** Reads `RFB 003.008\n` (RFC 6143 §7.1.1) as major and minor; null when it is none. */
export function readRfbVersion(bytes: Uint8Array): readonly [number, number] | null {
  const match = /^RFB (\d{3})\.(\d{3})\n$/.exec(latin1Text(bytes.subarray(0, 12)));
  return match ? [Number(match[1]), Number(match[2])] : null;
}

export interface SecurityOffer {
  readonly types: readonly number[];
  readonly error?: string;
}

function readReason(reader: ByteReader): SecurityOffer | null {
  const text = reader.take(reader.u32() ?? 0);
  return text === undefined ? null : { types: [], error: clip(utf8Text(text)) };
}

/** Reads the security handshake of RFB 3.7 and later (RFC 6143 §7.1.2): a list, or a reason. */
export function readSecurityList(bytes: Uint8Array): SecurityOffer | null {
  const reader = new ByteReader(bytes);
  const count = reader.u8();
  if (count === undefined) return null;
  if (count === 0) return readReason(reader);
  const types = reader.take(count);
  return types === undefined ? null : { types: [...types] };
}

/** Reads the security type that an RFB 3.3 server dictates (RFC 6143 appendix A), or its reason. */
export function readSecurityType(bytes: Uint8Array): SecurityOffer | null {
  const reader = new ByteReader(bytes);
  const type = reader.u32();
  if (type === undefined) return null;
  return type === 0 ? readReason(reader) : { types: [type] };
}

/** Reads the subtypes of VeNCrypt 0.2: a count, then 32 bits each. */
export function readVeNCryptTypes(bytes: Uint8Array): number[] | null {
  const reader = new ByteReader(bytes);
  const count = reader.u8() ?? 0;
  const types: number[] = [];
  for (let index = 0; index < count; index += 1) types.push(reader.u32() ?? 0);
  return reader.short || count === 0 ? null : types;
}

/** Claims everything once `read` can make something of it. */
function whole(read: (bytes: Uint8Array) => unknown): (buffered: Uint8Array) => number | null {
  return (buffered) => (read(buffered) === null ? null : buffered.length);
}

/** Speaks the version the server wants, as far as it is one of the three published. */
async function askSecurity(talk: Conversation, minor: number): Promise<SecurityOffer | null> {
  const spoken = minor >= 8 ? 8 : minor === 7 ? 7 : 3;
  talk.send(`RFB 003.00${spoken}\n`);
  const read = spoken === 3 ? readSecurityType : readSecurityList;
  const bytes = await receiveWhole(talk, whole(read));
  return bytes && read(bytes);
}

interface VeNCrypt {
  readonly types: readonly number[];
  readonly layer: TlsDetails | null;
}

/** Chooses VeNCrypt, whose subtypes come before any login, and enters TLS for the certificate. */
async function askVeNCrypt(talk: Conversation): Promise<VeNCrypt | null> {
  talk.send(Uint8Array.of(VENCRYPT));
  const version = await receiveWhole(talk, (buffered) => (buffered.length < 2 ? null : 2));
  if (!version || version[0] !== 0 || (version[1] ?? 0) < 2) return null;
  talk.send(hexBytes('0002'));
  const accepted = await receiveWhole(talk, () => 1);
  if (accepted?.[0] !== 0) return null;
  const bytes = await receiveWhole(talk, whole(readVeNCryptTypes));
  const types = bytes && readVeNCryptTypes(bytes);
  if (!types) return null;
  const chosen = WITH_CERTIFICATE.find((type) => types.includes(type));
  if (chosen === undefined) return { types, layer: null };
  talk.send(u32be(chosen));
  const ready = await receiveWhole(talk, () => 1);
  return { types, layer: ready?.[0] === 1 ? await talk.startTls() : null };
}

function named(types: readonly number[], names: Readonly<Record<number, string>>): string[] {
  return clipList(types).map((type) => names[type] ?? `type ${type}`);
}

function authOf(offer: SecurityOffer | null, subtypes: readonly number[]): boolean | undefined {
  if (!offer || offer.types.length === 0) return undefined;
  if (offer.types.includes(NONE)) return false;
  return !subtypes.some((type) => ANONYMOUS.has(type));
}

/** Servers whose version number is their own: macOS Screen Sharing, RealVNC's commercial servers. */
function productOf(major: number, minor: number, types: readonly number[]) {
  if (minor === 889) return { product: 'Apple Remote Desktop' };
  if (major >= 4 || types.includes(129)) return { product: 'RealVNC' };
  return types.includes(17) || types.includes(113) ? { product: 'UltraVNC' } : {};
}

/**
 * Answers the greeting with a version; the server lists its security types. None is completed, so no
 * session begins. One connection only: some servers count those without a login and lock us out.
 */
export const vnc = defineProtocol({
  name: 'vnc',
  title: 'VNC',
  transport: 'tcp',
  over: 'tcp',
  ports: [5900, 5901, 5902, 5903],
  manners: 'listen',
  details,

  recognises: (bytes) => readRfbVersion(bytes) !== null,

  async identify(talk) {
    const greeting = await receiveWhole(talk, (buffered) => (buffered.length < 12 ? null : 12));
    const version = greeting && readRfbVersion(greeting);
    if (!version) return null;
    const [major, minor] = version;
    const offer = await askSecurity(talk, minor);
    const types = offer?.types ?? [];
    const vencrypt = types.includes(VENCRYPT) ? await askVeNCrypt(talk) : null;
    const found: Details = present({
      protocolVersion: `${major}.${minor}`,
      authRequired: authOf(offer, vencrypt?.types ?? []),
      startTls:
        offer?.error === undefined ? types.includes(VENCRYPT) || types.includes(TLS) : undefined,
      securityTypes: offer && types.length > 0 ? named(types, SECURITY_TYPES) : undefined,
      veNCryptTypes: vencrypt ? named(vencrypt.types, VENCRYPT_TYPES) : undefined,
      error: offer?.error,
    });
    return {
      ...productOf(major, minor, types),
      details: found,
      ...(vencrypt?.layer && { startTls: vencrypt.layer }),
    };
  },
});
