import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../../src/store/open.ts';
import { hasPostgres, type Postgres, startPostgres } from '../lab/postgres.ts';

// an event that nobody hears would end a server: vitest fails for it too
describe.skipIf(!hasPostgres())('a store in PostgreSQL whose connection breaks', () => {
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

  it('says that it is gone, whatever was under way, and goes on over another', async () => {
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
});
