import { z } from 'zod';
import type { Conversation } from '../../net/conversation.ts';
import { ByteReader, bytesOf, concatBytes, utf8Text } from '../bytes.ts';
import { cpe23 } from '../cpe.ts';
import { clip, receiveWhole } from '../dialogue.ts';
import { hexBytes, u16be } from '../encode.ts';
import { defineProtocol } from '../plugin.ts';
import { present } from '../present.ts';

const details = z.object({
  protocolVersion: z.string().optional().describe('Bolt version agreed on; absent: none of ours'),
  server: z.string().optional().describe('Server agent of the answer to HELLO'),
});

const MAGIC = hexBytes('6060b017');
/** Bolt 5.0–5.4, 4.0–4.4, 3, and nothing: four proposals of 32 bits. */
const PROPOSALS = hexBytes('00040405 00040404 00000003 00000000');
const MAX_MESSAGE = 16 * 1024;

/** Reads the version that the server chose; null when the four bytes are none. */
export function readBoltVersion(bytes: Uint8Array): string | null {
  const [first, second, minor = 0, major = 0] = bytes;
  if (bytes.length !== 4 || first !== 0 || second !== 0) return null;
  if (major === 0 && minor === 0) return 'none';
  return (major === 3 && minor === 0) || ((major === 4 || major === 5) && minor <= 4)
    ? `${major}.${minor}`
    : null;
}

function text(value: string): Uint8Array {
  const bytes = bytesOf(value);
  return concatBytes(Uint8Array.of(0x80 | bytes.length), bytes); // PackStream, under 16 bytes
}

/** HELLO (Bolt 5.1 and later, where the login is a message of its own) in one chunk. */
export function helloMessage(): Uint8Array {
  const agent = concatBytes(text('bolt_agent'), hexBytes('a1'), text('product'), text('postern/1'));
  const userAgent = concatBytes(text('user_agent'), text('postern/1'));
  const message = concatBytes(hexBytes('b101 a2'), userAgent, agent);
  return concatBytes(u16be(message.length), message, u16be(0));
}

/** Frames the chunks of one message, which an empty chunk ends. */
export function boltFrame(buffered: Uint8Array): number | null {
  const reader = new ByteReader(buffered);
  for (let size = reader.u16(); size !== undefined; size = reader.u16()) {
    if (size === 0) return reader.offset;
    reader.skip(size);
    if (reader.short || reader.offset > MAX_MESSAGE) break;
  }
  return buffered.length > MAX_MESSAGE ? buffered.length : null;
}

/** The text after the key `server` in a SUCCESS message (0x70); its map is flat text and numbers. */
export function readServerAgent(bytes: Uint8Array): string | null {
  const body = bytes.subarray(2, -2);
  if (body[0] !== 0xb1 || body[1] !== 0x70) return null;
  const key = concatBytes(Uint8Array.of(0x86), bytesOf('server'));
  for (let at = body.indexOf(0x86); at >= 0; at = body.indexOf(0x86, at + 1)) {
    if (key.every((byte, index) => body[at + index] === byte))
      return stringAt(body, at + key.length);
  }
  return null;
}

function stringAt(body: Uint8Array, offset: number): string | null {
  const reader = new ByteReader(body, offset);
  const marker = reader.u8() ?? 0;
  const length =
    (marker & 0xf0) === 0x80 ? marker & 0x0f : marker === 0xd0 ? reader.u8() : undefined;
  const bytes = length === undefined ? undefined : reader.take(length);
  return bytes === undefined ? null : clip(utf8Text(bytes));
}

async function askServer(talk: Conversation): Promise<string | null> {
  talk.send(helloMessage());
  const bytes = await receiveWhole(talk, boltFrame);
  const server = bytes && readServerAgent(bytes);
  talk.send(hexBytes('0002 b002 0000')); // GOODBYE
  return server;
}

/** HELLO carries the login before 5.1, so it is sent only from there on. */
function hasPlainHello(version: string): boolean {
  return version.startsWith('5.') && version !== '5.0';
}

function productOf(server: string | null) {
  const match = /^(Neo4j|Memgraph)\/(\d[\w.]{0,30})/i.exec(server ?? '');
  if (!match) return {};
  const neo4j = match[1]?.toLowerCase() === 'neo4j';
  const version = match[2];
  return present({
    product: neo4j ? 'Neo4j' : 'Memgraph',
    version,
    cpe: neo4j ? cpe23('neo4j', 'neo4j', version) : undefined,
  });
}

/** Agrees on a Bolt version and greets; no LOGON follows. */
export const bolt = defineProtocol({
  name: 'bolt',
  title: 'Bolt (Neo4j)',
  transport: 'tcp',
  over: 'tcp',
  ports: [7687],
  tlsPorts: [7687],
  manners: 'ask',
  details,

  async identify(talk) {
    talk.send(concatBytes(MAGIC, PROPOSALS));
    const { bytes } = await talk.receive((buffered) =>
      buffered.length < 4 ? null : buffered.length,
    );
    const version = readBoltVersion(bytes);
    if (version === null || (version === 'none' && talk.port !== 7687)) return null;
    const server = hasPlainHello(version) ? await askServer(talk) : null;
    return {
      ...productOf(server),
      details: present({
        protocolVersion: version === 'none' ? undefined : version,
        server: server ?? undefined,
      }),
    };
  },
});
