import { z } from 'zod';
import type { Conversation } from '../../net/conversation.ts';
import { ByteReader, bytesOf, concatBytes, utf8Text } from '../bytes.ts';
import { cpe23 } from '../cpe.ts';
import { clip, clipList, receiveWhole } from '../dialogue.ts';
import { hexBytes, u16be, u32be } from '../encode.ts';
import { lengthFrame } from '../length-frame.ts';
import { defineProtocol } from '../plugin.ts';
import { present } from '../present.ts';

const details = z.object({
  authRequired: z
    .boolean()
    .optional()
    .describe('False: metadata of the cluster was answered without SASL; true: it wants SASL'),
  clearTextLogin: z
    .boolean()
    .optional()
    .describe('SASL PLAIN is enabled on a connection without TLS'),
  clusterId: z.string().optional().describe('cluster_id of the metadata'),
  brokers: z.array(z.string()).optional().describe('Advertised brokers, host:port'),
  controller: z.number().optional().describe('Node id of the controller'),
  saslMechanisms: z.array(z.string()).optional().describe('Mechanisms enabled on this listener'),
  apiKeys: z.number().optional().describe('How many APIs the broker lists'),
});
type Details = z.infer<typeof details>;

const API_VERSIONS = 18;
const METADATA = 3;
const SASL_HANDSHAKE = 17;
const UNSUPPORTED_VERSION = 35;
const MAX_APIS = 256;
const MAX_BROKERS = 256;

const messageFrame = lengthFrame({ at: 0, size: 4, extra: 4 });

function text(value: string): Uint8Array {
  return concatBytes(u16be(value.length), bytesOf(value));
}

/** Request header v1 (Kafka protocol guide, "Request and Response Headers"). */
function request(api: number, version: number, body: Uint8Array): Uint8Array {
  const head = concatBytes(u16be(api), u16be(version), u32be(api), text('postern'));
  return concatBytes(u32be(head.length + body.length), head, body);
}

/** The body of a response, when it answers the request with this API key as correlation id. */
function bodyOf(bytes: Uint8Array, api: number): ByteReader | null {
  const reader = new ByteReader(bytes);
  const length = reader.u32() ?? 0;
  return length + 4 === bytes.length && reader.u32() === api ? reader : null;
}

export interface ApiRange {
  readonly min: number;
  readonly max: number;
}

/** Reads an ApiVersions response version 0: error, then (key, min, max). Null when it is none. */
export function readApiVersions(bytes: Uint8Array): ReadonlyMap<number, ApiRange> | null {
  const reader = bodyOf(bytes, API_VERSIONS);
  const error = reader?.u16();
  const count = reader?.u32();
  if (!reader || count === undefined || (error !== 0 && error !== UNSUPPORTED_VERSION)) return null;
  // The list is all there is.
  if (count > MAX_APIS || count === 0 || reader.remaining !== count * 6) return null;
  const apis = new Map<number, ApiRange>();
  for (let index = 0; index < count; index += 1) {
    const key = reader.u16() ?? 0;
    apis.set(key, { min: reader.u16() ?? 0, max: reader.u16() ?? 0 });
  }
  return apis;
}

function readText(reader: ByteReader): string | undefined {
  const length = reader.u16() ?? 0;
  if (length === 0xffff) return undefined;
  const bytes = reader.take(length);
  return bytes && clip(utf8Text(bytes));
}

export interface ClusterMetadata {
  readonly clusterId?: string;
  readonly brokers: readonly string[];
  readonly controller?: number;
}

/** Reads a Metadata response version 2 to 8 as far as the controller; null when it is none. */
export function readMetadata(bytes: Uint8Array, version = 2): ClusterMetadata | null {
  const reader = bodyOf(bytes, METADATA);
  if (!reader) return null;
  if (version >= 3) reader.skip(4); // throttle time
  const count = reader.u32() ?? 0;
  const brokers: string[] = [];
  for (let index = 0; index < Math.min(count, MAX_BROKERS) && !reader.short; index += 1) {
    reader.skip(4); // node id
    brokers.push(`${readText(reader) ?? ''}:${reader.u32() ?? 0}`);
    readText(reader); // rack
  }
  const clusterId = readText(reader);
  const controller = reader.i32();
  return reader.short || count > MAX_BROKERS ? null : present({ clusterId, brokers, controller });
}

/** Reads the mechanisms of a SaslHandshake response, which lists them also when it refuses ours. */
export function readSaslMechanisms(bytes: Uint8Array): string[] | null {
  const reader = bodyOf(bytes, SASL_HANDSHAKE);
  if (!reader) return null;
  reader.skip(2); // error code: 33 unsupported mechanism, 34 SASL is not in use here
  const count = Math.min(reader.u32() ?? 0, 32);
  const names = Array.from({ length: count }, () => readText(reader));
  return reader.short ? null : clipList(names.filter((name) => name !== undefined));
}

async function askApis(talk: Conversation): Promise<ReadonlyMap<number, ApiRange> | null> {
  talk.send(request(API_VERSIONS, 0, new Uint8Array(0)));
  const bytes = await receiveWhole(talk, messageFrame);
  return bytes && readApiVersions(bytes);
}

type Access = Partial<Details>;

/** Metadata of no topic at all: who the brokers are. A listener with SASL hangs up on it. */
async function askMetadata(
  talk: Conversation,
  range: ApiRange | undefined,
): Promise<Access | 'refused'> {
  const version = Math.min(range?.max ?? 0, 8);
  if (version < Math.max(2, range?.min ?? 0)) return {};
  const flags = version >= 8 ? 3 : version >= 4 ? 1 : 0;
  talk.send(request(METADATA, version, concatBytes(hexBytes('00000000'), new Uint8Array(flags))));
  const { bytes, end } = await talk.receive(messageFrame);
  const metadata = end === 'complete' ? readMetadata(bytes, version) : null;
  if (metadata) {
    return present({
      authRequired: false,
      clusterId: metadata.clusterId,
      brokers: [...metadata.brokers],
      controller: metadata.controller,
    });
  }
  return end === 'closed' || end === 'reset' ? 'refused' : {};
}

/** Names a mechanism that does not exist: the refusal lists those that do. Nothing is authenticated. */
async function askSasl(talk: Conversation | null): Promise<Access> {
  talk?.send(request(SASL_HANDSHAKE, 0, text('POSTERN')));
  const bytes = talk && (await receiveWhole(talk, messageFrame));
  const saslMechanisms = bytes && readSaslMechanisms(bytes);
  if (!talk || !saslMechanisms || saslMechanisms.length === 0) return {};
  const plain = saslMechanisms.includes('PLAIN');
  const clearTextLogin = talk.tls === undefined ? plain : undefined;
  return present({ authRequired: true, clearTextLogin, saslMechanisms });
}

/** A cluster id of Kafka's own is a UUID in 22 base64 characters; Redpanda's begins with its name. */
function productOf(clusterId = '') {
  if (clusterId.startsWith('redpanda.')) return { product: 'Redpanda' };
  if (!/^[\w-]{22}$/.test(clusterId)) return {};
  return { product: 'Apache Kafka', cpe: cpe23('apache', 'kafka') };
}

/** ApiVersions, which brokers answer before any login, then Metadata to see whether they want one. */
export const kafka = defineProtocol({
  name: 'kafka',
  title: 'Apache Kafka',
  transport: 'tcp',
  over: 'tcp',
  ports: [9092, 9093, 9094, 19092, 29092],
  manners: 'ask',
  details,

  async identify(talk) {
    const apis = await askApis(talk);
    if (!apis) return null;
    const answered = await askMetadata(talk, apis.get(METADATA));
    const access = answered === 'refused' ? await askSasl(await talk.fresh()) : answered;
    return { ...productOf(access.clusterId), details: { ...access, apiKeys: apis.size } };
  },
});
