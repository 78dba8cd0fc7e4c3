import {
  createDiffieHellmanGroup,
  createECDH,
  createHash,
  generateKeyPairSync,
  randomBytes,
} from 'node:crypto';
import { ByteReader, bytesOf, concatBytes, latin1Text } from './bytes.ts';

/** Message numbers (RFC 4253 §12, RFC 5656 §7.1). */
export const SSH_MSG = { disconnect: 1, kexInit: 20, kexStart: 30, kexReply: 31 } as const;

/** RFC 4253 §6.1 asks for 35,000; OpenSSH takes 262,144. A host key and lists need far less. */
const MAX_PACKET = 65_536;
/** RFC 4253 §6: before keys are exchanged packets come in blocks of eight bytes. */
const BLOCK = 8;
const MIN_PADDING = 4;
const MAX_NAMES = 256;
const MAX_NAME = 256;

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

function sshString(bytes: Uint8Array | string): Uint8Array {
  const content = typeof bytes === 'string' ? bytesOf(bytes) : bytes;
  return concatBytes(u32(content.length), content);
}

/** A non-negative number as mpint (RFC 4251 §5): a set high bit gets a zero byte before it. */
function mpint(magnitude: Uint8Array): Uint8Array {
  const highBit = ((magnitude[0] ?? 0) & 0x80) !== 0;
  return sshString(highBit ? concatBytes(Uint8Array.of(0), magnitude) : magnitude);
}

/** Frames one unencrypted binary packet (RFC 4253 §6); nonsense lengths claim everything. */
export function sshPacketFrame(buffered: Uint8Array): number | null {
  const length = new ByteReader(buffered).u32();
  if (length === undefined) return null;
  if (length < 2 || length > MAX_PACKET) return buffered.length;
  return buffered.length >= length + 4 ? length + 4 : null;
}

/** Payload of a whole unencrypted packet; null when its lengths do not fit together. */
export function readSshPacket(bytes: Uint8Array): Uint8Array | null {
  const reader = new ByteReader(bytes);
  const length = reader.u32();
  const padding = reader.u8();
  if (length === undefined || padding === undefined) return null;
  if (length > bytes.length - 4 || length - 1 - padding < 1) return null;
  return reader.take(length - 1 - padding) ?? null;
}

/** An unencrypted packet around `payload`. */
export function sshPacket(payload: Uint8Array): Uint8Array {
  const unpadded = 4 + 1 + payload.length;
  const padding = MIN_PADDING + ((BLOCK - ((unpadded + MIN_PADDING) % BLOCK)) % BLOCK);
  return concatBytes(
    u32(1 + payload.length + padding),
    Uint8Array.of(padding),
    payload,
    new Uint8Array(padding),
  );
}

/** The lists of SSH_MSG_KEXINIT that say something about the server (RFC 4253 §7.1), its order. */
export interface KexInit {
  readonly kexAlgorithms: readonly string[];
  readonly hostKeyAlgorithms: readonly string[];
  readonly ciphers: readonly string[];
  readonly macs: readonly string[];
  readonly compression: readonly string[];
}

function readNameList(reader: ByteReader): string[] | undefined {
  const bytes = reader.take(reader.u32() ?? -1);
  if (bytes === undefined) return undefined;
  const names = latin1Text(bytes).split(',', MAX_NAMES);
  return names.filter((name) => name !== '').map((name) => name.slice(0, MAX_NAME));
}

/** Names of both directions, each once: servers give the same lists but need not. */
function union(one: readonly string[], other: readonly string[]): string[] {
  return [...new Set([...one, ...other])].slice(0, MAX_NAMES);
}

/** Reads the payload of SSH_MSG_KEXINIT; null when it is none. */
export function readKexInit(payload: Uint8Array): KexInit | null {
  const reader = new ByteReader(payload);
  if (reader.u8() !== SSH_MSG.kexInit) return null;
  reader.skip(16);
  const lists: string[][] = [];
  for (let index = 0; index < 10; index += 1) {
    const names = readNameList(reader);
    if (names === undefined) return null;
    lists.push(names);
  }
  const [kex = [], hostKey = [], cipherIn = [], cipherOut = [], macIn = [], macOut = []] = lists;
  return {
    kexAlgorithms: kex,
    hostKeyAlgorithms: hostKey,
    ciphers: union(cipherIn, cipherOut),
    macs: union(macIn, macOut),
    compression: union(lists[6] ?? [], lists[7] ?? []),
  };
}

/** One half of a key agreement: what we send, as the body of SSH_MSG_KEX(DH|_ECDH)_INIT. */
type PublicValue = () => Uint8Array;

function x25519Public(): Uint8Array {
  const { publicKey } = generateKeyPairSync('x25519');
  const { x = '' } = publicKey.export({ format: 'jwk' });
  return sshString(Buffer.from(x, 'base64url'));
}

const onCurve = (curve: string): PublicValue => {
  return () => sshString(createECDH(curve).generateKeys());
};
const inGroup = (group: string): PublicValue => {
  return () => mpint(createDiffieHellmanGroup(group).generateKeys());
};

/** Agreements that node:crypto can begin, cheapest first (RFC 8731, 5656, 8268, 4253 §8). */
const AGREEMENTS: ReadonlyMap<string, PublicValue> = new Map([
  ['curve25519-sha256', x25519Public],
  ['curve25519-sha256@libssh.org', x25519Public],
  ['ecdh-sha2-nistp256', onCurve('prime256v1')],
  ['ecdh-sha2-nistp384', onCurve('secp384r1')],
  ['ecdh-sha2-nistp521', onCurve('secp521r1')],
  ['diffie-hellman-group14-sha256', inGroup('modp14')],
  ['diffie-hellman-group14-sha1', inGroup('modp14')],
  ['diffie-hellman-group16-sha512', inGroup('modp16')],
]);

/** Host keys asked for, in the order that OpenSSH's client prefers them. */
const HOST_KEYS = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
  'ssh-rsa',
  'ssh-dss',
];

/** Our side of a key exchange that goes exactly as far as the server's host key. */
export interface KexStart {
  /** Payload of our SSH_MSG_KEXINIT. */
  readonly init: Uint8Array;
  /** Payload of SSH_MSG_KEXDH_INIT or SSH_MSG_KEX_ECDH_INIT. */
  readonly start: Uint8Array;
}

/** Begins an exchange with a server's lists; null when it has no agreement or key that we know. */
export function startKeyExchange(server: KexInit): KexStart | null {
  const agreement = [...AGREEMENTS.keys()].find((name) => server.kexAlgorithms.includes(name));
  const hostKey = HOST_KEYS.find((name) => server.hostKeyAlgorithms.includes(name));
  const publicValue = AGREEMENTS.get(agreement ?? '');
  if (!agreement || !hostKey || !publicValue) return null;
  const both = (names: readonly string[]): string[] => [names.join(','), names.join(',')];
  const lists = [
    ...[agreement, hostKey],
    ...[...both(server.ciphers), ...both(server.macs), ...both(server.compression)],
    ...['', ''],
  ];
  return {
    init: concatBytes(
      Uint8Array.of(SSH_MSG.kexInit),
      randomBytes(16),
      ...lists.map(sshString),
      new Uint8Array(5),
    ),
    start: concatBytes(Uint8Array.of(SSH_MSG.kexStart), publicValue()),
  };
}

/** Payload of SSH_MSG_DISCONNECT "by application" (RFC 4253 §11.1). */
export function sshDisconnect(description: string): Uint8Array {
  const byApplication = u32(11);
  return concatBytes(
    Uint8Array.of(SSH_MSG.disconnect),
    byApplication,
    sshString(description),
    sshString(''),
  );
}

/** A server's host key. Nothing is verified: the exchange ends before its signature matters. */
export interface HostKey {
  /** Key type as in the blob: `ssh-ed25519`, `ssh-rsa`. */
  readonly type: string;
  readonly bits?: number;
  /** `SHA256:` and the unpadded base64 of the blob's hash, as OpenSSH shows it. */
  readonly fingerprint: string;
}

const FIXED_BITS: Readonly<Record<string, number>> = {
  'ssh-ed25519': 256,
  'ssh-ed448': 448,
  'ecdsa-sha2-nistp256': 256,
  'ecdsa-sha2-nistp384': 384,
  'ecdsa-sha2-nistp521': 521,
};

function bitLength(magnitude: Uint8Array): number {
  const first = magnitude.findIndex((byte) => byte !== 0);
  if (first < 0) return 0;
  const leading = 32 - Math.clz32(magnitude[first] ?? 0);
  return leading + (magnitude.length - first - 1) * 8;
}

function keyBits(type: string, reader: ByteReader): number | undefined {
  const fixed = FIXED_BITS[type];
  if (fixed !== undefined) return fixed;
  if (type !== 'ssh-rsa' && type !== 'ssh-dss') return undefined;
  if (type === 'ssh-rsa') reader.take(reader.u32() ?? -1); // e comes before n
  const magnitude = reader.take(reader.u32() ?? -1);
  return magnitude === undefined ? undefined : bitLength(magnitude);
}

/** Reads a public key blob (RFC 4253 §6.6, 5656 §3.1, 8709 §4). */
export function readHostKey(blob: Uint8Array): HostKey | null {
  const reader = new ByteReader(blob);
  const name = reader.take(reader.u32() ?? -1);
  if (name === undefined || name.length === 0 || name.length > MAX_NAME) return null;
  const type = latin1Text(name);
  const bits = keyBits(type, reader);
  const hash = createHash('sha256').update(blob).digest('base64').replace(/=+$/, '');
  return { type, ...(bits === undefined ? {} : { bits }), fingerprint: `SHA256:${hash}` };
}

/** The host key in the payload of a key exchange reply; null when it is another message. */
export function readKexReply(payload: Uint8Array): HostKey | null {
  const reader = new ByteReader(payload);
  if (reader.u8() !== SSH_MSG.kexReply) return null;
  const blob = reader.take(reader.u32() ?? -1);
  return blob === undefined ? null : readHostKey(blob);
}
