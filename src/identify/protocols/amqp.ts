import { z } from 'zod';
import { ByteReader, bytesOf, concatBytes, startsWith, utf8Text } from '../bytes.ts';
import { cpe23 } from '../cpe.ts';
import { clip, clipList, receiveWhole } from '../dialogue.ts';
import { hexBytes } from '../encode.ts';
import { defineProtocol } from '../plugin.ts';
import { present } from '../present.ts';

const details = z.object({
  clearTextLogin: z
    .boolean()
    .optional()
    .describe('PLAIN or AMQPLAIN is offered on a connection without TLS'),
  protocolVersion: z
    .string()
    .describe('AMQP version spoken: 0-9, 0-10, 1.0; the one offered where ours was refused'),
  mechanisms: z.array(z.string()).optional().describe('SASL mechanisms of connection.start'),
  platform: z.string().optional().describe('server-properties platform: Erlang/OTP 25.2.3'),
  clusterName: z.string().optional().describe('server-properties cluster_name: names a host'),
  copyright: z.string().optional().describe('copyright of the server properties'),
});
type Details = z.infer<typeof details>;

/** AMQP 0-9-1 §4.2.2: protocol header. */
const HEADER_0_9_1 = concatBytes(bytesOf('AMQP'), hexBytes('00000901'));
const METHOD_FRAME = 1;
const FRAME_END = 0xce;
/** Deepest nesting of field tables read; servers use two levels. */
const MAX_DEPTH = 4;
const MAX_FIELDS = 256;

/** A value of a field table: text, number, boolean, table; null for what is not needed. */
export type FieldValue = string | number | boolean | FieldTable | null;
export type FieldTable = ReadonlyMap<string, FieldValue>;

const WIDTHS: Readonly<Record<string, number>> = {
  b: 1,
  B: 1,
  s: 2,
  u: 2,
  U: 2,
  I: 4,
  i: 4,
  l: 8,
  L: 8,
  f: 4,
  d: 8,
  D: 5,
  T: 8,
  V: 0,
};

/** Reads one field value (AMQP 0-9-1 §4.2.5.5, types as RabbitMQ reads them); undefined: malformed. */
function readValue(reader: ByteReader, depth: number): FieldValue | undefined {
  const type = String.fromCharCode(reader.u8() ?? 0);
  switch (type) {
    case 't':
      return (reader.u8() ?? 0) !== 0;
    case 'S':
      return longText(reader);
    case 'I':
      return reader.i32();
    case 'F':
      return readTable(reader, depth + 1) ?? undefined;
    case 'x':
    case 'A':
      return reader.take(reader.u32() ?? 0) && null;
    default:
      return WIDTHS[type] === undefined ? undefined : reader.take(WIDTHS[type]) && null;
  }
}

function longText(reader: ByteReader): string | undefined {
  const bytes = reader.take(reader.u32() ?? 0);
  return bytes && clip(utf8Text(bytes));
}

function readTable(reader: ByteReader, depth: number): FieldTable | null {
  const body = reader.take(reader.u32() ?? 0);
  if (body === undefined || reader.short || depth > MAX_DEPTH) return null;
  const inner = new ByteReader(body);
  const table = new Map<string, FieldValue>();
  while (inner.remaining > 0 && table.size < MAX_FIELDS) {
    const name = inner.take(inner.u8() ?? 0);
    const value = readValue(inner, depth);
    if (name === undefined || value === undefined) return null;
    table.set(utf8Text(name), value);
  }
  return table;
}

export interface ConnectionStart {
  /** `0-9`. */
  readonly version: string;
  readonly properties: FieldTable;
  readonly mechanisms: readonly string[];
}

/** Reads a connection.start (AMQP 0-9-1 §1.4.2.1) in its frame; null when it is none. */
export function readConnectionStart(bytes: Uint8Array): ConnectionStart | null {
  const frame = new ByteReader(bytes);
  if (frame.u8() !== METHOD_FRAME || frame.u16() !== 0) return null;
  const payload = frame.take(frame.u32() ?? 0);
  if (payload === undefined || frame.u8() !== FRAME_END) return null;
  const reader = new ByteReader(payload);
  if (reader.u32() !== 0x000a_000a) return null; // class connection, method start
  const version = `${reader.u8()}-${reader.u8()}`;
  const properties = readTable(reader, 0);
  if (!properties) return null;
  const mechanisms = longText(reader) ?? '';
  return { version, properties, mechanisms: clipList(mechanisms.split(' ').filter(Boolean)) };
}

/** Reads a protocol header (8 bytes) as a version; AMQP 1.0 §2.2, 0-9-1 §4.2.2. */
export function readProtocolHeader(bytes: Uint8Array): string | null {
  if (!startsWith(bytes, 'AMQP') || bytes.length < 8) return null;
  const [id = 0, major = 0, minor = 0, revision = 0] = bytes.subarray(4);
  if (id === 0 && major === 0) return `0-${minor}${revision === 0 ? '' : `-${revision}`}`;
  // Before 0-9-1 the third octet was 1 and 1, followed by 0-8, 0-9 or 0-10.
  if (id === 1 && major === 1) return `${minor}-${revision}`;
  return major === 1 ? `1.${minor}` : null;
}

/** Frames a protocol header, or a frame of AMQP 0-9-1. */
export function amqpFrame(buffered: Uint8Array): number | null {
  if (startsWith(buffered, 'AMQP')) return buffered.length < 8 ? null : 8;
  const [type] = buffered;
  if (type !== METHOD_FRAME && type !== 0x41) return buffered.length;
  const size = new ByteReader(buffered, 3).u32();
  if (size === undefined) return null;
  if (size > 64 * 1024) return buffered.length;
  return buffered.length >= size + 8 ? size + 8 : null;
}

const CPES: Readonly<Record<string, readonly [string, string]>> = {
  RabbitMQ: ['vmware', 'rabbitmq'],
  qpid: ['apache', 'qpid'],
  LavinMQ: ['cloudamqp', 'lavinmq'],
};

function text(value: FieldValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function productOf(properties: FieldTable) {
  const product = text(properties.get('product'));
  const version = text(properties.get('version'));
  const cpe = product === undefined ? undefined : CPES[product];
  return present({ product, version, cpe: cpe && cpe23(cpe[0], cpe[1], version) });
}

/**
 * Sends the protocol header; a 0-9-1 broker answers with connection.start, which says what it is,
 * any other with the header of the version it speaks. No mechanism is chosen; before that there is
 * no way to say goodbye (RabbitMQ logs a connection.close here as an error).
 */
export const amqp = defineProtocol({
  name: 'amqp',
  title: 'AMQP',
  transport: 'tcp',
  over: 'tcp',
  ports: [5672],
  tlsPorts: [5671],
  manners: 'ask',
  details,

  recognises: (bytes) => readProtocolHeader(bytes) !== null || readConnectionStart(bytes) !== null,

  async identify(talk) {
    talk.send(HEADER_0_9_1);
    const bytes = await receiveWhole(talk, amqpFrame);
    if (!bytes) return null;
    const offered = readProtocolHeader(bytes);
    if (offered !== null) return { details: { protocolVersion: offered } };
    const start = readConnectionStart(bytes);
    if (!start) return null;
    const { properties, mechanisms } = start;
    const plain = mechanisms.some((name) => name === 'PLAIN' || name === 'AMQPLAIN');
    const found: Details = present({
      protocolVersion: start.version,
      clearTextLogin: talk.tls === undefined ? plain : undefined,
      mechanisms: [...mechanisms],
      platform: text(properties.get('platform')),
      clusterName: text(properties.get('cluster_name')),
      copyright: text(properties.get('copyright')),
    });
    return { ...productOf(properties), details: found };
  },
});
