import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../../src/store/open.ts';
import { hasPostgres, type Postgres, startPostgres } from '../lab/postgres.ts';

// an event that nobody hears would end a server: vitest fails for it too
describe.skipIf(!hasPostgres())('the connections of a store in PostgreSQL', () => {
  let postgres: Postgres;
  let store: Store;
  let other: Store;
  beforeAll(async () => {
    postgres = await startPostgres();
    const place = { url: await postgres.newDatabase() };
    store = await openStore(place);
    other = await openStore(place);
  });
  afterAll(async () => {
    await Promise.all([store.close(), other.close()]);
    await postgres.stop();
  });

  type Db = Parameters<Parameters<Store['read']>[0]>[0];
  const breakOff = (db: Db) => sql`select pg_terminate_backend(pg_backend_pid())`.execute(db);

  /** While nothing is asked over it. */
  async function brokenOff(db: Db): Promise<void> {
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db);
    const [mine] = rows;
    const waits = 60_000;
    await other.read((one) =>
      sql`select pg_terminate_backend(${mine?.pid}::int, ${waits}::bigint)`.execute(one),
    );
  }

  it('say that it is gone, whatever was under way, and others take their place', async () => {
    const gone = { code: 'STORE_GONE' };
    await expect(store.read(breakOff)).rejects.toMatchObject(gone);
    await expect(store.snapshot(breakOff)).rejects.toMatchObject(gone);
    await expect(store.write(breakOff)).rejects.toMatchObject(gone);
    const idle = store.write(async (tx) => {
      await brokenOff(tx);
      await sql`select 1`.execute(tx);
    });
    await expect(idle).rejects.toMatchObject(gone);
    await expect(store.write(brokenOff)).rejects.toMatchObject(gone);
    expect(await store.read((db) => db.selectFrom('meta').selectAll().execute())).toEqual([]);
  });

  it('are left to others while many wait for one look to be recorded', async () => {
    const lock = (tx: Parameters<Parameters<Store['write']>[0]>[0]) =>
      store.facts.lockForRecording(tx, 'acme');
    let end = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      end = resolve;
    });
    const order: number[] = [];
    const recording = store.write(async (tx) => {
      await lock(tx);
      await held;
      order.push(0);
    }, 'acme');
    const waiting = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((place) =>
      store.write(async (tx) => {
        await lock(tx);
        order.push(place);
        if (place === 3) throw new Error('of no concern to those behind');
      }, 'acme'),
    );
    const settled = Promise.allSettled(waiting);
    expect(await store.read((db) => db.selectFrom('meta').selectAll().execute())).toEqual([]);
    end();
    await recording;
    expect((await settled).filter(({ status }) => status === 'rejected')).toHaveLength(1);
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});
