import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestStore, type TestStore } from '../../../test/helpers/test-store.ts';
import type { Store } from '../../store/open.ts';
import {
  addInvitation,
  addMember,
  addOrganization,
  addUser,
  removeMember,
  userByEmail,
} from '../../store/queries/people.ts';
import { acceptInvitation } from './links.ts';
import { hashOf } from './secrets.ts';

const NOW = Date.UTC(2026, 0, 1);
const EMAIL = 'ada@example.org';

let opened: TestStore;
beforeAll(async () => {
  opened = await openTestStore();
});
afterAll(() => opened.end());

it('makes nobody without a password of who is removed while they accept', async () => {
  const { store } = opened;
  const token = 'the token of a link';
  const user = await store.write(async (tx) => {
    for (const id of ['acme', 'beta']) await addOrganization(tx, { id, name: id, created_at: NOW });
    const ada = await addUser(tx, { name: 'Ada', email: EMAIL, password: 'hash', at: NOW });
    await addMember(tx, 'acme', ada, { role: 'viewer', at: NOW });
    const times = { created_at: NOW, created_by: 'user:x', expires_at: NOW + 1000 };
    const invited = { id: randomUUID(), email: EMAIL, role: 'viewer', hash: hashOf(token) };
    await addInvitation(tx, 'beta', { ...invited, ...times });
    return ada;
  });
  const racing = {
    read: store.read.bind(store),
    write: async (act: Parameters<Store['write']>[0]) => {
      await store.write((tx) => removeMember(tx, 'acme', user, NOW));
      return store.write(act);
    },
  } as unknown as Store;
  const coming = { store: racing, now: NOW, source: null };
  await expect(acceptInvitation(coming, { token }, user)).rejects.toMatchObject({
    code: 'API_SIGN_IN',
  });
  expect(await store.read((db) => userByEmail(db, EMAIL))).toBeNull();
  // the link is as good as it was, for who they are now
  const asked = { token, name: 'Ada', password: 'correct horse battery' };
  await acceptInvitation({ ...coming, store }, asked, null);
  expect(await store.read((db) => userByEmail(db, EMAIL))).toMatchObject({ name: 'Ada' });
});
