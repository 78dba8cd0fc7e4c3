import { z } from 'zod';
import type { Conversation, Framing } from '../../net/conversation.ts';
import { lineFrame } from '../bytes.ts';
import { cpe23 } from '../cpe.ts';
import { clip, clipList, headText, linesOf, receiveWhole } from '../dialogue.ts';
import { defineProtocol, type Identity } from '../plugin.ts';

const MAX_LISTING = 64 * 1024;
/** The protocol that we say we speak: 31, of rsync 3.1 (2013) and understood by every later one. */
const OURS = '@RSYNCD: 31.0\n';

const details = z.object({
  protocolVersion: z.string().describe('Protocol and sub-protocol of the greeting'),
  digests: z
    .array(z.string())
    .optional()
    .describe('Digests for passwords, of protocol 32 and of 31 in newer releases'),
  motd: z.string().optional().describe('Message of the day'),
  modules: z
    .array(
      z.object({
        name: z.string().describe('Module name'),
        comment: z.string().describe('Its comment, often empty'),
      }),
    )
    .optional()
    .describe('Modules listed to everybody; whether one asks for a password is not tried'),
  error: z.string().optional().describe('@ERROR line instead of a listing'),
});

/** What `@RSYNCD: 31.0 sha512 …` says; null when the line is another. */
export function readRsyncGreeting(bytes: Uint8Array) {
  const line = linesOf(bytes)[0]?.slice(0, 512) ?? '';
  const match = /^@RSYNCD: (\d{1,3}(?:\.\d{1,3})?)(?: (.*))?$/.exec(line);
  if (match?.[1] === undefined) return null;
  return { protocolVersion: match[1], digests: match[2]?.split(' ').filter(Boolean) ?? [] };
}

export interface RsyncListing {
  readonly modules: readonly { readonly name: string; readonly comment: string }[];
  readonly motd: readonly string[];
  readonly error?: string;
}

/** Reads an answer to `#list`: lines before the first module are the message of the day. */
export function readRsyncListing(bytes: Uint8Array): RsyncListing {
  const lines = linesOf(bytes).filter((line) => line !== '@RSYNCD: EXIT');
  const error = lines.find((line) => line.startsWith('@ERROR'));
  const isModule = (line: string): boolean => /^[^\t@][^\t]{14,}\t/.test(line);
  const first = lines.findIndex(isModule);
  const motd = (first < 0 ? lines : lines.slice(0, first)).filter((line) => line !== error);
  const modules = first < 0 ? [] : lines.slice(first).filter(isModule).map(moduleOf);
  return {
    modules: clipList(modules),
    motd,
    ...(error === undefined ? {} : { error: clip(error) }),
  };
}

function moduleOf(line: string): { name: string; comment: string } {
  const tab = line.indexOf('\t');
  return { name: clip(line.slice(0, tab).trimEnd()), comment: clip(line.slice(tab + 1)) };
}

const listingFrame: Framing = (buffered) => {
  const at = Buffer.from(buffered).indexOf('@RSYNCD: EXIT\n');
  if (at >= 0) return at + 14;
  return buffered.length > MAX_LISTING ? buffered.length : null;
};

async function listing(talk: Conversation): Promise<RsyncListing> {
  talk.send(`${OURS}#list\n`);
  const { bytes } = await talk.receive(listingFrame);
  return readRsyncListing(bytes);
}

async function identify(talk: Conversation): Promise<Identity<z.infer<typeof details>> | null> {
  const bytes = await receiveWhole(talk, lineFrame);
  const greeting = bytes === null ? null : readRsyncGreeting(bytes);
  if (greeting === null) return null;
  const { modules, motd, error } = await listing(talk);
  const message = clip(motd.join('\n').trim());
  return {
    product: 'rsync',
    cpe: cpe23('samba', 'rsync'),
    details: {
      protocolVersion: greeting.protocolVersion,
      ...(greeting.digests.length === 0 ? {} : { digests: clipList(greeting.digests) }),
      ...(message === '' ? {} : { motd: message }),
      ...(error === undefined ? { modules: [...modules] } : { error }),
    },
  };
}

/** The rsync daemon. We send a greeting and `#list`, as `rsync host::` does; no module is entered. */
export const rsync = defineProtocol({
  name: 'rsync',
  title: 'rsync',
  transport: 'tcp',
  over: 'tcp',
  ports: [873],
  tlsPorts: [874],
  manners: 'listen',
  details,
  recognises: (bytes) => /^@RSYNCD: \d/.test(headText(bytes)),
  identify,
});
