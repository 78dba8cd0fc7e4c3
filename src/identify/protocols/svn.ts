import { z } from 'zod';
import type { Conversation, Framing } from '../../net/conversation.ts';
import { bytesOf, utf8Text } from '../bytes.ts';
import { cpe23 } from '../cpe.ts';
import { clip, clipList, headText, receiveWhole } from '../dialogue.ts';
import { defineProtocol, type Identity } from '../plugin.ts';

const MAX_ITEM = 64 * 1024;
const MAX_DEPTH = 16;

const details = z.object({
  minVersion: z.number().describe('Lowest protocol version spoken'),
  maxVersion: z.number().describe('Highest protocol version spoken'),
  capabilities: z.array(z.string()).describe('Capabilities of the greeting'),
  authRequired: z
    .boolean()
    .optional()
    .describe(
      'False: ANONYMOUS is among the mechanisms for the root; absent when it has no repository',
    ),
  authMechanisms: z.array(z.string()).optional().describe('SASL mechanisms for the root'),
  realm: z.string().optional().describe('Realm, the UUID of the repository by default'),
  error: z.string().optional().describe('Why the root could not be opened'),
});

/** One item of ra_svn (subversion/libsvn_ra_svn/protocol): word, number, string or list. */
export type SvnItem = string | number | readonly SvnItem[];

interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

const SPACE = 0x20;
const NEWLINE = 0x0a;
const OPEN = 0x28;
const CLOSE = 0x29;

function skipSpace(cursor: Cursor): void {
  while (cursor.bytes[cursor.at] === SPACE || cursor.bytes[cursor.at] === NEWLINE) cursor.at += 1;
}

function readList(cursor: Cursor, depth: number): SvnItem[] | null {
  if (depth > MAX_DEPTH) return null;
  const items: SvnItem[] = [];
  for (;;) {
    skipSpace(cursor);
    if (cursor.bytes[cursor.at] === CLOSE) {
      cursor.at += 1;
      return items;
    }
    const item = readItemAt(cursor, depth);
    if (item === null) return null;
    items.push(item);
  }
}

/** A word, a number, or a string as its length, a colon and its bytes. */
function readAtom(cursor: Cursor): string | number | null {
  const head = headText(cursor.bytes.subarray(cursor.at, cursor.at + 256));
  const atom = /^[A-Za-z0-9-]+/.exec(head)?.[0];
  if (atom === undefined) return null;
  cursor.at += atom.length;
  if (!/^\d{1,9}$/.test(atom)) return atom;
  if (cursor.bytes[cursor.at] !== 0x3a) return Number(atom);
  const start = cursor.at + 1;
  cursor.at = start + Number(atom);
  return cursor.at > cursor.bytes.length ? null : utf8Text(cursor.bytes.subarray(start, cursor.at));
}

function readItemAt(cursor: Cursor, depth: number): SvnItem | null {
  skipSpace(cursor);
  if (cursor.bytes[cursor.at] !== OPEN) return readAtom(cursor);
  cursor.at += 1;
  return readList(cursor, depth + 1);
}

/** Reads the list at the beginning of the bytes; null when it is not whole or none. */
export function readSvnItem(bytes: Uint8Array): SvnItem | null {
  if (bytes[0] !== OPEN) return null;
  return readItemAt({ bytes, at: 0 }, 0);
}

const itemFrame: Framing = (buffered) => {
  if (buffered[0] !== OPEN || buffered.length > MAX_ITEM) return buffered.length;
  const cursor = { bytes: buffered, at: 0 };
  if (readItemAt(cursor, 0) === null) return null;
  return buffered[cursor.at] === undefined ? null : cursor.at + 1;
};

/** The parameters of a `( success ( … ) )` or `( failure ( … ) )` item. */
function outcome(item: SvnItem | null): { word: SvnItem; params: readonly SvnItem[] } | null {
  if (!Array.isArray(item)) return null;
  const [word, params] = item as readonly SvnItem[];
  return word !== undefined && Array.isArray(params) ? { word, params } : null;
}

function wordsOf(item: SvnItem | undefined): string[] {
  const items: readonly SvnItem[] = Array.isArray(item) ? item : [];
  return clipList(items.filter((word) => typeof word === 'string').map(clip));
}

/** Reads the greeting `( success ( min max ( ) ( capabilities ) ) )`. */
export function readSvnGreeting(bytes: Uint8Array) {
  const greeting = outcome(readSvnItem(bytes));
  const [minVersion, maxVersion, , capabilities] = greeting?.params ?? [];
  if (greeting?.word !== 'success') return null;
  if (typeof minVersion !== 'number' || typeof maxVersion !== 'number') return null;
  return { minVersion, maxVersion, capabilities: wordsOf(capabilities) };
}

/** What the root of the server is: mechanisms and realm, or the text of the failure. */
export function readSvnRoot(bytes: Uint8Array) {
  const answer = outcome(readSvnItem(bytes));
  if (answer?.word === 'success') {
    const [mechanisms, realm] = answer.params;
    const authMechanisms = wordsOf(mechanisms);
    const known = typeof realm === 'string' && realm !== '' ? { realm: clip(realm) } : {};
    return { authMechanisms, authRequired: !authMechanisms.includes('ANONYMOUS'), ...known };
  }
  const first = answer?.params[0];
  const text = Array.isArray(first) ? (first as readonly SvnItem[])[1] : undefined;
  return typeof text === 'string' ? { error: clip(text) } : {};
}

function svnString(text: string): string {
  return `${bytesOf(text).length}:${text}`;
}

async function rootOf(talk: Conversation) {
  const url = svnString(`svn://${talk.serverName ?? talk.authority}/`);
  talk.send(`( 2 ( edit-pipeline svndiff1 ) ${url} ${svnString('postern')} ( ) ) `);
  const bytes = await receiveWhole(talk, itemFrame);
  return bytes === null ? {} : readSvnRoot(bytes);
}

async function identify(talk: Conversation): Promise<Identity<z.infer<typeof details>> | null> {
  const bytes = await receiveWhole(talk, itemFrame);
  const greeting = bytes === null ? null : readSvnGreeting(bytes);
  if (greeting === null) return null;
  return {
    product: 'Subversion svnserve',
    cpe: cpe23('apache', 'subversion'),
    details: { ...greeting, ...(await rootOf(talk)) },
  };
}

/** svnserve (ra_svn). We answer its greeting with the URL of its root and stop before logging in. */
export const svn = defineProtocol({
  name: 'svn',
  title: 'Subversion',
  transport: 'tcp',
  over: 'tcp',
  ports: [3690],
  manners: 'listen',
  details,
  recognises: (bytes) => /^\( (?:success|failure) \( /.test(headText(bytes)),
  identify,
});
