import { z } from 'zod';
import type { Conversation } from '../../net/conversation.ts';
import { ByteReader, bytesOf, concatBytes, utf8Text } from '../bytes.ts';
import { cpe23 } from '../cpe.ts';
import { clip, clipList, receiveWhole } from '../dialogue.ts';
import { hexBytes, u16be, u32be } from '../encode.ts';
import { defineProtocol } from '../plugin.ts';
import { present } from '../present.ts';

const details = z.object({
  authRequired: z.boolean().optional().describe('STARTUP answered AUTHENTICATE (true) or READY'),
  clearTextLogin: z
    .boolean()
    .optional()
    .describe('It wants a password on a connection without TLS'),
  authenticator: z.string().optional().describe('Authenticator class of AUTHENTICATE'),
  cqlVersions: z.array(z.string()).optional().describe('CQL_VERSION of SUPPORTED'),
  protocolVersions: z.array(z.string()).optional().describe('PROTOCOL_VERSIONS of SUPPORTED'),
  compression: z.array(z.string()).optional().describe('COMPRESSION of SUPPORTED'),
  error: z.string().optional().describe('ERROR message of the server'),
});
type Details = z.infer<typeof details>;

const OPCODE = {
  error: 0,
  startup: 1,
  ready: 2,
  authenticate: 3,
  options: 5,
  supported: 6,
  query: 7,
  result: 8,
};
const PROTOCOL_ERROR = 0x000a;
const ROWS = 2;
const NEWEST = 4;
const MAX_BODY = 64 * 1024;
const MAX_ENTRIES = 64;

export interface CqlFrame {
  readonly version: number;
  readonly opcode: number;
  readonly body: Uint8Array;
}

/** native_protocol_v4.spec §2; before version 3 the stream id had one byte. */
function headerLength(first: number): number {
  return (first & 0x7f) >= 3 ? 9 : 8;
}

function cqlFrame(buffered: Uint8Array): number | null {
  const header = headerLength(buffered[0] ?? 0);
  const length = new ByteReader(buffered, header - 4).u32();
  if (length === undefined) return null;
  if (length > MAX_BODY || !isResponse(buffered[0])) return buffered.length;
  return buffered.length >= header + length ? header + length : null;
}

function isResponse(first: number | undefined): boolean {
  return first !== undefined && first > 0x80 && first <= 0x86;
}

/** Reads one response frame; null when it is none or not whole. */
export function readCqlFrame(bytes: Uint8Array): CqlFrame | null {
  const [first = 0] = bytes;
  if (!isResponse(first)) return null;
  const header = headerLength(first);
  const opcode = bytes[header - 5];
  const reader = new ByteReader(bytes, header - 4);
  const length = reader.u32() ?? 0;
  const body = reader.take(length);
  if (opcode === undefined || opcode > 0x10 || body === undefined || reader.short) return null;
  return { version: first & 0x7f, opcode, body };
}

function request(version: number, opcode: number, body: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(version, 0, 0, 0, opcode), u32be(body.length), body);
}

function text(value: string): Uint8Array {
  const bytes = bytesOf(value);
  return concatBytes(u16be(bytes.length), bytes);
}

function readText(reader: ByteReader): string | undefined {
  const bytes = reader.take(reader.u16() ?? 0);
  return bytes && clip(utf8Text(bytes));
}

/** Reads the string multimap of a SUPPORTED body (§4.2.4); null when malformed. */
export function readSupported(body: Uint8Array): ReadonlyMap<string, readonly string[]> | null {
  const reader = new ByteReader(body);
  const count = reader.u16() ?? 0;
  const options = new Map<string, readonly string[]>();
  for (let index = 0; index < Math.min(count, MAX_ENTRIES); index += 1) {
    const name = readText(reader);
    const size = reader.u16() ?? 0;
    const values = Array.from({ length: Math.min(size, MAX_ENTRIES) }, () => readText(reader));
    if (name === undefined || reader.short) return null;
    options.set(name, clipList(values.filter((value) => value !== undefined)));
  }
  return options.size > 0 ? options : null;
}

/** Reads the one text of a RESULT body with one row of one column (§4.2.5.2). */
export function readSingleText(body: Uint8Array): string | null {
  const reader = new ByteReader(body);
  if (reader.u32() !== ROWS) return null;
  const global = ((reader.u32() ?? 0) & 1) !== 0;
  if (reader.u32() !== 1) return null;
  readText(reader); // keyspace and table, once or per column
  readText(reader);
  readText(reader);
  reader.skip(2); // type: ascii, varchar
  if (!global && reader.short) return null;
  if (reader.u32() === 0) return null;
  const value = reader.take(reader.u32() ?? 0);
  return value === undefined ? null : clip(utf8Text(value));
}

async function ask(talk: Conversation, bytes: Uint8Array): Promise<CqlFrame | null> {
  talk.send(bytes);
  const reply = await receiveWhole(talk, cqlFrame);
  return reply && readCqlFrame(reply);
}

/** Code and text of an ERROR body (§9); both undefined when it is none: memcached's begins alike. */
function errorText({ body }: CqlFrame): { code?: number; message?: string } {
  const reader = new ByteReader(body);
  const code = reader.u32();
  const message = readText(reader);
  return code === undefined || message === undefined || reader.short ? {} : { code, message };
}

interface Greeting {
  readonly talk: Conversation;
  readonly answer: CqlFrame;
}

/** OPTIONS in our newest version, or again in the one that the server answers in. */
async function askOptions(talk: Conversation): Promise<Greeting | null> {
  const answer = await ask(talk, request(NEWEST, OPCODE.options, new Uint8Array(0)));
  if (!answer) return null;
  const older = answer.opcode === OPCODE.error && answer.version === 3;
  const fresh = older && errorText(answer).code === PROTOCOL_ERROR ? await talk.fresh() : null;
  if (!fresh) return { talk, answer };
  const again = await ask(fresh, request(3, OPCODE.options, new Uint8Array(0)));
  return again ? { talk: fresh, answer: again } : { talk, answer };
}

function startup(version: number, cql: string): Uint8Array {
  const pairs = ['CQL_VERSION', cql, 'DRIVER_NAME', 'postern', 'DRIVER_VERSION', '1'];
  return request(version, OPCODE.startup, concatBytes(u16be(pairs.length / 2), ...pairs.map(text)));
}

async function queryText(talk: Conversation, version: number, cql: string): Promise<string | null> {
  const query = bytesOf(cql);
  const body = concatBytes(u32be(query.length), query, hexBytes('0001 00')); // consistency ONE
  const answer = await ask(talk, request(version, OPCODE.query, body));
  return answer?.opcode === OPCODE.result ? readSingleText(answer.body) : null;
}

function productOf(scylla: boolean, told: string | null) {
  const version = /^\d[\w.]{0,40}/.exec(told ?? '')?.[0];
  if (scylla)
    return present({ product: 'ScyllaDB', version, cpe: cpe23('scylladb', 'scylladb', version) });
  const product = 'Apache Cassandra';
  return present({ product, version, cpe: cpe23('apache', 'cassandra', version) });
}

/**
 * OPTIONS, then STARTUP, which says whether one must log in. Where not, the release is read from the
 * server's own system table; no other query is sent.
 */
export const cassandra = defineProtocol({
  name: 'cassandra',
  title: 'Cassandra (CQL)',
  transport: 'tcp',
  over: 'tcp',
  ports: [9042, 9142, 19042],
  manners: 'ask',
  details,

  // A request in a version it does not know is answered with ERROR, whatever the bytes were.
  recognises(bytes) {
    const frame = readCqlFrame(bytes);
    return frame?.opcode === OPCODE.error && errorText(frame).message !== undefined;
  },

  async identify(talk) {
    const greeting = await askOptions(talk);
    if (!greeting) return null;
    const { answer } = greeting;
    if (answer.opcode === OPCODE.error) {
      const { message } = errorText(answer);
      return message === undefined
        ? null
        : { ...productOf(false, null), details: { error: message } };
    }
    const supported = answer.opcode === OPCODE.supported ? readSupported(answer.body) : null;
    return supported ? begin(greeting, supported) : null;
  },
});

async function begin(
  { talk, answer }: Greeting,
  supported: ReadonlyMap<string, readonly string[]>,
) {
  const cqlVersions = supported.get('CQL_VERSION');
  const reply = await ask(talk, startup(answer.version, cqlVersions?.at(-1) ?? '3.0.0'));
  const scylla = [...supported.keys()].some((name) => name.startsWith('SCYLLA_'));
  const question = scylla
    ? 'SELECT version FROM system.versions'
    : 'SELECT release_version FROM system.local';
  const open = reply?.opcode === OPCODE.ready;
  const release = open ? await queryText(talk, answer.version, question) : null;
  const locked = reply?.opcode === OPCODE.authenticate;
  const authenticator = locked ? readText(new ByteReader(reply.body)) : undefined;
  const found: Details = present({
    authRequired: open || locked ? locked : undefined,
    clearTextLogin:
      locked && talk.tls === undefined ? authenticator?.includes('Password') === true : undefined,
    authenticator,
    cqlVersions: cqlVersions && [...cqlVersions],
    protocolVersions: listOf(supported.get('PROTOCOL_VERSIONS')),
    compression: listOf(supported.get('COMPRESSION')),
    error: reply?.opcode === OPCODE.error ? errorText(reply).message : undefined,
  });
  return { ...productOf(scylla, release), details: found };
}

function listOf(values: readonly string[] | undefined): string[] | undefined {
  return values && [...values];
}
