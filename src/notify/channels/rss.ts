import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import { z } from 'zod';
import { messageOf, problem } from '../../model/errors.ts';
import { escapeMarkup } from '../../report/text.ts';
import type { Channel } from '../channel.ts';
import { serverFile } from '../fields.ts';
import { shortHash } from '../identity.ts';
import { type Alert, linkOf, renderHtml, subjectOf } from '../message.ts';

const settings = z.strictObject({
  path: serverFile(
    'File that a web server serves; it is replaced whole, and nothing else is in it.',
  ).refine(isAbsolute, 'give the whole path, from / on'),
  entries: z.int().min(1).max(500).default(50).describe('Entries kept, the newest of them.'),
});

/** What every feed of ours begins with; another file is not overwritten. */
const OPENING =
  '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n';
/** Text is escaped, so this can only be an entry that we wrote. */
const ENTRY = /<entry>\n[\s\S]*?<\/entry>\n/g;
const MAX_FILE = 16 * 1024 * 1024;

function idOf(message: Alert): string {
  return `<id>urn:postern:alert:${shortHash(message.id)}</id>`;
}

/** RFC 4287 §4.1.2. */
function entryOf(message: Alert, now: string): string {
  const link = linkOf(message);
  return [
    '<entry>',
    idOf(message),
    `<title>${escapeMarkup(subjectOf(message))}</title>`,
    `<updated>${now}</updated>`,
    `<category term="${message.severity}"/>`,
    ...(link === null ? [] : [`<link href="${escapeMarkup(link)}"/>`]),
    `<content type="html">${escapeMarkup(renderHtml(message).replaceAll('\n', ''))}</content>`,
    '</entry>\n',
  ].join('\n');
}

function feedOf(path: string, entries: readonly string[], now: string): string {
  const head = [
    `<id>urn:postern:feed:${shortHash(path)}</id>`,
    '<title>Postern alerts</title>',
    `<updated>${now}</updated>`,
    '<author><name>Postern</name></author>\n',
  ];
  return `${OPENING}${head.join('\n')}${entries.join('')}</feed>\n`;
}

async function entriesIn(path: string): Promise<readonly string[]> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return OPENING;
    throw error;
  });
  if (!text.startsWith(OPENING) || text.length > MAX_FILE) {
    throw new Error('it holds something else than our feed');
  }
  return text.match(ENTRY) ?? [];
}

/** Readers see the old file or the new one, never half of one. */
async function replace(path: string, text: string): Promise<void> {
  const beside = `${path}.${randomUUID()}`;
  try {
    await writeFile(beside, text, { flag: 'wx', mode: 0o644 });
    await rename(beside, path);
  } finally {
    await rm(beside, { force: true });
  }
}

async function update(path: string, message: Alert, most: number, now: string): Promise<void> {
  const older = (await entriesIn(path)).filter((entry) => !entry.includes(idOf(message)));
  const entries = [entryOf(message, now), ...older].slice(0, most);
  await replace(path, feedOf(path, entries, now));
}

/** Changes to one file follow each other; two at once would lose an entry. */
const queues = new Map<string, Promise<void>>();

export const rss: Channel<typeof settings> = {
  name: 'rss',
  title: 'RSS (Atom feed)',
  settings,
  async send(message, { path: given, entries }, world) {
    const path = resolve(given);
    const before = queues.get(path) ?? Promise.resolve();
    const now = world.now().toISOString();
    const work = before.then(() => update(path, message, entries, now));
    const settled = work.catch(() => undefined);
    queues.set(path, settled);
    try {
      await work;
    } catch (thrown) {
      throw problem('NOTIFY_FEED', { value: path, problem: messageOf(thrown) }, thrown);
    } finally {
      if (queues.get(path) === settled) queues.delete(path);
    }
  },
};
