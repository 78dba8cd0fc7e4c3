import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openLibrary } from '../../src/server/auth/library.ts';
import { backup, restore } from '../../src/store/backup.ts';
import { openStore, type Store } from '../../src/store/open.ts';
import {
  addApiKey,
  noteKeyUse,
  revokeApiKey,
  usableKey,
} from '../../src/store/queries/api-keys.ts';
import { auditLines, note } from '../../src/store/queries/audit-log.ts';
import { countAttempt, forgetAttempts } from '../../src/store/queries/auth-limits.ts';
import { hasPassword, setPassword } from '../../src/store/queries/passwords.ts';
import {
  addMember,
  addOrganization,
  addUser,
  changeRole,
  memberList,
  organizationById,
  organizationList,
  removeExpired,
  removeMember,
  removeOrganization,
  userByEmail,
  userById,
} from '../../src/store/queries/people.ts';
import { keepReset, mayReset, openReset, useReset } from '../../src/store/queries/resets.ts';
import { keepSignUp, useSignUp } from '../../src/store/queries/sign-up.ts';
import { sealerOf } from '../../src/store/seal.ts';
import { testServer, totp } from '../helpers/test-auth.ts';
import type { StoreKind } from './store.ts';
import { newStoreEach } from './store-kinds.ts';

const NOW = Date.UTC(2026, 0, 1);
const PASSWORD = 'correct horse battery';
/** Between two codes (RFC 6238); the next one is taken already. */
const STEP = 30_000;

/** What the library of sign-in, and our own queries about people, do on every store. */
export function describeAuth(kind: StoreKind): void {
  describe(`people in ${kind.name}`, () => {
    let store: Store;
    newStoreEach(kind, (opened) => {
      store = opened;
    });
    const adapter = async () => {
      const library = openLibrary({
        ...{ store, sealer: sealerOf(Buffer.alloc(32, 7)), publicUrl: 'http://127.0.0.1:4100' },
        ...{ oidc: null, trustEmail: false, now: () => NOW },
        onTrouble: (message) => {
          throw new Error(message);
        },
      });
      return (await library.$context).adapter;
    };
    const verification = (identifier: string, minutes: number) => ({
      ...{ identifier, value: `of ${identifier}`, createdAt: new Date(NOW) },
      ...{ updatedAt: new Date(NOW), expiresAt: new Date(NOW + minutes * 60_000) },
    });

    it('gives back dates, booleans and nothing as they were given', async () => {
      const db = await adapter();
      const times = { createdAt: new Date(NOW), updatedAt: new Date(NOW + 1) };
      const data = { name: 'Ada', email: 'ada@example.org', emailVerified: true, ...times };
      const made = await db.create<Record<string, unknown>>({ model: 'user', data });
      const where = [{ field: 'id', value: String(made['id']) }];
      expect(await db.findOne({ model: 'user', where })).toMatchObject({
        ...{ ...data, image: null, twoFactorEnabled: false },
      });
      await db.update({ model: 'user', where, update: { emailVerified: false, image: 'x' } });
      expect(await db.findOne({ model: 'user', where })).toMatchObject({
        ...{ emailVerified: false, image: 'x', createdAt: times.createdAt },
      });
      const row = await store.read((sql) => sql.selectFrom('auth_users').selectAll().execute());
      expect(row).toMatchObject([{ email_verified: 0, created_at: NOW, two_factor: 0 }]);
    });

    it('finds by every operator, in order, a page of them', async () => {
      const db = await adapter();
      const model = 'verification';
      for (const [name, minutes] of [
        ['a', 1],
        ['b_1', 2],
        ['B%2', 3],
        ['c', 4],
      ] as const) {
        await db.create({ model, data: verification(name, minutes) });
      }
      type Where = NonNullable<Parameters<typeof db.findMany>[0]['where']>;
      const names = async (where: Where, page = {}) => {
        const sortBy = { field: 'expiresAt', direction: 'asc' } as const;
        const rows = await db.findMany<{ identifier: string }>({ model, where, sortBy, ...page });
        return rows.map(({ identifier }) => identifier).join(' ');
      };
      const field = 'identifier';
      const expiresAt = (minutes: number) => new Date(NOW + minutes * 60_000);
      expect(await names([])).toBe('a b_1 B%2 c');
      expect(await names([], { limit: 2, offset: 1 })).toBe('b_1 B%2');
      expect(await names([{ field, operator: 'in', value: ['c', 'a'] }])).toBe('a c');
      expect(await names([{ field, operator: 'in', value: [] }])).toBe('');
      expect(await names([{ field, operator: 'not_in', value: ['c', 'a'] }])).toBe('b_1 B%2');
      expect(await names([{ field, operator: 'ne', value: 'a' }])).toBe('b_1 B%2 c');
      expect(await names([{ field, operator: 'contains', value: '%' }])).toBe('B%2');
      expect(await names([{ field, operator: 'ends_with', value: '_1' }])).toBe('b_1');
      const start = { field, operator: 'starts_with', value: 'b', mode: 'insensitive' } as const;
      expect(await names([start])).toBe('b_1 B%2');
      expect(await names([{ field: 'expiresAt', operator: 'lt', value: expiresAt(2) }])).toBe('a');
      expect(await names([{ field: 'expiresAt', operator: 'gte', value: expiresAt(3) }])).toBe(
        'B%2 c',
      );
      const either = (value: string) => ({ field, value, connector: 'OR' }) as const;
      expect(await names([either('a'), either('c')])).toBe('a c');
      expect(await names([either('a'), either('c'), { field, operator: 'gt', value: 'b' }])).toBe(
        'c',
      );
      expect(await db.count({ model })).toBe(4);
      const updated = { model, where: [either('a'), either('c')], update: { value: 'new' } };
      expect(await db.updateMany(updated)).toBe(2);
      expect(await db.deleteMany({ model, where: [{ field: 'value', value: 'new' }] })).toBe(2);
      expect(await db.count({ model })).toBe(2);
    });

    it('gives what can be used once to one alone', async () => {
      const db = await adapter();
      await db.create({ model: 'verification', data: verification('once', 1) });
      const where = [{ field: 'identifier', value: 'once' }];
      const tries = Array.from({ length: 8 }, () =>
        db.consumeOne({ model: 'verification', where }),
      );
      expect((await Promise.all(tries)).filter((got) => got !== null)).toHaveLength(1);
    });

    it('counts guarded, and loses no count', async () => {
      const db = await adapter();
      const data = { userId: 'u', secret: 's', backupCodes: 'b', verified: true };
      const { id } = await db.create<Record<string, unknown>, { id: string }>({
        ...{ model: 'twoFactor', data: { ...data, failedVerificationCount: 0 } },
      });
      const where = [
        { field: 'id', value: id },
        { field: 'failedVerificationCount', operator: 'lt', value: 5 } as const,
      ];
      const increment = { failedVerificationCount: 1 };
      const tries = Array.from({ length: 8 }, () =>
        db.incrementOne({ model: 'twoFactor', where, increment }),
      );
      expect((await Promise.all(tries)).filter((got) => got !== null)).toHaveLength(5);
    });

    const organization = async (id: string, ...roles: readonly string[]) => {
      const people: string[] = [];
      await store.write(async (tx) => {
        await addOrganization(tx, { id, name: `the ${id}`, created_at: NOW });
        for (const [index, role] of roles.entries()) {
          const email = `${id}-${index}@example.org`;
          const user = await addUser(tx, { name: email, email, password: 'hash', at: NOW });
          await addMember(tx, id, user, { role, at: NOW });
          people.push(user);
        }
      });
      return people;
    };

    it('leaves an organisation its last admin when two go at once', async () => {
      const [one = '', two = ''] = await organization('acme', 'admin', 'admin', 'viewer');
      const both = await Promise.all([
        store.write((tx) => changeRole(tx, 'acme', one, 'viewer')),
        store.write((tx) => removeMember(tx, 'acme', two, NOW)),
      ]);
      expect(both.toSorted()).toEqual(['done', 'last']);
      expect(await store.write((tx) => removeMember(tx, 'acme', 'nobody', NOW))).toBe('unknown');
    });

    it('keeps organisations apart, and counts their members', async () => {
      await organization('acme', 'admin', 'viewer');
      const [other = ''] = await organization('beta', 'admin');
      const list = await store.read((db) => organizationList(db, { limit: 10 }));
      expect(list.map(({ id, members }) => [id, members])).toEqual([
        ['acme', 2],
        ['beta', 1],
      ]);
      const page = (after?: string) =>
        store.read((db) => memberList(db, 'acme', { limit: 1, after }));
      const [first] = await page();
      const [second] = await page(first?.email);
      expect([first?.email, second?.email]).toEqual(['acme-0@example.org', 'acme-1@example.org']);
      expect(await page(second?.email)).toEqual([]);
      expect(await store.write((tx) => changeRole(tx, 'acme', other, 'admin'))).toBe('unknown');
    });

    it('takes somebody who belongs nowhere any more away altogether', async () => {
      const [, viewer = ''] = await organization('acme', 'admin', 'viewer');
      await organization('beta', 'admin');
      const asViewer = { role: 'viewer', at: NOW };
      await store.write((tx) => addMember(tx, 'beta', viewer, asViewer));
      const users = () => store.read((db) => db.selectFrom('auth_users').select('id').execute());
      await store.write((tx) => removeMember(tx, 'acme', viewer, NOW));
      expect(await users()).toHaveLength(3);
      await store.write((tx) => removeMember(tx, 'beta', viewer, NOW));
      expect(await users()).toHaveLength(2);
    });

    it('ends the keys of who leaves an organisation, also when they come back', async () => {
      const [admin = '', viewer = ''] = await organization('acme', 'admin', 'viewer');
      await organization('beta', 'admin');
      const asViewer = { role: 'viewer', at: NOW };
      const add = (tenant: string, maker: string) =>
        store.write((tx) =>
          addApiKey(tx, tenant, {
            ...{ id: randomUUID(), name: 'k', hash: `${tenant} ${maker}`, role: 'viewer' },
            ...{ scopes: '["read"]', created_at: NOW, created_by: `user:${maker}` },
            ...{ expires_at: null, used_at: null, revoked_at: null },
          }),
        );
      await store.write((tx) => addMember(tx, 'beta', viewer, asViewer));
      await add('acme', viewer);
      await add('acme', admin);
      await add('beta', viewer);
      await store.write((tx) => removeMember(tx, 'acme', viewer, NOW));
      await store.write((tx) => addMember(tx, 'acme', viewer, asViewer));
      const usable = async (hash: string) =>
        (await store.read((db) => usableKey(db, hash, NOW))) !== null;
      expect(await usable(`acme ${viewer}`)).toBe(false);
      expect(await usable(`acme ${admin}`)).toBe(true);
      expect(await usable(`beta ${viewer}`)).toBe(true);
    });

    it('takes an organisation away with those who belong to no other', async () => {
      const [admin = '', viewer = ''] = await organization('acme', 'admin', 'viewer');
      const [other = ''] = await organization('beta', 'admin');
      await store.write((tx) => addMember(tx, 'beta', viewer, { role: 'viewer', at: NOW }));
      expect(await store.write((tx) => removeOrganization(tx, 'acme'))).toBe(2);
      const left = await store.read((db) => db.selectFrom('auth_users').select('id').execute());
      expect(left.map(({ id }) => id).toSorted()).toEqual([viewer, other].toSorted());
      expect(await store.read((db) => userById(db, admin))).toBeNull();
      expect(await store.read((db) => organizationById(db, 'acme'))).toBeNull();
    });

    it('takes sessions away that have ended, and no others', async () => {
      const session = { user_id: 'u', organization: null, ip_address: null, user_agent: null };
      const times = { created_at: NOW, updated_at: NOW };
      await store.write(async (tx) => {
        for (const [id, expires_at] of [
          ['over', NOW],
          ['lasts', NOW + 1],
        ] as const) {
          const row = { ...session, ...times, id, token: id, expires_at };
          await tx.insertInto('auth_sessions').values(row).execute();
        }
        await removeExpired(tx, NOW);
      });
      const left = await store.read((db) => db.selectFrom('auth_sessions').select('id').execute());
      expect(left).toEqual([{ id: 'lasts' }]);
    });

    it('lets the first link be used once, also by two at once', async () => {
      const link = { hash: 'h', until: NOW + 1 };
      await store.write((tx) => keepSignUp(tx, link));
      const use = (now: number) => store.write((tx) => useSignUp(tx, 'h', now));
      expect(await use(NOW + 1)).toBe(false);
      const used = await Promise.all([use(NOW), use(NOW)]);
      expect(used.filter(Boolean)).toHaveLength(1);
    });

    it('counts attempts of one window, whoever counts at the same time', async () => {
      const count = (now: number) =>
        store.write((tx) => countAttempt(tx, 'account:x', { now, windowMs: 1000 }));
      const counts = await Promise.all(Array.from({ length: 6 }, () => count(NOW)));
      expect(counts.map((one) => one.count).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6]);
      expect(await count(NOW + 999)).toEqual({ count: 7, until: NOW + 1000 });
      expect(await count(NOW + 1000)).toEqual({ count: 1, until: NOW + 2000 });
      await store.write((tx) => forgetAttempts(tx, 'account:x'));
      expect((await count(NOW + 1500)).count).toBe(1);
    });

    it('takes a code once, of requests at the same time to two servers too', async () => {
      const servers = [await testServer(store), await testServer(store)] as const;
      const [first] = servers;
      const token = new URL((await first.auth.signUpLink()) ?? '').searchParams.get('token');
      const asked = { email: 'ada@example.org', password: PASSWORD };
      const browser = first.browser();
      await browser.ask('POST', '/api/auth/sign-up', { ...asked, token, name: 'Ada' });
      await browser.ask('POST', '/api/auth/sign-in/email', asked);
      const { json } = await browser.ask('POST', '/api/auth/two-factor/enable', asked);
      const uri = String(json['totpURI']);
      const verify = (by: typeof browser, code: string) =>
        by.ask('POST', '/api/auth/two-factor/verify-totp', { code });
      expect((await verify(browser, totp(uri))).status).toBe(200);
      const halfway = await Promise.all(
        [...servers, ...servers, ...servers].map(async (server) => {
          const one = server.browser();
          const { json: half } = await one.ask('POST', '/api/auth/sign-in/email', asked);
          expect(half).toEqual({ twoFactorRedirect: true });
          return one;
        }),
      );
      const code = totp(uri, Date.now() + STEP);
      const answers = await Promise.all(halfway.map((one) => verify(one, code)));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 401)).toHaveLength(5);
      // who is signed in proves nothing by it either
      expect((await verify(browser, code)).status).toBe(401);
      const inside = await Promise.all(halfway.map((one) => one.ask('GET', '/api/v1/me')));
      expect(inside.filter(({ status }) => status === 200)).toHaveLength(1);
    });

    it('keeps one link for a new password of a person, for one use, while it lasts', async () => {
      const reset = (user: string, hash: string) => ({
        ...{ user_id: user, hash, organization: null, second_factor: 0 },
        ...{ created_at: NOW, created_by: 'cli', expires_at: NOW + 10 },
      });
      const keep = (user: string, hash: string) =>
        store.write((tx) => keepReset(tx, reset(user, hash)));
      const open = (hash: string, now = NOW) => store.read((db) => openReset(db, hash, now));
      await keep('ada', 'older');
      await keep('bea', 'hers');
      await Promise.all([keep('ada', 'one'), keep('ada', 'other')]);
      expect(await open('older')).toBeNull();
      const left = [await open('one'), await open('other')].filter((row) => row !== null);
      expect(left).toHaveLength(1);
      expect(await open('hers', NOW + 9)).toEqual(reset('bea', 'hers'));
      expect(await open('hers', NOW + 10)).toBeNull();
      const use = () => store.write((tx) => useReset(tx, 'hers'));
      expect((await Promise.all([use(), use(), use()])).filter(Boolean)).toHaveLength(1);
      expect(await open('hers')).toBeNull();
      await store.write((tx) => removeExpired(tx, NOW + 9));
      const kept = () =>
        store.read((db) => db.selectFrom('auth_resets').select('user_id').execute());
      expect(await kept()).toEqual([{ user_id: 'ada' }]);
      await store.write((tx) => removeExpired(tx, NOW + 10));
      expect(await kept()).toEqual([]);
    });

    it('lets an organisation reset only who is its own', async () => {
      const add = (tenant: string, email: string) =>
        store.write(async (tx) => {
          const known = await userByEmail(tx, email);
          const fresh = { name: email, email, password: '', at: NOW };
          const user = known?.id ?? (await addUser(tx, fresh));
          await addMember(tx, tenant, user, { role: 'viewer', at: NOW });
          return user;
        });
      await store.write(async (tx) => {
        for (const id of ['local', 'acme', 'other']) {
          await addOrganization(tx, { id, name: id, created_at: NOW });
        }
      });
      const may = (tenant: string, user: string) => store.read((db) => mayReset(db, tenant, user));
      const ada = await add('acme', 'ada@example.org');
      expect([await may('acme', ada), await may('local', ada)]).toEqual([true, false]);
      await add('other', 'ada@example.org');
      expect([await may('acme', ada), await may('other', ada)]).toEqual([false, false]);
      await add('local', 'ada@example.org');
      expect([await may('acme', ada), await may('local', ada)]).toEqual([false, true]);
    });

    it('sets a first password as well as another, and ends sessions and half sign-ins', async () => {
      const fresh = { name: 'Ada', email: 'ada@example.org', password: 'old', at: NOW };
      const ada = await store.write((tx) => addUser(tx, fresh));
      const accounts = () =>
        store.read((db) =>
          db.selectFrom('auth_accounts').select(['password', 'provider_id']).execute(),
        );
      const set = (password: string) =>
        store.write((tx) => setPassword(tx, ada, { password, at: NOW }));
      await store.write(async (tx) => {
        const times = { created_at: NOW, updated_at: NOW, expires_at: NOW + 1000 };
        for (const user of [ada, 'bea']) {
          const own = { id: `s-${user}`, token: `t-${user}`, user_id: user, organization: null };
          const from = { ip_address: null, user_agent: null };
          await tx
            .insertInto('auth_sessions')
            .values({ ...own, ...from, ...times })
            .execute();
          const half = { id: `v-${user}`, identifier: `2fa-${user}`, value: user };
          await tx
            .insertInto('auth_verifications')
            .values({ ...half, ...times })
            .execute();
        }
      });
      await set('new');
      expect(await accounts()).toEqual([{ password: 'new', provider_id: 'credential' }]);
      const left = await store.read(async (db) => [
        await db.selectFrom('auth_sessions').select('user_id as user').execute(),
        await db.selectFrom('auth_verifications').select('value as user').execute(),
      ]);
      expect(left).toEqual([[{ user: 'bea' }], [{ user: 'bea' }]]);
      await store.write((tx) => tx.deleteFrom('auth_accounts').execute());
      expect(await store.read((db) => hasPassword(db, ada))).toBe(false);
      await set('first');
      expect(await accounts()).toEqual([{ password: 'first', provider_id: 'credential' }]);
      expect(await store.read((db) => hasPassword(db, ada))).toBe(true);
    });

    it('knows keys by their hash while they may be used', async () => {
      const row = {
        ...{ id: 'k', name: 'k', hash: 'hash', role: 'viewer', scopes: '["read"]' },
        ...{ created_at: NOW, created_by: 'user:u', used_at: null, revoked_at: null },
        expires_at: NOW + 10,
      };
      await store.write((tx) => addApiKey(tx, 'acme', row));
      const usable = (now: number) => store.read((db) => usableKey(db, 'hash', now));
      expect(await usable(NOW)).toEqual({ ...row, tenant: 'acme' });
      expect(await usable(NOW + 10)).toBeNull();
      await store.write((tx) => noteKeyUse(tx, { tenant: 'acme', id: 'k' }, NOW + 1));
      expect((await usable(NOW))?.used_at).toBe(NOW + 1);
      await store.write((tx) => revokeApiKey(tx, 'other', 'k', NOW));
      expect(await usable(NOW)).not.toBeNull();
      await store.write((tx) => revokeApiKey(tx, 'acme', 'k', NOW));
      expect(await usable(NOW)).toBeNull();
    });

    it('filters the audit log by the first word of an action', async () => {
      for (const action of ['member', 'member.role', 'members.x', 'memo', 'member/x']) {
        const line = { at: NOW, actor: 'a', action, subject: 's', source: null };
        await store.write((tx) => note(tx, 'acme', line));
      }
      const found = await store.read((db) =>
        auditLines(db, 'acme', { limit: 10, action: 'member' }),
      );
      expect(found.map(({ action }) => action).toSorted()).toEqual(['member', 'member.role']);
      expect(await store.read((db) => auditLines(db, 'other', { limit: 10 }))).toEqual([]);
    });

    it('takes no NUL, and no place in a list that is none, for a fault of its own', async () => {
      const server = await testServer(store);
      const browser = server.browser();
      const token = new URL((await server.auth.signUpLink()) ?? '').searchParams.get('token');
      const asked = { email: 'ada@example.org', password: PASSWORD };
      const signUp = (name: string) =>
        browser.ask('POST', '/api/auth/sign-up', { ...asked, token, name });
      expect((await signUp('A\0da')).status).toBe(422);
      expect((await signUp('Ada')).status).toBe(200);
      await browser.ask('POST', '/api/auth/sign-in/email', asked);
      const placeOf = (place: unknown) => Buffer.from(JSON.stringify(place)).toString('base64url');
      const answers = [
        await browser.ask('POST', '/api/v1/keys', { name: 'a\0b' }),
        await browser.ask('GET', '/api/v1/audit-log?actor=%00'),
        await browser.ask('GET', `/api/v1/audit-log?cursor=${placeOf({ at: 1.5, id: 'x' })}`),
        await browser.ask('GET', `/api/v1/assets?cursor=${placeOf('\0')}`),
        await browser.ask('GET', '/api/auth/callback/company?state=%00'),
      ];
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 422));
      expect((await browser.ask('POST', '/api/v1/keys', { name: 'a\\u0000b' })).status).toBe(201);
      expect(server.log).toEqual([]);
    });

    it('goes whole through a backup into a new store, password and second factor too', async () => {
      const server = await testServer(store);
      const browser = server.browser();
      const token = new URL((await server.auth.signUpLink()) ?? '').searchParams.get('token');
      const asked = { email: 'ada@example.org', password: PASSWORD };
      await browser.ask('POST', '/api/auth/sign-up', { ...asked, token, name: 'Ada' });
      await browser.ask('POST', '/api/auth/sign-in/email', asked);
      const { json } = await browser.ask('POST', '/api/auth/two-factor/enable', asked);
      const uri = String(json['totpURI']);
      const verify = '/api/auth/two-factor/verify-totp';
      expect((await browser.ask('POST', verify, { code: totp(uri) })).status).toBe(200);

      const folder = mkdtempSync(join(tmpdir(), 'postern-auth-'));
      const file = join(folder, 'backup.gz');
      await backup(store, file, new Date(NOW));
      const copy = await openStore({ file: join(folder, 'copy', 'postern.db') });
      await restore(copy, file);
      const there = (await testServer(copy)).browser();
      const half = await there.ask('POST', '/api/auth/sign-in/email', asked);
      expect(half.json).toEqual({ twoFactorRedirect: true });
      const next = totp(uri, Date.now() + STEP);
      expect((await there.ask('POST', verify, { code: next })).status).toBe(200);
      expect((await there.ask('GET', '/api/v1/me')).json).toMatchObject({ role: 'admin' });
      await copy.close();
      rmSync(folder, { recursive: true });
    });
  });
}
