import { z } from 'zod';
import type { Conversation, Framing } from '../../net/conversation.ts';
import { ByteReader, latin1Text, lineFrame } from '../bytes.ts';
import { clip, headText, receiveWhole } from '../dialogue.ts';
import { memcachedProduct, readMemcachedVersion, readStats } from '../memcached-text.ts';
import { defineProtocol, type Identity } from '../plugin.ts';

const MAX_STATS = 64 * 1024;

const details = z.object({
  authRequired: z.boolean().optional().describe('False: `stats` was answered without a login'),
  clearTextLogin: z.boolean().optional().describe('A login is asked for outside TLS'),
  protocolVariant: z
    .enum(['text', 'binary'])
    .describe('Which protocol it answered: with SASL on, older releases take only the binary one'),
  libevent: z.string().optional().describe('Version of libevent (stats)'),
  pointerSize: z.number().optional().describe('Bits of a pointer on the server (stats)'),
  threads: z.number().optional().describe('Worker threads (stats)'),
  memoryLimit: z.number().optional().describe('limit_maxbytes in bytes (stats)'),
  items: z.number().optional().describe('curr_items: items held when looked at (stats)'),
});

type Details = z.infer<typeof details>;

/** Frames `STAT` lines up to `END`, or one line that is no `STAT`. */
const statsFrame: Framing = (buffered) => {
  if (headText(buffered.subarray(0, 5)) !== 'STAT ') return lineFrame(buffered);
  const end = Buffer.from(buffered).indexOf('\r\nEND\r\n');
  if (end >= 0) return end + 7;
  return buffered.length > MAX_STATS ? buffered.length : null;
};

function numbers(stats: ReadonlyMap<string, string>, names: Readonly<Record<string, string>>) {
  const found: [string, number][] = [];
  for (const [field, name] of Object.entries(names)) {
    const value = stats.get(name);
    if (value !== undefined && /^\d{1,15}$/.test(value)) found.push([field, Number(value)]);
  }
  return Object.fromEntries(found);
}

function statsDetails(stats: ReadonlyMap<string, string>): Partial<Details> {
  const libevent = stats.get('libevent');
  return {
    ...(libevent === undefined ? {} : { libevent: clip(libevent) }),
    ...numbers(stats, {
      pointerSize: 'pointer_size',
      threads: 'threads',
      memoryLimit: 'limit_maxbytes',
      items: 'curr_items',
    }),
  };
}

function locked(talk: Conversation, protocolVariant: 'text' | 'binary', version?: string) {
  const clearTextLogin = talk.tls === undefined;
  return {
    ...memcachedProduct(version),
    details: { authRequired: true, clearTextLogin, protocolVariant },
  };
}

async function openText(talk: Conversation, version: string): Promise<Identity<Details>> {
  talk.send('stats\r\n');
  const bytes = await receiveWhole(talk, statsFrame);
  const stats = readStats(bytes ?? new Uint8Array(0));
  talk.send('quit\r\n');
  const open = stats.size === 0 ? {} : { authRequired: false, clearTextLogin: false };
  return {
    ...memcachedProduct(version),
    details: { ...open, protocolVariant: 'text', ...statsDetails(stats) },
  };
}

/** A binary response (memcached's BinaryProtocolRevamped page): its opcode, status and value. */
export interface BinaryReply {
  readonly opcode: number;
  readonly status: number;
  readonly value: Uint8Array;
}

const RESPONSE_MAGIC = 0x81;
const HEADER = 24;
const OPCODE = { stat: 0x10, version: 0x0b } as const;
const STATUS_AUTH_REQUIRED = 0x20;

function binaryRequest(opcode: number): Uint8Array {
  const bytes = new Uint8Array(HEADER);
  bytes.set([0x80, opcode]);
  return bytes;
}

const binaryFrame: Framing = (buffered) => {
  if (buffered[0] !== RESPONSE_MAGIC) return buffered.length;
  if (buffered.length < HEADER) return null;
  const body = new ByteReader(buffered, 8).u32() ?? 0;
  if (body > MAX_STATS) return buffered.length;
  return buffered.length >= HEADER + body ? HEADER + body : null;
};

/** Reads a whole binary response; null when it is none. */
export function readBinaryReply(bytes: Uint8Array): BinaryReply | null {
  const reader = new ByteReader(bytes);
  const [magic, opcode] = [reader.u8(), reader.u8()];
  const keyLength = reader.u16();
  const extraLength = reader.u8();
  reader.skip(1);
  const status = reader.u16();
  const body = reader.u32();
  if (magic !== RESPONSE_MAGIC || opcode === undefined || status === undefined) return null;
  const before = (keyLength ?? 0) + (extraLength ?? 0);
  reader.offset = HEADER + before;
  const value = reader.take((body ?? 0) - before);
  return value === undefined ? null : { opcode, status, value };
}

/** A second is enough: this is asked of every port that keeps silent. */
const BINARY_MS = 1000;

async function callBinary(talk: Conversation, opcode: number): Promise<BinaryReply | null> {
  talk.send(binaryRequest(opcode));
  const bytes = await receiveWhole(talk, binaryFrame, BINARY_MS);
  const reply = bytes === null ? null : readBinaryReply(bytes);
  return reply?.opcode === opcode ? reply : null;
}

async function identifyBinary(talk: Conversation): Promise<Identity<Details> | null> {
  const reply = await callBinary(talk, OPCODE.version);
  const version = reply?.status === 0 ? latin1Text(reply.value) : '';
  if (!/^\d[\w.+-]{0,63}$/.test(version)) return null;
  const stat = await callBinary(talk, OPCODE.stat);
  if (stat?.status === STATUS_AUTH_REQUIRED) return locked(talk, 'binary', version);
  const open = stat?.status === 0 ? { authRequired: false, clearTextLogin: false } : {};
  return { ...memcachedProduct(version), details: { ...open, protocolVariant: 'binary' } };
}

async function identify(talk: Conversation): Promise<Identity<Details> | null> {
  talk.send('version\r\n');
  const { bytes, end } = await talk.receive(lineFrame);
  const version = readMemcachedVersion(bytes);
  if (version !== null) return openText(talk, version);
  if (headText(bytes).startsWith('CLIENT_ERROR unauthenticated')) return locked(talk, 'text');
  // with SASL on, a server takes text for the beginning of a binary header and keeps waiting
  if (bytes.length > 0 || end === 'budget' || end === 'cancelled') return null;
  const binary = await talk.fresh();
  return binary === null ? null : identifyBinary(binary);
}

/** memcached, text and binary protocol. We send `version`, `stats` and `quit`, all read-only. */
export const memcached = defineProtocol({
  name: 'memcached',
  title: 'memcached',
  transport: 'tcp',
  over: 'tcp',
  ports: [11211],
  tlsPorts: [11211],
  manners: 'ask',
  details,
  recognises: (bytes) => /^(?:ERROR\r\n|CLIENT_ERROR |VERSION \d)/.test(headText(bytes)),
  identify,
});
