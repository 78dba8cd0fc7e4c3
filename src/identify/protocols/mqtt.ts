import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Conversation, Framing } from '../../net/conversation.ts';
import { ByteReader, bytesOf, concatBytes, utf8Text } from '../bytes.ts';
import { clip, receiveWhole } from '../dialogue.ts';
import { defineProtocol, type Identity } from '../plugin.ts';
import { namedProduct, type ProductMark } from '../products.ts';

const KEEP_ALIVE_S = 60;
const MAX_PACKET = 64 * 1024;
/** What brokers publish of themselves is retained and comes at once or never. */
const SYS_MS = 1500;
const MAX_SYS_PACKETS = 8;
/** Where brokers tell their version: Mosquitto and HiveMQ; EMQX. */
const SYS_TOPICS = ['$SYS/broker/version', '$SYS/brokers/+/version', '$SYS/brokers/+/sysdescr'];

const details = z.object({
  protocolVersion: z.enum(['5.0', '3.1.1']).describe('The newer version of the two that it speaks'),
  authRequired: z
    .boolean()
    .optional()
    .describe(
      'False: CONNECT without credentials was accepted; absent when refused for another reason',
    ),
  clearTextLogin: z.boolean().optional().describe('Credentials are asked for outside TLS'),
  reasonCode: z.number().describe('CONNACK return code (3.1.1) or reason code (5.0)'),
  reason: z.string().optional().describe('Reason String of CONNACK (5.0)'),
  serverReference: z.string().optional().describe('Server Reference of CONNACK (5.0)'),
  topicAliasMaximum: z.number().optional().describe('Of CONNACK (5.0)'),
  maximumPacketSize: z.number().optional().describe('Of CONNACK (5.0), bytes'),
  receiveMaximum: z.number().optional().describe('Of CONNACK (5.0)'),
  maximumQos: z.number().optional().describe('Of CONNACK (5.0)'),
  retainAvailable: z.number().optional().describe('Of CONNACK (5.0): 1 yes, 0 no'),
  brokerVersion: z
    .string()
    .optional()
    .describe('What the broker publishes of its version under $SYS'),
});

const PRODUCTS: readonly ProductMark[] = [
  { pattern: /^mosquitto version (\d[\w.]*)/, product: 'Mosquitto', cpe: ['eclipse', 'mosquitto'] },
  { pattern: /^HiveMQ[^\d]{0,20}(\d[\w.]*)?/i, product: 'HiveMQ' },
  { pattern: /^EMQX?\b[^\d]{0,20}(\d[\w.]*)?/i, product: 'EMQX', cpe: ['emqx', 'emqx'] },
  { pattern: /^NanoMQ[^\d]{0,20}(\d[\w.]*)?/i, product: 'NanoMQ', cpe: ['emqx', 'nanomq'] },
];

type Level = 4 | 5;
const TYPE = { connack: 2, publish: 3 } as const;

function mqttString(text: string): Uint8Array {
  const bytes = bytesOf(text);
  return concatBytes(Uint8Array.of(bytes.length >> 8, bytes.length & 0xff), bytes);
}

/** A packet of less than 16,384 bytes: header, remaining length (§2.1.4 / §2.2.3), body. */
function packet(header: number, body: Uint8Array): Uint8Array {
  const low = body.length & 0x7f;
  const length = body.length < 128 ? [low] : [low | 0x80, body.length >> 7];
  return concatBytes(Uint8Array.of(header, ...length), body);
}

function connectPacket(level: Level): Uint8Array {
  const cleanSession = 0x02;
  const noProperties = level === 5 ? Uint8Array.of(0) : new Uint8Array(0);
  const clientId = `postern-${randomBytes(4).toString('hex')}`;
  return packet(
    0x10,
    concatBytes(
      mqttString('MQTT'),
      Uint8Array.of(level, cleanSession, 0, KEEP_ALIVE_S),
      noProperties,
      mqttString(clientId),
    ),
  );
}

function subscribePacket(level: Level): Uint8Array {
  const topics = SYS_TOPICS.map((topic) => concatBytes(mqttString(topic), Uint8Array.of(0)));
  const head = level === 5 ? Uint8Array.of(0, 1, 0) : Uint8Array.of(0, 1);
  return packet(0x82, concatBytes(head, ...topics));
}

/** Variable byte integer (§1.5.5): at most four bytes. */
function readVarint(reader: ByteReader): number | undefined {
  let value = 0;
  for (let index = 0; index < 4; index += 1) {
    const byte = reader.u8();
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 128 ** index;
    if ((byte & 0x80) === 0) return value;
  }
  reader.short = true;
  return undefined;
}

const packetFrame: Framing = (buffered) => {
  const reader = new ByteReader(buffered, 1);
  const length = readVarint(reader);
  if (length === undefined) return buffered.length >= 5 ? buffered.length : null;
  if (length > MAX_PACKET) return buffered.length;
  return buffered.length >= reader.offset + length ? reader.offset + length : null;
};

/** CONNACK properties that are kept, by identifier (MQTT 5.0 §3.2.2.3), and how to read them. */
const PROPERTIES: Readonly<
  Record<number, readonly [name: string | null, kind: 1 | 2 | 4 | 'text' | 'pair']>
> = {
  17: [null, 4],
  18: [null, 'text'],
  19: [null, 2],
  21: [null, 'text'],
  22: [null, 'text'],
  26: [null, 'text'],
  28: ['serverReference', 'text'],
  31: ['reason', 'text'],
  33: ['receiveMaximum', 2],
  34: ['topicAliasMaximum', 2],
  36: ['maximumQos', 1],
  37: ['retainAvailable', 1],
  38: [null, 'pair'],
  39: ['maximumPacketSize', 4],
  40: [null, 1],
  41: [null, 1],
  42: [null, 1],
};

function readText(reader: ByteReader): string {
  return utf8Text(reader.take(reader.u16() ?? -1) ?? new Uint8Array(0));
}

function readValue(
  reader: ByteReader,
  kind: 1 | 2 | 4 | 'text' | 'pair',
): string | number | undefined {
  if (kind === 1) return reader.u8();
  if (kind === 2) return reader.u16();
  if (kind === 4) return reader.u32();
  const text = readText(reader);
  return kind === 'text' ? clip(text) : text + readText(reader);
}

function readProperties(reader: ByteReader): Record<string, string | number> {
  const end = (readVarint(reader) ?? 0) + reader.offset;
  const found: [string, string | number][] = [];
  while (reader.offset < end && !reader.short) {
    const property = PROPERTIES[reader.u8() ?? 0];
    if (property === undefined) break;
    const value = readValue(reader, property[1]);
    if (property[0] !== null && value !== undefined) found.push([property[0], value]);
  }
  return Object.fromEntries(found);
}

export interface Connack {
  readonly code: number;
  readonly properties: Readonly<Record<string, string | number>>;
}

/** Reads a whole CONNACK of 3.1.1 (§3.2) or 5.0 (§3.2); null when the packet is another. */
export function readConnack(bytes: Uint8Array): Connack | null {
  const reader = new ByteReader(bytes);
  if (reader.u8() !== TYPE.connack << 4) return null;
  const length = readVarint(reader);
  const flags = reader.u8();
  const code = reader.u8();
  if (length === undefined || flags === undefined || code === undefined || flags > 1) return null;
  if (length < 2 || bytes.length !== reader.offset - 2 + length) return null;
  return { code, properties: length > 2 ? readProperties(reader) : {} };
}

/** Topic and payload of a QoS 0 PUBLISH; null when the packet is another. */
export function readPublish(
  bytes: Uint8Array,
  level: Level = 4,
): { topic: string; payload: string } | null {
  const reader = new ByteReader(bytes);
  const header = reader.u8() ?? 0;
  const length = readVarint(reader);
  if (header >> 4 !== TYPE.publish || length === undefined || (header & 6) !== 0) return null;
  const topic = readText(reader);
  if (level === 5) reader.skip(readVarint(reader) ?? 0);
  const payload = reader.take(reader.remaining);
  return reader.short || payload === undefined
    ? null
    : { topic: clip(topic), payload: clip(utf8Text(payload)) };
}

async function brokerVersion(talk: Conversation, level: Level): Promise<string | undefined> {
  talk.send(subscribePacket(level));
  const said: string[] = [];
  for (let index = 0; index < MAX_SYS_PACKETS; index += 1) {
    const bytes = await receiveWhole(talk, packetFrame, SYS_MS);
    if (bytes === null) break;
    const published = readPublish(bytes, level);
    if (published === null) continue;
    said.push(published.payload);
    // EMQX says the number and the name in two messages
    if (/[a-z]/i.test(published.payload) && (/\d/.test(published.payload) || said.length > 1))
      break;
  }
  const name = said.find((text) => /^[a-z]/i.test(text));
  const number = said.find((text) => text !== name);
  return name === undefined ? number : [name, number].filter(Boolean).join(' ');
}

/** Return codes and reason codes that mean "not without credentials" (3.1.1 §3.2.2.3, 5.0 §2.4). */
const UNAUTHORISED: ReadonlySet<number> = new Set([4, 5, 0x86, 0x87, 0x8c]);
/** Answers to a CONNECT of 5.0 by a server that speaks only older versions. */
const WRONG_VERSION: ReadonlySet<number> = new Set([1, 0x84]);

function access(talk: Conversation, code: number) {
  if (code === 0) return { authRequired: false, clearTextLogin: false };
  if (!UNAUTHORISED.has(code)) return {};
  return { authRequired: true, clearTextLogin: talk.tls === undefined };
}

async function described(talk: Conversation, level: Level, { code, properties }: Connack) {
  const version = code === 0 ? await brokerVersion(talk, level) : undefined;
  if (code === 0) talk.send(Uint8Array.of(0xe0, 0));
  return {
    ...namedProduct(version ?? '', PRODUCTS),
    details: {
      protocolVersion: level === 5 ? ('5.0' as const) : ('3.1.1' as const),
      ...access(talk, code),
      reasonCode: code,
      ...properties,
      ...(version === undefined ? {} : { brokerVersion: version }),
    },
  };
}

async function connect(talk: Conversation, level: Level): Promise<Connack | 'silent' | null> {
  talk.send(connectPacket(level));
  const { bytes, end } = await talk.receive(packetFrame);
  if (end === 'complete') return readConnack(bytes);
  return bytes.length === 0 && (end === 'closed' || end === 'reset') ? 'silent' : null;
}

/** 5.0 first; a server that refuses that version, or hangs up on it, is asked with 3.1.1. */
async function identify(talk: Conversation): Promise<Identity<z.infer<typeof details>> | null> {
  const newer = await connect(talk, 5);
  if (newer === null) return null;
  if (newer !== 'silent' && !WRONG_VERSION.has(newer.code)) return described(talk, 5, newer);
  const again = await talk.fresh();
  const older = again === null ? null : await connect(again, 4);
  if (again === null || older === null || older === 'silent') return null;
  return described(again, 4, older);
}

/**
 * MQTT 5.0 and 3.1.1 (OASIS). We connect without credentials, with a client id of our own and a
 * clean session, subscribe to what the broker says of itself, and disconnect; nothing is published.
 */
export const mqtt = defineProtocol({
  name: 'mqtt',
  title: 'MQTT',
  transport: 'tcp',
  over: 'tcp',
  ports: [1883, 8883, 1884],
  tlsPorts: [8883, 8884],
  manners: 'ask',
  details,
  identify,
});
