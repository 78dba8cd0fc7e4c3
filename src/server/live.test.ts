import { afterAll, beforeAll, expect, it } from 'vitest';
import { lookOf } from '../../test/helpers/stored-looks.ts';
import { openTestStore, type TestStore } from '../../test/helpers/test-store.ts';
import { recordLook } from '../store/record.ts';
import type { JobRow } from '../store/service-schema.ts';
import { Live } from './live.ts';

let opened: TestStore;
beforeAll(async () => {
  opened = await openTestStore();
});
afterAll(() => opened.end());

let made = 0;

async function addJob(tenant: string): Promise<string> {
  made += 1;
  const id = `00000000-0000-4000-8000-${String(made).padStart(12, '0')}`;
  const nothing = { schedule: null, started_at: null, ended_at: null, worker: null };
  const row: JobRow = {
    ...{ tenant, id, kind: 'scan', spec: '{}', status: 'queued', priority: 0, created_at: 1 },
    ...{ created_by: 'user:x', due_at: 1, attempts: 0, progress: null, problem: null, cancel: 0 },
    ...{ ...nothing, lease_until: null },
  };
  await opened.store.write((tx) => tx.insertInto('jobs').values(row).execute());
  return id;
}

function change(id: string, set: Partial<JobRow>) {
  return opened.store.write((tx) =>
    tx.updateTable('jobs').set(set).where('id', '=', id).executeTakeFirst(),
  );
}

/** Listens until it is ended, and tells what came. */
async function listen(live: Live, tenant: string, lastId?: string) {
  const ending = new AbortController();
  const body = await live.subscribe({
    ...{ tenant, lastId, stillAllowed: async () => true, signal: ending.signal },
  });
  const text = new Response(body).text();
  return {
    told: async () => {
      ending.abort();
      return [...(await text).matchAll(/id: (.+)\nevent: (.+)\ndata: (.+)\n\n/g)].map(
        ([, id = '', event, data = '']) => ({ id, event, data: JSON.parse(data) as object }),
      );
    },
  };
}

it('begins with the jobs there are, and tells what becomes of them to the end', async () => {
  const live = new Live(opened.store);
  const id = await addJob('one');
  await addJob('another');
  const listener = await listen(live, 'one');
  await live.turn();
  await change(id, { status: 'running', progress: '{"done":5}' });
  await live.turn();
  await live.turn();
  await change(id, { status: 'done' });
  await live.turn();
  await live.turn();
  expect((await listener.told()).map(({ data }) => data)).toMatchObject([
    { id, status: 'queued', progress: null },
    { id, status: 'running', progress: { done: 5 } },
    { id, status: 'done' },
  ]);
});

it('tells of looks that are stored, and how many changes they brought', async () => {
  const live = new Live(opened.store);
  const store = (at: number) =>
    recordLook(
      opened.store,
      'looks',
      'scan',
      lookOf({ at, tcp: '22,80', hosts: { '192.0.2.1': { 22: 'open', 80: 'open' } } }),
    );
  await store(1000);
  const listener = await listen(live, 'looks');
  await store(2000);
  await recordLook(
    opened.store,
    'looks',
    'scan',
    lookOf({ at: 3000, tcp: '22,80', hosts: { '192.0.2.1': { 22: 'closed', 80: 'open' } } }),
  );
  await live.turn();
  expect(await listener.told()).toMatchObject([
    { event: 'look', data: { changes: 0, open: 2 } },
    { event: 'look', data: { changes: 1, open: 1 } },
  ]);
});

it('goes on behind the last event that somebody had, and starts over where it cannot', async () => {
  const live = new Live(opened.store);
  const id = await addJob('resume');
  const first = await listen(live, 'resume');
  await change(id, { status: 'running' });
  await live.turn();
  const [, running] = await first.told();
  await change(id, { progress: '{"done":1}' });
  await live.turn();
  await change(id, { progress: '{"done":2}' });
  await live.turn();
  const again = await listen(live, 'resume', running?.id);
  expect((await again.told()).map(({ data }) => data)).toMatchObject([
    { progress: { done: 1 } },
    { progress: { done: 2 } },
  ]);
  for (const unknown of ['another-1', 'x', `${running?.id}9`]) {
    const over = await listen(live, 'resume', unknown);
    expect((await over.told()).map(({ data }) => data)).toMatchObject([{ progress: { done: 2 } }]);
  }
});

it('bounds the streams of a tenant, and ends all at once', async () => {
  const live = new Live(opened.store);
  const listeners = [];
  for (let count = 0; count < 20; count++) listeners.push(await listen(live, 'many'));
  await expect(listen(live, 'many')).rejects.toMatchObject({ code: 'API_TOO_MANY' });
  await listeners[0]?.told();
  await listen(live, 'many');
  live.end();
  for (const listener of listeners) expect(await listener.told()).toEqual([]);
  await expect(listen(live, 'other')).rejects.toMatchObject({ code: 'API_TOO_MANY' });
});
