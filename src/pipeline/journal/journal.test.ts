import { mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { met } from '../../../test/helpers/needs.ts';
import { PosternError } from '../../model/errors.ts';
import type { Outcome } from '../../model/port.ts';
import { readTargets } from '../../targets/read.ts';
import { createJournal, type NewPlan } from './create.ts';
import type { Entry, PlanSettings } from './entry.ts';
import { encodeLine } from './line.ts';
import { Journal } from './open.ts';
import { JournalWriter, type WriterOptions } from './writer.ts';

let folder = '';
let made = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-journal-'));
});
afterAll(() => rm(folder, { recursive: true }));

const fresh = () => join(folder, `${(made += 1)}.state`);
const { signal } = new AbortController();
const SETTINGS: PlanSettings = {
  ports: { tcp: '1-100', udp: '' },
  seed: 7,
  shard: null,
  identify: true,
  show: ['open'],
  policy: null,
};

function plan(more: Partial<NewPlan> = {}, targets: readonly string[] = ['192.0.2.0/24']): NewPlan {
  return {
    tool: 'postern 0.0.0',
    id: '7d2c1a52-6f1b-4f0a-9a3e-0f4a5f0c9b11',
    startedAt: '2026-01-01T00:00:00.000Z',
    settings: SETTINGS,
    manner: { engine: 'auto', rate: 'auto', perHost: 'max', timeout: null },
    targets: readTargets(targets, { signal, onProblem: () => undefined }),
    problems: () => [],
    exclude: [],
    signal,
    ...more,
  };
}

async function created(more?: Partial<NewPlan>, targets?: readonly string[]): Promise<string> {
  const path = fresh();
  await createJournal(path, plan(more, targets));
  return path;
}

async function opened(path: string): Promise<Journal> {
  const journal = await Journal.open(path);
  if (journal === null) throw new Error('there is no journal');
  return journal;
}

async function told(journal: Journal): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of journal.told()) entries.push(entry);
  return entries;
}

const OPTIONS: WriterOptions = {
  show: new Set(['open']),
  spent: () => ({ probes: 1, retries: 2, slowdowns: 3, ms: 4 }),
  onFailure: (failure) => {
    throw failure;
  },
};
const SPENT: Entry = { type: 'spent', ...OPTIONS.spent() };

const outcome = (address: string, port: number): Outcome => {
  return { address, transport: 'tcp', port, state: 'closed', reason: 'rst' };
};

const counts = { open: 0, verified: 0, closed: 2, filtered: 0, unreachable: 0, localError: 0 };
function hostEntry(address: string, listed: boolean): Extract<Entry, { type: 'host' }> {
  const host = { address, names: [], counts, ports: [] };
  return { type: 'host', host, findings: [], complete: true, listed, unasked: {} };
}

describe('a plan', () => {
  test('comes back: settings, thousands of targets with their places, exclusions, problems', async () => {
    const many = Array.from({ length: 2500 }, (_, at) => `10.0.${at >> 8}.${at & 255}`);
    const exclude = many.slice(0, 1500);
    const problems = [{ code: 'TARGET_SYNTAX', message: 'a slip' }];
    const path = await created({ exclude, problems: () => problems }, [many.join(), 'www.example']);
    const journal = await opened(path);
    expect(journal.header).toMatchObject({ settings: SETTINGS, tool: 'postern 0.0.0' });
    expect([journal.exclude, journal.problems]).toEqual([exclude, problems]);
    const targets: string[] = [];
    for await (const { target, where } of journal.targets())
      targets.push(`${where} ${target.text}`);
    expect(targets).toEqual([
      ...many.map((text) => `argument 1 ${text}`),
      'argument 2 www.example',
    ]);
    expect(await told(journal)).toEqual([]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  const hashOf = async (more?: Partial<NewPlan>, targets?: readonly string[]) =>
    (await opened(await created(more, targets))).seal.hash;

  test('has another hash whatever of it is changed, and the same when nothing is', async () => {
    const policy = { path: 'a.yaml', text: 'version: 1' };
    const variants = await Promise.all([
      hashOf(),
      hashOf({}, ['192.0.2.0/25']),
      hashOf({}, ['192.0.2.0/24', '192.0.2.0/24']),
      hashOf({ exclude: ['192.0.2.1'] }),
      ...[
        { ports: { tcp: '1-99', udp: '' } },
        { ports: { tcp: '', udp: '1-100' } },
        { seed: 8 },
        { shard: '1/2' },
        { identify: false },
        { show: ['open', 'closed'] as const },
        { policy },
      ].map((change) => hashOf({ settings: { ...SETTINGS, ...change } })),
    ]);
    expect(new Set(variants).size).toBe(variants.length);
    expect(await hashOf({ id: 'b3c1a52e-6f1b-4f0a-9a3e-0f4a5f0c9b11' })).toBe(variants[0]);
  });

  test('changed in the file under right checksums is refused', async () => {
    const path = await created();
    const lines = (await readFile(path, 'utf8')).split('\n');
    lines[1] = encodeLine({ type: 'targets', targets: [['192.0.2.0/23', 'argument 1']] }).trim();
    await writeFile(path, lines.join('\n'));
    await expect(Journal.open(path)).rejects.toMatchObject({
      code: 'RESUME_DAMAGED',
      message: expect.stringContaining('its plan is not the one it was made with'),
    });
  });

  test('of another version is refused, and so is what is no journal', async () => {
    const path = fresh();
    const header = { type: 'journal', schema: 'postern.journal/2' } as unknown as Entry;
    await writeFile(path, encodeLine(header));
    await expect(Journal.open(path)).rejects.toMatchObject({
      code: 'RESUME_FILE',
      message: expect.stringContaining(
        'version postern.journal/2, this Postern reads postern.journal/1',
      ),
    });
    await writeFile(path, '192.0.2.1\n');
    await expect(Journal.open(path)).rejects.toMatchObject({ code: 'RESUME_FILE' });
    await expect(Journal.open(folder)).rejects.toMatchObject({ code: 'RESUME_FILE' });
  });

  test('is not there without a file or with an empty one', async () => {
    const path = fresh();
    expect(await Journal.open(path)).toBeNull();
    await writeFile(path, '');
    expect(await Journal.open(path)).toBeNull();
  });

  test('is written as a whole or not at all', async () => {
    const stop = new AbortController();
    async function* cut() {
      yield* readTargets(['192.0.2.1'], { signal, onProblem: () => undefined });
      stop.abort();
    }
    const path = fresh();
    await expect(
      createJournal(path, plan({ targets: cut(), signal: stop.signal })),
    ).rejects.toThrow(/aborted/);
    expect(
      (await readdir(folder)).filter((name) => path.endsWith(name.split('.')[0] ?? '')),
    ).toEqual([]);
    await expect(createJournal(join(folder, 'none', 'x'), plan())).rejects.toMatchObject({
      code: 'RESUME_FILE',
    });
  });
});

describe('what is told', () => {
  test('of a finished host is what the host entry says alone; silent hosts share a line', async () => {
    const path = await created();
    const journal = await opened(path);
    await told(journal);
    const writer = await journal.writer(OPTIONS);
    for (const port of [3, 1, 2]) writer.told(outcome('192.0.2.1', port));
    for (const port of [1, 2]) writer.told(outcome('192.0.2.2', port));
    writer.host(hostEntry('192.0.2.2', true));
    writer.host(hostEntry('192.0.2.3', false));
    writer.host(hostEntry('192.0.2.4', false));
    writer.host({ ...hostEntry('192.0.2.5', false), unasked: { 'no-route': 2 } });
    await writer.close();
    const first = {
      type: 'told',
      address: '192.0.2.1',
      transport: 'tcp',
      state: 'closed',
    } as const;
    expect(await told(await opened(path))).toEqual([
      { ...first, reason: 'rst', ports: '1-3' },
      hostEntry('192.0.2.2', true),
      { type: 'silent', addresses: ['192.0.2.3', '192.0.2.4'], unasked: {} },
      { type: 'silent', addresses: ['192.0.2.5'], unasked: { 'no-route': 2 } },
      SPENT,
    ]);
  });

  test('cut off anywhere is read as far as it is whole, and gone on with', async () => {
    const path = await created();
    const planEnd = (await stat(path)).size;
    const journal = await opened(path);
    await told(journal);
    const writer = await journal.writer(OPTIONS);
    for (let at = 1; at < 6; at += 1) writer.host(hostEntry(`192.0.2.${at}`, true));
    await writer.close();
    const bytes = await readFile(path);
    const all = await told(await opened(path));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: planEnd, max: bytes.length }), async (cut) => {
        const torn = fresh();
        await writeFile(torn, bytes.subarray(0, cut));
        const again = await opened(torn);
        const known = await told(again);
        expect(known).toEqual(all.slice(0, known.length));
        const next = await again.writer(OPTIONS);
        next.host(hostEntry('192.0.2.99', true));
        await next.close();
        expect(await told(await opened(torn))).toEqual([
          ...known,
          hostEntry('192.0.2.99', true),
          SPENT,
        ]);
        await rm(torn);
      }),
      { numRuns: 60 },
    );
  });

  test('with any byte of the file changed is refused with a code, or read without the last line', async () => {
    const path = await created({ exclude: ['192.0.2.1'] });
    const journal = await opened(path);
    await told(journal);
    const writer = await journal.writer(OPTIONS);
    for (let at = 1; at < 4; at += 1) writer.host(hostEntry(`192.0.2.${at}`, true));
    await writer.close();
    const bytes = await readFile(path);
    const all = await told(await opened(path));
    await fc.assert(
      fc.asyncProperty(
        fc.nat(bytes.length - 1),
        fc.integer({ min: 1, max: 255 }),
        async (at, by) => {
          const changed = Buffer.from(bytes);
          changed[at] = (changed[at] ?? 0) ^ by;
          await writeFile(path, changed);
          const result = await opened(path)
            .then(told)
            .catch((error: unknown) => error);
          if (result instanceof PosternError) {
            expect(result.code).toMatch(/^RESUME_(FILE|DAMAGED)$/);
            return;
          }
          // where a line feed was changed, the last line is what were two
          const lost = bytes[at] === 0x0a && at < bytes.length - 1 ? 2 : 1;
          expect(result).toEqual(all.slice(0, -lost));
        },
      ),
      { numRuns: 200 },
    );
  });
});

test.skipIf(!met({ linux: true }))(
  'a disk that is full is told once and stops nothing',
  async () => {
    const failures: string[] = [];
    const writer = new JournalWriter('/dev/full', await open('/dev/full', 'a'), {
      ...OPTIONS,
      onFailure: ({ code, message }) => failures.push(`${code} ${message}`),
    });
    // more than it holds back: written twice before the end
    for (let at = 0; at < 250_000; at += 1) writer.told(outcome('192.0.2.1', at % 65_536));
    await writer.room();
    await writer.close();
    expect(failures).toEqual([
      expect.stringMatching(/^RESUME_WRITE cannot go on writing to "\/dev\/full" \(ENOSPC/),
    ]);
  },
);
