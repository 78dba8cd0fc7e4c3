import { z } from 'zod';
import type { Conversation } from '../../net/conversation.ts';
import { latin1Text, utf8Text } from '../bytes.ts';
import { cpe23 } from '../cpe.ts';
import { clip, headText, receiveWhole } from '../dialogue.ts';
import { defineProtocol, type Identity } from '../plugin.ts';
import type { NamedProduct } from '../products.ts';

/** INFO sections are a few kilobytes; what announces more is not read. */
const MAX_BULK = 128 * 1024;
const MAX_LINE = 4096;

const details = z.object({
  authRequired: z
    .boolean()
    .optional()
    .describe('False: INFO was answered without a password; absent in protected mode'),
  clearTextLogin: z.boolean().optional().describe('A password is asked for outside TLS'),
  protectedMode: z
    .boolean()
    .optional()
    .describe('True: refuses everybody who is not on the loopback (protected-mode)'),
  mode: z.string().optional().describe('redis_mode of INFO: standalone, cluster or sentinel'),
  role: z.string().optional().describe('role of INFO: master or slave'),
  os: z.string().optional().describe('os of INFO'),
  compatibleVersion: z
    .string()
    .optional()
    .describe('redis_version of INFO where the product is not Redis itself'),
  error: z.string().optional().describe('First error the server answered with'),
});

/** One RESP2 reply (redis.io/docs/reference/protocol-spec) as text. */
export interface RespReply {
  readonly kind: 'simple' | 'error' | 'bulk';
  readonly text: string;
}

function lineEnd(bytes: Uint8Array): number {
  const at = bytes.indexOf(0x0a);
  return at > 0 && bytes[at - 1] === 0x0d ? at - 1 : -1;
}

/** Bytes of the bulk string announced in the first line, or null when that is none. */
function bulkLength(bytes: Uint8Array, end: number): number | null {
  const digits = latin1Text(bytes.subarray(1, Math.min(end, 12)));
  const length = /^\d{1,9}$/.test(digits) ? Number(digits) : Number.NaN;
  return length <= MAX_BULK ? length : null;
}

/** Frames one simple string, error or bulk string; anything else is claimed as it stands. */
function respFrame(buffered: Uint8Array): number | null {
  const type = String.fromCharCode(buffered[0] ?? 0);
  if (!'+-$'.includes(type)) return buffered.length;
  const end = lineEnd(buffered);
  if (end < 0) return buffered.length > MAX_LINE ? buffered.length : null;
  if (type !== '$') return end + 2;
  const length = bulkLength(buffered, end);
  if (length === null) return buffered.length;
  const whole = end + 2 + length + 2;
  return buffered.length >= whole ? whole : null;
}

/** Reads one whole reply; null when the bytes are none. */
export function readRespReply(bytes: Uint8Array): RespReply | null {
  const end = lineEnd(bytes);
  if (end < 0) return null;
  const line = utf8Text(bytes.subarray(1, end));
  if (bytes[0] === 0x2b) return { kind: 'simple', text: line };
  if (bytes[0] === 0x2d) return { kind: 'error', text: line };
  const length = bytes[0] === 0x24 ? bulkLength(bytes, end) : null;
  if (length === null || bytes.length < end + 2 + length) return null;
  return { kind: 'bulk', text: utf8Text(bytes.subarray(end + 2, end + 2 + length)) };
}

/** Fields of an INFO section: `name:value` lines. */
export function readInfo(bytes: Uint8Array): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of utf8Text(bytes).split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0 && !line.startsWith('#')) {
      fields.set(line.slice(0, colon), clip(line.slice(colon + 1).trimEnd()));
    }
  }
  return fields;
}

function command(...words: readonly string[]): string {
  const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return `*${words.length}\r\n${parts.join('')}`;
}

async function call(talk: Conversation, ...words: readonly string[]): Promise<RespReply | null> {
  talk.send(command(...words));
  const bytes = await receiveWhole(talk, respFrame);
  return bytes === null ? null : readRespReply(bytes);
}

async function info(talk: Conversation, section: string): Promise<ReadonlyMap<string, string>> {
  const reply = await call(talk, 'INFO', section);
  return reply?.kind === 'bulk' ? readInfo(Buffer.from(reply.text)) : new Map();
}

/** Field of INFO that only this product has, its prefix before the number, and its names. */
const RELATIVES = [
  { field: 'valkey_version', product: 'Valkey', cpe: ['lfprojects', 'valkey'] },
  { field: 'dragonfly_version', product: 'Dragonfly', cpe: ['dragonflydb', 'dragonfly'] },
  { field: 'kvrocks_version', product: 'Apache Kvrocks', cpe: ['apache', 'kvrocks'] },
  { field: 'garnet_version', product: 'Garnet', cpe: ['microsoft', 'garnet'] },
  { field: 'pika_version', product: 'Pika', cpe: ['openatom', 'pika'] },
] as const;

function productOf(server: ReadonlyMap<string, string>): NamedProduct {
  for (const { field, product, cpe } of RELATIVES) {
    const version = server.get(field)?.replace(/^(?:df-)?v/, '');
    if (version !== undefined) return { product, version, cpe: cpe23(cpe[0], cpe[1], version) };
  }
  const version = server.get('redis_version');
  if (version === undefined) return {};
  // KeyDB keeps redis_version as its own number; its executable and threads give it away.
  const isKeyDb = server.has('server_threads') || /keydb/i.test(server.get('executable') ?? '');
  if (isKeyDb) return { product: 'KeyDB', version };
  return { product: 'Redis', version, cpe: cpe23('redis', 'redis', version) };
}

const ERROR_WORDS =
  /^(?:NOAUTH|DENIED|NOPERM|LOADING|MASTERDOWN|BUSY|MISCONF|READONLY|WRONGPASS|CLUSTERDOWN) /;
const ERR_WORDS =
  /^ERR (?:unknown command|operation not permitted|max number of clients|Protocol error|wrong number of arguments)/i;

function isRedisError(text: string): boolean {
  return ERROR_WORDS.test(text) || ERR_WORDS.test(text);
}

/** Whether a reply to PING can only come from a server that speaks this protocol. */
function isPong(reply: RespReply): boolean {
  if (reply.kind === 'error') return isRedisError(reply.text);
  return reply.text === 'PONG';
}

function asksForPassword(reply: RespReply): boolean {
  return reply.kind === 'error' && /^NO(?:AUTH|PERM)|^ERR operation not permitted/.test(reply.text);
}

function withoutInfo(talk: Conversation, reply: RespReply): z.infer<typeof details> {
  const error = reply.kind === 'error' ? { error: clip(reply.text) } : {};
  if (/^DENIED .{0,80}protected mode/i.test(reply.text)) return { protectedMode: true, ...error };
  if (!asksForPassword(reply)) return error;
  return { authRequired: true, clearTextLogin: talk.tls === undefined, ...error };
}

async function enriched(talk: Conversation): Promise<Identity<z.infer<typeof details>>> {
  const reply = await call(talk, 'INFO', 'server');
  if (reply?.kind !== 'bulk') return { details: reply === null ? {} : withoutInfo(talk, reply) };
  const server = readInfo(Buffer.from(reply.text));
  const replication = await info(talk, 'replication');
  const named = productOf(server);
  const mode = server.get('redis_mode') ?? server.get('server_mode');
  const role = mode === 'sentinel' ? undefined : replication.get('role');
  const os = server.get('os');
  const compatible = named.product === 'Redis' ? undefined : server.get('redis_version');
  return {
    ...named,
    details: {
      authRequired: false,
      clearTextLogin: false,
      ...(mode === undefined ? {} : { mode }),
      ...(role === undefined ? {} : { role }),
      ...(os === undefined ? {} : { os }),
      ...(compatible === undefined ? {} : { compatibleVersion: compatible }),
    },
  };
}

/** A server in protected mode says so at once and hangs up, without being asked. */
async function identify(talk: Conversation): Promise<Identity<z.infer<typeof details>> | null> {
  const reply = await call(talk, 'PING');
  if (reply === null || !isPong(reply)) return null;
  if (reply.kind === 'error') return { details: withoutInfo(talk, reply) };
  const identity = await enriched(talk);
  talk.send(command('QUIT'));
  return identity;
}

/** Redis, its Sentinel and its relatives (RESP2). We send PING, INFO and QUIT, all read-only. */
export const redis = defineProtocol({
  name: 'redis',
  title: 'Redis',
  transport: 'tcp',
  over: 'tcp',
  ports: [6379, 6380, 26379, 7000, 7001],
  tlsPorts: [6379, 6380, 26379],
  manners: 'ask',
  details,
  recognises: (bytes) => {
    const text = headText(bytes);
    return text.startsWith('+PONG\r\n') || (text.startsWith('-') && isRedisError(text.slice(1)));
  },
  identify,
});
