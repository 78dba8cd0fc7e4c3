import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Script } from '../../firewall/kind.ts';
import { problem } from '../../model/errors.ts';
import { applyChange } from './apply.ts';
import { type ChangeRecord, ChangeStore } from './change-store.ts';
import { confirmChange, dropUnbegun, undoChange } from './settle.ts';

/** A script whose "firewall" is a file: what is tested here is the way there and back. */
let folder = '';
let rules = '';
let saved = '';
let store: ChangeStore;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'postern-apply-'));
  rules = join(folder, 'rules');
  saved = join(folder, 'saved file');
  writeFileSync(rules, 'open\n');
  writeFileSync(saved, 'as before\n', { mode: 0o640 });
  store = new ChangeStore(join(folder, 'state'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function script(part: Partial<Script> = {}): Script {
  return {
    kind: 'aws',
    apply: [{ argv: ['tee', rules], stdin: "closed 'for all' $HOME\n" }],
    undo: [{ argv: ['tee', rules], stdin: 'open\n' }],
    persist: [{ path: saved, text: 'closed\n' }],
    touches: [saved],
    text: '',
    warnings: [],
    ...part,
  };
}

async function apply(part: Partial<Script> = {}, undoAfter = 60): Promise<string> {
  const summary = 'close tcp port 9';
  return await applyChange({
    store,
    summary,
    script: script(part),
    undoAfter,
    check: () => Promise.resolve(null),
  });
}

const text = (path: string) => readFileSync(path, 'utf8');

async function until(what: () => boolean): Promise<void> {
  for (let tries = 0; tries < 300 && !what(); tries += 1) await sleep(50);
  expect(what()).toBe(true);
}

describe('a change', () => {
  test('is in force at once, outlives a restart once confirmed, and can be taken back whole', async () => {
    const id = await apply();
    expect(text(rules)).toBe("closed 'for all' $HOME\n");
    expect(text(saved)).toBe('as before\n');
    expect(await confirmChange(store, id)).toBe('confirmed');
    expect(await confirmChange(store, id)).toBe('was-confirmed');
    expect(text(saved)).toBe('closed\n');
    expect(await store.pending()).toBeNull();
    expect((await undoChange(store, id, false)).state).toBe('undone');
    expect([text(rules), text(saved)]).toEqual(['open\n', 'as before\n']);
    expect(statSync(saved).mode & 0o777).toBe(0o640);
    expect((await undoChange(store, id, false)).state).toBe('was-undone');
    await expect(confirmChange(store, id)).rejects.toMatchObject({ code: 'REMEDY_OVER' });
  });

  test('takes itself back when nobody confirms it', async () => {
    const id = await apply({}, 1);
    await until(() => existsSync(join(store.folderOf(id), 'taken-back')));
    await until(() => !existsSync(join(store.folder, 'pending')));
    expect(text(rules)).toBe('open\n');
    await expect(confirmChange(store, id)).rejects.toMatchObject({ code: 'REMEDY_OVER' });
    expect((await store.read(id)).verdict).toBe('expired');
  });

  test('keeps its watchdog off once confirmed', async () => {
    const id = await apply({}, 1);
    await confirmChange(store, id);
    await sleep(2500);
    expect(text(rules)).toBe("closed 'for all' $HOME\n");
  });

  test('is given its input as a file that can be opened, and told when its program is missing', async () => {
    const id = await apply({ apply: [{ argv: ['cp', '/dev/stdin', rules], stdin: 'by name\n' }] });
    expect(text(rules)).toBe('by name\n');
    await undoChange(store, id, false);
    const missing = apply({ apply: [{ argv: ['no-such-program'], stdin: 'x' }] });
    await expect(missing).rejects.toMatchObject({
      code: 'REMEDY_APPLY',
      message: expect.stringContaining('not found'),
    });
  });

  test('that fails halfway is taken back', async () => {
    const half = { apply: [...script().apply, { argv: ['false'] }] };
    await expect(apply(half)).rejects.toMatchObject({
      code: 'REMEDY_APPLY',
      message: expect.stringMatching(/"false".*it was taken back/),
    });
    expect(text(rules)).toBe('open\n');
    expect(await store.pending()).toBeNull();
  });

  test('that its check refuses is taken back', async () => {
    const refused = applyChange({
      store,
      summary: 'close tcp port 22',
      script: script(),
      undoAfter: 60,
      check: () =>
        Promise.resolve((done) =>
          problem('REMEDY_LOCKOUT', { change: 'close tcp port 22', kept: 'us', done }),
        ),
    });
    await expect(refused).rejects.toMatchObject({
      code: 'REMEDY_LOCKOUT',
      message: 'to close tcp port 22 would cut off us; it was taken back',
    });
    expect(text(rules)).toBe('open\n');
  });

  test('whose check outlasts the watchdog is not told as applied', async () => {
    const slow = applyChange({
      store,
      summary: 'close tcp port 9',
      script: script(),
      undoAfter: 1,
      check: async () => {
        await until(() => !existsSync(join(store.folder, 'pending')));
        return null;
      },
    });
    await expect(slow).rejects.toMatchObject({ code: 'REMEDY_VERIFY' });
    expect(text(rules)).toBe('open\n');
  });

  test('that is confirmed while its check runs is kept', async () => {
    const id = await applyChange({
      store,
      summary: 'close tcp port 9',
      script: script(),
      undoAfter: 60,
      check: async () => {
        await confirmChange(store, (await store.pending()) ?? '');
        return null;
      },
    });
    expect(text(rules)).toBe("closed 'for all' $HOME\n");
    expect((await store.read(id)).verdict).toBe('confirmed');
  });

  test('whose process was killed before it began keeps no other out', async () => {
    await store.begin('20260101-000000-dead');
    await expect(apply()).rejects.toMatchObject({ code: 'REMEDY_BUSY' });
    expect(await dropUnbegun(store, '20260101-000000-dead')).toBe(true);
    const id = await apply();
    expect(await dropUnbegun(store, id)).toBe(false);
    await undoChange(store, id, false);
    expect(await dropUnbegun(store, id)).toBe(false);
  });

  test('of which the record is dropped while it is armed is not made', async () => {
    class Dropping extends ChangeStore {
      override async keep(record: ChangeRecord): Promise<void> {
        await this.forget(record.id);
      }
    }
    store = new Dropping(store.folder);
    await expect(apply()).rejects.toMatchObject({ code: 'REMEDY_STATE' });
    expect(text(rules)).toBe('open\n');
  });

  test('whose way back fails says so, keeps its files and stays on the list', async () => {
    const id = await apply({ undo: [{ argv: ['false'] }] });
    await expect(undoChange(store, id, false)).rejects.toMatchObject({ code: 'REMEDY_UNDO' });
    expect((await store.list()).map(({ record, takenBack }) => [record.id, takenBack])).toEqual([
      [id, false],
    ]);
  });

  test('holds off another until it is settled', async () => {
    const id = await apply();
    await expect(apply()).rejects.toMatchObject({
      code: 'REMEDY_BUSY',
      message: expect.stringContaining(id),
    });
    await undoChange(store, id, false);
    await confirmChange(store, await apply());
  });

  test('of several begun at once is one', async () => {
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => apply()));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const id = (await store.pending()) ?? '';
    expect((await undoChange(store, id, false)).state).toBe('undone');
  });

  test('is not put back over what others did to its file, unless told to', async () => {
    const id = await apply();
    await confirmChange(store, id);
    writeFileSync(saved, 'by hand\n');
    await expect(undoChange(store, id, false)).rejects.toMatchObject({ code: 'REMEDY_CHANGED' });
    expect([text(rules), text(saved)]).toEqual(["closed 'for all' $HOME\n", 'by hand\n']);
    await undoChange(store, id, true);
    expect([text(rules), text(saved)]).toEqual(['open\n', 'as before\n']);
  });

  test('that nobody confirmed takes back nothing that others did to its file', async () => {
    const id = await apply();
    writeFileSync(saved, 'by hand\n');
    await undoChange(store, id, false);
    expect([text(rules), text(saved)]).toEqual(['open\n', 'by hand\n']);
  });

  test('that itself wrote a file takes back nothing that others did to it since', async () => {
    const writes = { apply: [{ argv: ['cp', saved, rules] }], persist: [], touches: [rules] };
    await undoChange(store, await apply({ ...writes, undo: [{ argv: ['true'] }] }), false);
    expect(text(rules)).toBe('open\n');
    const undo = [{ argv: ['sed', '-i', '/as before/d', rules] }];
    const id = await apply({ ...writes, undo });
    writeFileSync(rules, 'as before\nby hand\n');
    await undoChange(store, id, false);
    expect(text(rules)).toBe('by hand\n');
  });

  test('does not take a file that cannot be looked at for one that is not there', async () => {
    const loop = join(folder, 'loop');
    symlinkSync(loop, loop);
    await expect(apply({ touches: [loop] })).rejects.toMatchObject({ code: 'REMEDY_STATE' });
    expect(lstatSync(loop).isSymbolicLink()).toBe(true);
    expect(await store.pending()).toBeNull();
  });

  test('removes on its way back a file that was not there', async () => {
    rmSync(saved);
    const id = await apply();
    await confirmChange(store, id);
    expect(text(saved)).toBe('closed\n');
    await undoChange(store, id, false);
    expect(existsSync(saved)).toBe(false);
  });

  test('keeps its way back for this user alone, and not where others may write', async () => {
    const id = await apply();
    expect(statSync(store.folderOf(id)).mode & 0o777).toBe(0o700);
    execFileSync('chmod', ['777', store.folder]);
    const refused = { code: 'REMEDY_STATE' };
    // root would run what others have written there
    await expect(confirmChange(store, id)).rejects.toMatchObject(refused);
    await expect(undoChange(store, id, true)).rejects.toMatchObject(refused);
    execFileSync('chmod', ['700', store.folder]);
    await undoChange(store, id, false);
    execFileSync('chmod', ['777', store.folder]);
    await expect(apply()).rejects.toMatchObject(refused);
    expect(text(rules)).toBe('open\n');
  });

  test.each(['', '../state', 'pending', 'no-such', 'x'.repeat(100)])(
    'named %j is unknown',
    async (id) => {
      await store.open();
      await expect(undoChange(store, id, false)).rejects.toMatchObject({ code: 'REMEDY_UNKNOWN' });
    },
  );

  test('whose record is damaged is said to be', async () => {
    const id = await apply();
    const record = join(store.folderOf(id), 'change.json');
    const whole = text(record);
    writeFileSync(record, whole.slice(0, 40));
    await expect(undoChange(store, id, false)).rejects.toMatchObject({ code: 'REMEDY_STATE' });
    writeFileSync(record, whole);
    await undoChange(store, id, false);
  });
});

test('a change of a process that is killed takes itself back', async () => {
  const built = new URL('../../../dist/host/apply/', import.meta.url).href;
  const source = `
    const { applyChange } = await import('${built}apply.js');
    const { ChangeStore } = await import('${built}change-store.js');
    const [folder, script] = JSON.parse(process.argv[1]);
    await applyChange({ store: new ChangeStore(folder), summary: 'x', script, undoAfter: 2, check: async () => null });
    console.log('applied');
    setInterval(() => undefined, 1000);`;
  const setting = JSON.stringify([store.folder, script()]);
  const child = spawn(process.execPath, ['--input-type=module', '-e', source, setting], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  await once(child.stdout, 'data');
  expect(text(rules)).toBe("closed 'for all' $HOME\n");
  // its whole process group, as a terminal that is closed does
  process.kill(-(child.pid ?? 0), 'SIGKILL');
  await until(() => text(rules) === 'open\n');
  await until(() => !existsSync(join(store.folder, 'pending')));
});
