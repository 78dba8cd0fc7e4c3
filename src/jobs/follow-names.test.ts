import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestStore, type TestStore } from '../../test/helpers/test-store.ts';
import type { Resolution } from '../net/dns.ts';
import { LOCAL } from '../store/open.ts';
import { addressesOfName } from '../store/queries/asset-addresses.ts';
import { importAssets } from '../store/queries/asset-list.ts';
import { followNames } from './follow-names.ts';

let opened: TestStore;
beforeAll(async () => {
  opened = await openTestStore();
});
afterAll(() => opened.end());

it('takes no failed look-up for evidence', async () => {
  const { store } = opened;
  const name = 'a.example';
  const given = [{ target: name, kind: 'name', labels: [] } as const];
  await store.write((tx) => importAssets(tx, LOCAL, store.facts, given, 0));
  let at = 0;
  const answer = async (found: Resolution, signal = new AbortController().signal) => {
    at += 1;
    const resolver = { resolve: async () => found };
    const asked = {
      store,
      tenant: LOCAL,
      resolver,
      signal,
      now: () => at,
      batch: 'b',
      leftAfter: 1,
    };
    expect(await followNames(asked)).toBe(signal.aborted ? 0 : 1);
    const rows = await store.read((db) => addressesOfName(db, LOCAL, name));
    return rows.flatMap(({ address, left_at: left }) => (left === null ? [address] : []));
  };
  const both = ['192.0.2.1', '2001:db8::1'];
  expect(await answer({ addresses: both })).toEqual(both);
  for (const kind of ['timeout', 'server'] as const) {
    expect(await answer({ addresses: [], failure: { kind, detail: '' } })).toEqual(both);
  }
  // IPv6 could not be asked
  const failure = { kind: 'timeout', detail: '' } as const;
  expect(await answer({ addresses: ['192.0.2.2'], failure })).toEqual(['2001:db8::1', '192.0.2.2']);
  expect(await answer({ addresses: [] }, AbortSignal.abort())).toHaveLength(2);
  const gone = { kind: 'not-found', detail: '' } as const;
  expect(await answer({ addresses: [], failure: gone })).toEqual([]);
});
