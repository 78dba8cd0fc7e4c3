import { z } from 'zod';
import type { Conversation } from '../../net/conversation.ts';
import { type BsonDocument, type BsonInput, type BsonValue, readBson, writeBson } from '../bson.ts';
import { ByteReader, bytesOf, concatBytes } from '../bytes.ts';
import { cpe23 } from '../cpe.ts';
import { clipList, receiveWhole } from '../dialogue.ts';
import { hexBytes, u32le } from '../encode.ts';
import { lengthFrame } from '../length-frame.ts';
import { defineProtocol } from '../plugin.ts';
import { present } from '../present.ts';

const details = z.object({
  authRequired: z
    .boolean()
    .optional()
    .describe('Whether listDatabases is refused (error 13, 18 or 8000) or answered without login'),
  maxWireVersion: z.number().optional().describe('Newest wire protocol version it speaks'),
  role: z
    .enum(['standalone', 'primary', 'secondary', 'mongos', 'other'])
    .optional()
    .describe('What it is in its cluster, from the answer to hello'),
  replicaSet: z.string().optional().describe('Name of the replica set'),
  hosts: z.array(z.string()).optional().describe('Members of the replica set, host:port'),
  me: z.string().optional().describe('Name of this member, host:port'),
  modules: z.array(z.string()).optional().describe('buildInfo modules: enterprise'),
  databases: z.number().optional().describe('How many databases listDatabases named without login'),
});
type Details = z.infer<typeof details>;

const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;
/** OP_MSG came with MongoDB 3.6. */
const FIRST_OP_MSG_WIRE_VERSION = 6;
/** Unauthorized, AuthenticationFailed, AtlasError. */
const UNAUTHORIZED = new Set<BsonValue | undefined>([13, 18, 8000]);

/** Standard message header: length, request id, response to, opcode; all little-endian. */
const messageFrame = lengthFrame({ at: 0, size: 4, littleEndian: true, extra: 0 });

function message(opcode: number, id: number, body: Uint8Array): Uint8Array {
  return concatBytes(u32le(body.length + 16), u32le(id), u32le(0), u32le(opcode), body);
}

/** OP_QUERY for one document of admin.$cmd: old servers know only this, new ones take hello by it. */
function opQuery(id: number, command: BsonInput): Uint8Array {
  const collection = bytesOf('admin.$cmd\0');
  const range = concatBytes(u32le(0), u32le(0xffff_ffff));
  return message(OP_QUERY, id, concatBytes(u32le(0), collection, range, writeBson(command)));
}

function opMsg(id: number, command: BsonInput): Uint8Array {
  const body = writeBson({ ...command, $db: 'admin' });
  return message(OP_MSG, id, concatBytes(hexBytes('00000000 00'), body));
}

/** Reads the document of an OP_REPLY or OP_MSG answer; null when it is none. */
export function readMongoReply(bytes: Uint8Array): BsonDocument | null {
  const header = new ByteReader(bytes);
  if ((header.u32(true) ?? 0) > bytes.length) return null;
  header.skip(8);
  const opcode = header.u32(true);
  if (opcode === OP_REPLY) return readBson(bytes.subarray(16 + 20));
  // Flags, then a section of kind 0: one document.
  if (opcode === OP_MSG && bytes[20] === 0) return readBson(bytes.subarray(21));
  return null;
}

async function run(talk: Conversation, request: Uint8Array): Promise<BsonDocument | null> {
  talk.send(request);
  const bytes = await receiveWhole(talk, messageFrame);
  return bytes && readMongoReply(bytes);
}

/** Old name of `hello`, with the client's name as drivers send it. */
const HELLO: BsonInput = {
  isMaster: 1,
  helloOk: true,
  client: {
    application: { name: 'postern' },
    driver: { name: 'postern', version: '1' },
    os: { type: 'unknown' },
  },
};

function isHello(document: BsonDocument): boolean {
  return ['ismaster', 'isWritablePrimary', 'maxBsonObjectSize'].some((name) => document.has(name));
}

function isFine(document: BsonDocument | null): boolean {
  return Number(document?.get('ok')) === 1;
}

function text(value: BsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function texts(value: BsonValue | undefined): string[] | undefined {
  if (!(value instanceof Map)) return undefined;
  return clipList([...value.values()].filter((item) => typeof item === 'string'));
}

function roleOf(hello: BsonDocument): Details['role'] {
  if (hello.get('msg') === 'isdbgrid') return 'mongos';
  const primary = hello.get('ismaster') === true || hello.get('isWritablePrimary') === true;
  if (!hello.has('setName')) return primary ? 'standalone' : 'other';
  if (primary) return 'primary';
  return hello.get('secondary') === true ? 'secondary' : 'other';
}

function accessOf(listed: BsonDocument | null): Pick<Details, 'authRequired' | 'databases'> {
  if (isFine(listed)) {
    const databases = listed?.get('databases');
    return present({
      authRequired: false,
      databases: databases instanceof Map ? databases.size : undefined,
    });
  }
  return UNAUTHORIZED.has(listed?.get('code')) ? { authRequired: true } : {};
}

function productOf(build: BsonDocument | null) {
  const version = /^\d[\w.+-]{0,60}/.exec(text(build?.get('version')) ?? '')?.[0];
  const ferret = build?.get('ferretdb') ?? build?.get('ferretdbVersion');
  if (ferret !== undefined) {
    const own = /\d[\w.]{0,30}/.exec(
      text(ferret instanceof Map ? ferret.get('version') : ferret) ?? '',
    )?.[0];
    return present({ product: 'FerretDB', version: own });
  }
  return present({ product: 'MongoDB', version, cpe: cpe23('mongodb', 'mongodb', version) });
}

/**
 * `isMaster` and `buildInfo`, which every driver sends before it logs in, then `listDatabases` with
 * names only: a read that needs a privilege and so tells whether one must log in. Nothing but the
 * number of databases is kept of it.
 */
export const mongodb = defineProtocol({
  name: 'mongodb',
  title: 'MongoDB',
  transport: 'tcp',
  over: 'tcp',
  ports: [27017, 27018, 27019],
  manners: 'ask',
  details,

  recognises: (bytes) => readMongoReply(bytes) !== null,

  async identify(talk) {
    const hello = await run(talk, opQuery(1, HELLO));
    if (!hello || !isHello(hello)) return null;
    const maxWireVersion = hello.get('maxWireVersion');
    const modern =
      typeof maxWireVersion === 'number' && maxWireVersion >= FIRST_OP_MSG_WIRE_VERSION;
    const request = modern ? opMsg : opQuery;
    const build = await run(talk, request(2, { buildInfo: 1 }));
    const listed = await run(talk, request(3, { listDatabases: 1, nameOnly: true }));
    const found: Details = present({
      ...accessOf(listed),
      maxWireVersion: typeof maxWireVersion === 'number' ? maxWireVersion : undefined,
      role: roleOf(hello),
      replicaSet: text(hello.get('setName')),
      hosts: texts(hello.get('hosts')),
      me: text(hello.get('me')),
      modules: texts(build?.get('modules')),
    });
    return { ...productOf(isFine(build) ? build : null), details: found };
  },
});
