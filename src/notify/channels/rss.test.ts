import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ALERT, hostileAlert, loopbackWorld } from '../../../test/helpers/notify-peers.ts';
import { rss } from './rss.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'notify-'));
  path = join(folder, 'alerts.xml');
});
afterEach(() => rm(folder, { recursive: true }));

interface Entry {
  readonly id: string;
  readonly title: string;
  readonly updated: string;
  readonly content: { readonly '#text': string; readonly '@_type': string };
}
interface Feed {
  readonly id: string;
  readonly updated: string;
  readonly entry: readonly Entry[];
  readonly '@_xmlns': string;
}

async function feed(): Promise<Feed> {
  const text = await readFile(path, 'utf8');
  expect(XMLValidator.validate(text)).toBe(true);
  const parser = new XMLParser({
    ignoreAttributes: false,
    isArray: (name) => name === 'entry',
    processEntities: {
      enabled: true,
      maxTotalExpansions: 1_000_000,
      maxExpandedLength: 10_000_000,
    },
  });
  return (parser.parse(text) as { feed: Feed }).feed;
}

function send(message: Partial<typeof ALERT> = {}, entries = 50): Promise<void> {
  return rss.send({ ...ALERT, ...message }, { path, entries }, loopbackWorld());
}

describe('the feed', () => {
  it('is Atom with what a reader needs', async () => {
    await send();
    const { entry, id, updated, '@_xmlns': space } = await feed();
    expect(space).toBe('http://www.w3.org/2005/Atom');
    expect(id).toMatch(/^urn:postern:feed:[0-9a-f]{32}$/);
    expect(updated).toBe('2026-03-01T09:00:00.000Z');
    expect(entry).toMatchObject([
      {
        id: expect.stringMatching(/^urn:postern:alert:[0-9a-f]{32}$/),
        title: '[critical] Redis is open without a password',
        content: { '@_type': 'html' },
      },
    ]);
    expect(entry[0]?.content['#text']).toContain('<td>db1.example.org, port 6379/tcp</td>');
  });

  it('keeps the newest, and one of a message that comes twice', async () => {
    for (const id of ['a', 'b', 'c', 'b', 'd']) await send({ id, what: id }, 3);
    expect((await feed()).entry.map(({ title }) => title)).toEqual(
      ['d', 'b', 'c'].map((what) => `[critical] ${what}`),
    );
  });

  it('loses none of those that come at once, and leaves no other file', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, n) => send({ id: String(n) })));
    expect((await feed()).entry).toHaveLength(20);
    expect(await readdir(folder)).toEqual(['alerts.xml']);
  });

  it('does not write over what it did not write', async () => {
    await writeFile(path, 'my diary');
    await expect(send()).rejects.toMatchObject({ code: 'NOTIFY_FEED' });
    expect(await readFile(path, 'utf8')).toBe('my diary');
    await rm(path);
    await send();
    expect((await feed()).entry).toHaveLength(1);
  });

  it('says when the folder cannot be written', async () => {
    const settings = { path: '/proc/nowhere/alerts.xml', entries: 5 };
    await expect(rss.send(ALERT, settings, loopbackWorld())).rejects.toMatchObject({
      code: 'NOTIFY_FEED',
    });
  });

  it('is XML whatever a banner says, one entry for a message', async () => {
    let sent = 0;
    await fc.assert(
      fc.asyncProperty(hostileAlert, async (alert) => {
        sent += 1;
        await send({ ...alert, id: String(sent) });
        const { entry } = await feed();
        expect(entry).toHaveLength(Math.min(sent, 50));
        expect(entry[0]?.content['#text']).not.toMatch(/<(script|img)/);
      }),
      { numRuns: 40 },
    );
  });
});
