import { describe, expect, it } from 'vitest';
import { PRIVATE_BLOCKS } from '../../src/model/network.ts';
import { createTextResolver } from '../../src/net/dns.ts';
import { proofRecord, recheckGrants } from '../../src/server/prove.ts';
import { LOCAL, type Store } from '../../src/store/open.ts';
import {
  askForName,
  claimCheck,
  grantById,
  grantByOperator,
  grantOwnNetworks,
  grantPage,
  noteCheck,
  removeGrant,
  ungranted,
} from '../../src/store/queries/grants.ts';
import { setQuotas } from '../../src/store/queries/settings.ts';
import { dnsPeer, type Said } from '../helpers/dns-peer.ts';
import type { StoreKind } from './store.ts';
import { newStoreEach } from './store-kinds.ts';

const NOW = Date.UTC(2026, 5, 1);
const DAY = 24 * 60 * 60 * 1000;
const TENANT = 'acme';

/** What a tenant may have scanned, and how it loses it. */
export function describeGrants(kind: StoreKind): void {
  describe(`grants in ${kind.name}`, () => {
    let store: Store;
    newStoreEach(kind, (opened) => {
      store = opened;
    });

    const ask = (target: string, tenant = TENANT) =>
      store.write((tx) => askForName(tx, tenant, { target, by: 'user:ada', at: NOW }));
    const give = (target: string, what: 'name' | 'network' = 'network', tenant = TENANT) =>
      store.write((tx) =>
        grantByOperator(tx, tenant, { target, kind: what, by: 'user:op', at: NOW }),
      );
    const refused = (...targets: string[]) => store.read((db) => ungranted(db, TENANT, targets));
    const note = (id: string, evidence: 'proved' | 'absent' | 'unknown', at: number) =>
      store.write((tx) => noteCheck(tx, TENANT, store.facts, id, evidence, at));
    const lapses = () =>
      store.read((db) =>
        db.selectFrom('events').selectAll().where('kind', '=', 'grant.lapsed').execute(),
      );

    it('covers a name and all below it, once it is proved', async () => {
      const grant = await ask('example.org');
      expect(await refused('example.org')).toEqual(['example.org']);
      await note(grant.id, 'proved', NOW);
      expect(
        await refused(
          'example.org',
          'a.b.example.org',
          'badexample.org',
          'org',
          'example.org.evil',
        ),
      ).toEqual(['badexample.org', 'org', 'example.org.evil']);
    });

    it('takes no list, URL or file for a name', async () => {
      const { id } = await ask('example.org');
      await note(id, 'proved', NOW);
      const tricks = ['8.8.8.8,x.example.org', 'http://8.8.8.8/.example.org', '@.example.org'];
      expect(await refused(...tricks)).toEqual(tricks);
    });

    it('covers a network and what lies in it, in one family only', async () => {
      await give('192.0.2.0/24');
      await give('2001:db8::/32');
      expect(
        await refused(
          ...['192.0.2.7', '192.0.2.0/25', '192.0.2.1-9', '2001:db8:1::/48', '::ffff:192.0.2.7'],
          ...['192.0.3.1', '192.0.0.0/16', '192.0.2.250-192.0.3.1', '::/0', '0.0.0.0/0'],
        ),
      ).toEqual(['192.0.3.1', '192.0.0.0/16', '192.0.2.250-192.0.3.1', '::/0', '0.0.0.0/0']);
      await give('0.0.0.0/0');
      expect(await refused('192.0.0.0/16')).toEqual([]);
    });

    it('keeps tenants apart', async () => {
      const { id } = await give('192.0.2.0/24');
      expect(await store.read((db) => ungranted(db, 'other', ['192.0.2.1']))).toEqual([
        '192.0.2.1',
      ]);
      expect(await store.read((db) => grantById(db, 'other', id))).toBeNull();
      expect(await store.write((tx) => removeGrant(tx, 'other', id))).toBe(false);
      expect(await store.write((tx) => removeGrant(tx, TENANT, id))).toBe(true);
      expect(await refused('192.0.2.1')).toEqual(['192.0.2.1']);
    });

    it('keeps the token of a name that is asked for again, also by two at once', async () => {
      const all = await Promise.all([ask('example.org'), ask('example.org'), ask('example.org')]);
      expect(new Set(all.map(({ token }) => token)).size).toBe(1);
      const other = await ask('example.org', 'other');
      expect(other.token).not.toBe(all[0].token);
    });

    it('holds to the quota, and pages', async () => {
      await store.write((tx) => setQuotas(tx, TENANT, { grants: 3 }));
      for (const name of ['a.example', 'b.example', 'c.example']) await ask(name);
      await expect(ask('d.example')).rejects.toMatchObject({ code: 'QUOTA' });
      await ask('a.example');
      const one = await store.read((db) => grantPage(db, TENANT, { limit: 2 }));
      const after = one.at(-1)?.id;
      const two = await store.read((db) => grantPage(db, TENANT, { limit: 2, after }));
      expect([...one, ...two].map(({ target }) => target).toSorted()).toEqual([
        'a.example',
        'b.example',
        'c.example',
      ]);
    });

    it('lets a grant be checked now and then, not again and again', async () => {
      const { id } = await ask('example.org');
      const check = (at: number) => store.write((tx) => claimCheck(tx, TENANT, id, at));
      await check(NOW);
      await expect(check(NOW + 9_999)).rejects.toMatchObject({ code: 'API_TOO_MANY' });
      await check(NOW + 10_000);
    });

    it('lets a tenant check so many grants a minute', async () => {
      const ids: string[] = [];
      for (let at = 0; at < 21; at++) ids.push((await ask(`h${at}.example`)).id);
      const check = (id: string, at: number) => store.write((tx) => claimCheck(tx, TENANT, id, at));
      for (const id of ids.slice(0, 20)) await check(id, NOW);
      const last = ids.at(-1) ?? '';
      await expect(check(last, NOW + 1)).rejects.toMatchObject({ code: 'API_TOO_MANY' });
      await check(last, NOW + 60_001);
    });

    it('takes a proof away after three days without it, and no sooner', async () => {
      const { id } = await ask('example.org');
      await note(id, 'proved', NOW);
      for (const day of [1, 2]) await note(id, 'absent', NOW + day * DAY);
      await note(id, 'absent', NOW + 2 * DAY + 1);
      expect(await refused('example.org')).toEqual([]);
      expect(await lapses()).toEqual([]);
      await note(id, 'absent', NOW + 3 * DAY);
      expect(await refused('example.org')).toEqual(['example.org']);
      expect(await lapses()).toMatchObject([
        { tenant: TENANT, subject: id, detail: JSON.stringify({ target: 'example.org' }) },
      ]);
      await note(id, 'absent', NOW + 4 * DAY);
      expect(await lapses()).toHaveLength(1);
      await note(id, 'proved', NOW + 5 * DAY);
      expect(await refused('example.org')).toEqual([]);
    });

    it('takes no proof away because nobody answers, until it is a month old', async () => {
      const { id } = await ask('example.org');
      await note(id, 'proved', NOW);
      for (let day = 1; day < 30; day++) await note(id, 'unknown', NOW + day * DAY);
      expect(await refused('example.org')).toEqual([]);
      expect(await note(id, 'unknown', NOW + 30 * DAY)).toMatchObject({
        status: 'lapsed',
        misses: 0,
      });
    });

    it('takes no operator grant away, and none that was one long miss', async () => {
      await give('192.0.2.0/24');
      const { id } = await ask('example.org');
      await note(id, 'proved', NOW);
      expect(await note(id, 'absent', NOW + 20 * DAY)).toMatchObject({ status: 'granted' });
      await using peer = await dnsPeer(() => 'no-name');
      const names = createTextResolver({ servers: [peer.server], timeoutMs: 500, tries: 1 });
      await recheckGrants(store, names, NOW + 60 * DAY, new AbortController().signal);
      expect(await refused('192.0.2.1')).toEqual([]);
    });

    it('asks again every day for what was proved, of every tenant', async () => {
      const first = await ask('one.example');
      const second = await ask('two.example', 'other');
      await ask('pending.example');
      await store.write(async (tx) => {
        await noteCheck(tx, TENANT, store.facts, first.id, 'proved', NOW);
        await noteCheck(tx, 'other', store.facts, second.id, 'proved', NOW);
      });
      const records: Record<string, Said> = {
        [proofRecord(second).name]: [[proofRecord(second).value]],
      };
      await using peer = await dnsPeer((name) => records[name] ?? 'no-name');
      const names = createTextResolver({ servers: [peer.server], timeoutMs: 2000, tries: 1 });
      const { signal } = new AbortController();
      await recheckGrants(store, names, NOW + DAY - 1, signal);
      expect(peer.asked).toEqual([]);
      for (const day of [1, 2, 3]) await recheckGrants(store, names, NOW + day * DAY, signal);
      await recheckGrants(store, names, NOW + 3 * DAY, signal);
      expect(peer.asked.toSorted()).toEqual([
        ...Array(3).fill('_postern-challenge.one.example'),
        ...Array(3).fill('_postern-challenge.two.example'),
      ]);
      expect(await store.read((db) => grantById(db, TENANT, first.id))).toMatchObject({
        status: 'lapsed',
        misses: 3,
      });
      expect(await store.read((db) => grantById(db, 'other', second.id))).toMatchObject({
        status: 'granted',
        misses: 0,
        proved_at: NOW + 3 * DAY,
      });
    });

    it('grants the own tenant its private networks once, and lets them be taken away', async () => {
      await store.write((tx) => grantOwnNetworks(tx, NOW));
      const page = () => store.read((db) => grantPage(db, LOCAL, { limit: 99 }));
      const grants = await page();
      expect(grants.map(({ target }) => target).toSorted()).toEqual([...PRIVATE_BLOCKS].toSorted());
      const own = await store.read((db) =>
        ungranted(db, LOCAL, ['127.0.0.1', '192.168.1.0/24', 'fe80::1%eth0', '192.0.2.1']),
      );
      expect(own).toEqual(['192.0.2.1']);
      await store.write((tx) => removeGrant(tx, LOCAL, grants[0]?.id ?? ''));
      await store.write((tx) => grantOwnNetworks(tx, NOW));
      expect(await page()).toHaveLength(PRIVATE_BLOCKS.length - 1);
    });
  });
}
