import { z } from 'zod';
import type { Conversation } from '../../net/conversation.ts';
import { ByteReader, utf8Text } from '../bytes.ts';
import { clip, receiveWhole } from '../dialogue.ts';
import { hexBytes } from '../encode.ts';
import { lengthFrame } from '../length-frame.ts';
import { defineProtocol } from '../plugin.ts';
import { present } from '../present.ts';

const details = z.object({
  clearTextLogin: z.boolean().optional().describe('Mechanism PLAIN is offered without TLS'),
  startTls: z.boolean().optional().describe('Capability "tls" is offered'),
  mechanisms: z.array(z.string()).optional().describe('Capability "authentication.mechanisms"'),
  nodeType: z.string().optional().describe('Capability "node_type"'),
});
type Details = z.infer<typeof details>;

/** X Protocol: length of type and payload, little-endian; type; protobuf message. */
const messageFrame = lengthFrame({ at: 0, size: 4, littleEndian: true, extra: 4 });
const CAPABILITIES_GET = hexBytes('01000000 01');
/** CapabilitiesSet { tls: true }. */
const CAPABILITIES_SET_TLS = hexBytes('14000000 02 0a11 0a0f 0a03746c73 1208 0801 1204 0807 4001');
const CONNECTION_CLOSE = hexBytes('01000000 03');
const OK = 0;
const CAPABILITIES = 2;
const NOTICE = 11;
const MAX_FIELDS = 256;
const MAX_NOTICES = 4;

type Field = readonly [number: number, value: number | Uint8Array];

/** Fields of a protobuf message, wire types 0 and 2 (protobuf encoding guide); null when malformed. */
export function readProtobuf(bytes: Uint8Array): Field[] | null {
  const reader = new ByteReader(bytes);
  const fields: Field[] = [];
  while (reader.remaining > 0) {
    const key = varint(reader);
    const value = varint(reader);
    if (key === undefined || value === undefined || fields.length >= MAX_FIELDS) return null;
    const body = key % 8 === 2 ? reader.take(value) : value;
    if (body === undefined || (key % 8 !== 2 && key % 8 !== 0)) return null;
    fields.push([Math.floor(key / 8), body]);
  }
  return fields;
}

function varint(reader: ByteReader): number | undefined {
  let value = 0;
  for (let shift = 0; shift < 7; shift += 1) {
    const byte = reader.u8();
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 128 ** shift;
    if (byte < 0x80) return value;
  }
  return undefined;
}

function child(bytes: Uint8Array | undefined, number: number): Uint8Array | undefined {
  const found = bytes && readProtobuf(bytes)?.find(([field]) => field === number)?.[1];
  return found instanceof Uint8Array ? found : undefined;
}

function children(bytes: Uint8Array | undefined, number: number): Uint8Array[] {
  const fields = (bytes && readProtobuf(bytes)) || [];
  return fields.flatMap(([field, value]) =>
    field === number && value instanceof Uint8Array ? [value] : [],
  );
}

/** Text of Mysqlx.Datatypes.Any: scalar (2), string (9), value (1). */
function textOf(any: Uint8Array): string | undefined {
  const value = child(child(child(any, 2), 9), 1);
  return value && clip(utf8Text(value));
}

/** Reads Mysqlx.Connection.Capabilities: name to the Any that holds its value; null when malformed. */
export function readCapabilities(bytes: Uint8Array): ReadonlyMap<string, Uint8Array> | null {
  if (bytes[4] !== CAPABILITIES) return null;
  const capabilities = children(bytes.subarray(5), 1).map((one) => {
    const name = utf8Text(child(one, 1) ?? new Uint8Array(0));
    return [name, child(one, 2) ?? new Uint8Array(0)] as const;
  });
  return capabilities.length > 0 ? new Map(capabilities) : null;
}

/** The next message that is not a notice; servers send one on connecting. */
async function nextMessage(talk: Conversation): Promise<Uint8Array | null> {
  for (let count = 0; count < MAX_NOTICES; count += 1) {
    const bytes = await receiveWhole(talk, messageFrame);
    if (bytes?.[4] !== NOTICE) return bytes;
  }
  return null;
}

function detailsOf(capabilities: ReadonlyMap<string, Uint8Array>, bare: boolean): Details {
  const mechanisms = children(child(capabilities.get('authentication.mechanisms'), 4), 1)
    .map(textOf)
    .filter((name) => name !== undefined);
  return present({
    clearTextLogin: bare ? mechanisms.includes('PLAIN') : undefined,
    startTls: bare ? capabilities.has('tls') : undefined,
    mechanisms,
    nodeType: textOf(capabilities.get('node_type') ?? new Uint8Array(0)),
  });
}

/** Asks for the capabilities, which clients do before they log in, and for TLS to see the certificate. */
export const mysqlx = defineProtocol({
  name: 'mysqlx',
  title: 'MySQL X Protocol',
  transport: 'tcp',
  over: 'tcp',
  ports: [33060],
  manners: 'listen',
  details,

  // Notice "hello" (type 5), which MySQL 8 sends on connecting.
  recognises: (bytes) => bytes[4] === NOTICE && bytes[5] === 8 && bytes[6] === 5 && bytes[3] === 0,

  async identify(talk) {
    talk.send(CAPABILITIES_GET);
    const bytes = await nextMessage(talk);
    const capabilities = bytes && readCapabilities(bytes);
    if (!capabilities?.has('authentication.mechanisms')) return null;
    const bare = talk.tls === undefined;
    const found = detailsOf(capabilities, bare);
    if (!found.startTls) {
      talk.send(CONNECTION_CLOSE);
      return { product: 'MySQL', details: found };
    }
    talk.send(CAPABILITIES_SET_TLS);
    const agreed = (await nextMessage(talk))?.[4] === OK;
    const layer = agreed ? await talk.startTls() : null;
    return { product: 'MySQL', details: found, ...(layer && { startTls: layer }) };
  },
});
