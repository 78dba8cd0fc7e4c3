import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { auditLines } from '../../src/store/queries/audit-log.ts';
import { type Browser, type TestServer, testServer, totp } from '../helpers/test-auth.ts';
import { openTestStore, type TestStore } from '../helpers/test-store.ts';

const PASSWORD = 'correct horse battery';
const MINUTE = 60_000;
/** Of codes (RFC 6238): that of the next one is taken already. */
const STEP = 30_000;
const tokenOf = (link: string) => new URL(link).searchParams.get('token') ?? '';

let test: TestStore;
let server: TestServer;
let admin: Browser;
/** Every answer of the suite, to look for secrets at its end. */
const answers: string[] = [];
const secrets = new Set<string>();

function heard(browser: Browser): Browser {
  return {
    cookies: browser.cookies,
    ask: async (...asked) => {
      const answer = await browser.ask(...asked);
      answers.push(answer.text);
      return answer;
    },
  };
}

async function signUpLink(): Promise<string> {
  const link = await server.auth.signUpLink();
  if (link === null) throw new Error('there is an admin already');
  return link;
}

/** Invites, accepts and signs in. */
async function join(email: string, role: string, by = admin): Promise<Browser> {
  const { json } = await by.ask('POST', '/api/v1/invitations', { email, role });
  const browser = heard(server.browser());
  const token = tokenOf(json['link'] ?? '');
  const asked = { token, name: email, password: PASSWORD };
  expect((await browser.ask('POST', '/api/auth/accept-invitation', asked)).status).toBe(200);
  const signedIn = await browser.ask('POST', '/api/auth/sign-in/email', {
    email,
    password: PASSWORD,
  });
  expect(signedIn.status).toBe(200);
  return browser;
}

const withKey = (key: string) => ({ authorization: `Bearer ${key}` });

beforeAll(async () => {
  test = await openTestStore();
  server = await testServer(test.store);
  admin = heard(server.browser());
});
afterAll(async () => {
  await test.end();
});

describe('the first sign-up', () => {
  it('works with the newest link alone, and once', async () => {
    const older = await signUpLink();
    const link = await signUpLink();
    const asked = { name: 'Ada', email: 'Ada@Example.org', password: PASSWORD };
    const send = (token: string, body = asked) =>
      admin.ask('POST', '/api/auth/sign-up', { ...body, token });
    expect((await send(tokenOf(older))).status).toBe(403);
    expect((await send('made-up')).json).toMatchObject({ error: { code: 'AUTH_LINK' } });
    const short = await send(tokenOf(link), { ...asked, password: 'short' });
    expect(short.status).toBe(422);
    const both = await Promise.all([send(tokenOf(link)), send(tokenOf(link))]);
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 403]);
    expect((await send(tokenOf(link))).status).toBe(403);
    expect(await server.auth.signUpLink()).toBeNull();
  });

  it('expires after a day', async () => {
    const other = await openTestStore();
    const fresh = await testServer(other.store);
    const link = await fresh.auth.signUpLink();
    fresh.now += 24 * 60 * MINUTE;
    const answer = await fresh.browser().ask('POST', '/api/auth/sign-up', {
      ...{ name: 'Late', email: 'late@example.org', password: PASSWORD },
      token: tokenOf(link ?? ''),
    });
    expect(answer.json).toMatchObject({ error: { code: 'AUTH_LINK' } });
    await other.end();
  });

  it('lets nobody in by the ways of the library', async () => {
    const stranger = server.browser();
    const asked = { name: 'Eve', email: 'eve@example.org', password: PASSWORD };
    for (const path of ['sign-up/email', 'reset-password', 'update-user', 'admin/create-user']) {
      expect((await stranger.ask('POST', `/api/auth/${path}`, asked)).status).toBe(404);
    }
    for (const path of ['get-session', 'list-sessions', 'ok', 'error']) {
      expect((await stranger.ask('GET', `/api/auth/${path}`)).status).toBe(404);
    }
  });
});

describe('signing in', () => {
  it('takes the password whatever the case of the address, and sets a guarded cookie', async () => {
    const wrong = await admin.ask('POST', '/api/auth/sign-in/email', {
      email: 'ada@example.org',
      password: 'not this one at all',
    });
    expect(wrong.status).toBe(401);
    expect(wrong.json).toMatchObject({ error: { code: 'AUTH_REFUSED' } });
    const answer = await admin.ask('POST', '/api/auth/sign-in/email', {
      email: 'ADA@example.org',
      password: PASSWORD,
    });
    expect(answer.status).toBe(200);
    const [cookie = ''] = answer.headers.getSetCookie();
    expect(cookie).toMatch(/^postern\.session_token=/);
    expect(cookie).toMatch(/; HttpOnly/i);
    expect(cookie).toMatch(/; SameSite=Lax/i);
    expect(cookie).not.toMatch(/; Secure/i);
    expect((await admin.ask('GET', '/api/v1/me')).json).toMatchObject({
      role: 'admin',
      organization: { id: 'local' },
      person: { email: 'ada@example.org', name: 'Ada', twoFactor: false },
    });
  });

  it('tells nothing of who has an account', async () => {
    const asked = { email: 'nobody@example.org', password: PASSWORD };
    const unknown = await server.browser().ask('POST', '/api/auth/sign-in/email', asked);
    const known = await server
      .browser()
      .ask('POST', '/api/auth/sign-in/email', { ...asked, email: 'ada@example.org' }, {});
    const wrong = await server.browser().ask('POST', '/api/auth/sign-in/email', {
      email: 'ada@example.org',
      password: 'x'.repeat(12),
    });
    expect(known.status).toBe(200);
    expect([unknown.status, unknown.text]).toEqual([wrong.status, wrong.text]);
  });

  it('asks for a second factor where one is set up, and takes each backup code once', async () => {
    const person = await join('tina@example.org', 'viewer');
    const setUp = await person.ask('POST', '/api/auth/two-factor/enable', { password: PASSWORD });
    expect(setUp.status).toBe(200);
    const uri = String(setUp.json['totpURI']);
    const [backup = ''] = setUp.json['backupCodes'] as unknown as readonly string[];
    answers.pop();
    secrets.add(new URL(uri).searchParams.get('secret') ?? '');
    const verify = (browser: Browser, code: string) =>
      browser.ask('POST', '/api/auth/two-factor/verify-totp', { code });
    expect((await verify(person, totp(uri, 0))).status).toBe(401);
    const code = totp(uri);
    expect((await verify(person, code)).status).toBe(200);

    const again = heard(server.browser());
    const asked = { email: 'tina@example.org', password: PASSWORD };
    const half = await again.ask('POST', '/api/auth/sign-in/email', asked);
    expect(half.json).toEqual({ twoFactorRedirect: true });
    expect((await again.ask('GET', '/api/v1/me')).status).toBe(401);
    expect((await verify(again, totp(uri, 0))).json).toMatchObject({
      error: { code: 'AUTH_REFUSED' },
    });
    const used = await verify(again, code);
    expect([used.status, used.text.includes('tried already')]).toEqual([401, true]);
    expect((await verify(again, totp(uri, Date.now() + STEP))).status).toBe(200);
    expect((await again.ask('GET', '/api/v1/me')).json).toMatchObject({
      person: { twoFactor: true },
    });

    for (const status of [200, 401]) {
      const lost = heard(server.browser());
      await lost.ask('POST', '/api/auth/sign-in/email', asked);
      const answer = await lost.ask('POST', '/api/auth/two-factor/verify-backup-code', {
        code: backup,
      });
      expect(answer.status).toBe(status);
    }
  });

  it('ends with signing out, and other sessions with a new password', async () => {
    const one = await join('paul@example.org', 'viewer');
    const other = heard(server.browser());
    await other.ask('POST', '/api/auth/sign-in/email', {
      email: 'paul@example.org',
      password: PASSWORD,
    });
    const changed = await one.ask('POST', '/api/auth/change-password', {
      currentPassword: PASSWORD,
      newPassword: `${PASSWORD} staple`,
    });
    expect(changed.status).toBe(200);
    expect((await other.ask('GET', '/api/v1/me')).status).toBe(401);
    expect((await one.ask('GET', '/api/v1/me')).status).toBe(200);
    const copied = new Map(one.cookies);
    expect((await one.ask('POST', '/api/auth/sign-out', {})).status).toBe(200);
    for (const [name, value] of copied) one.cookies.set(name, value);
    expect((await one.ask('GET', '/api/v1/me')).status).toBe(401);
  });
});

describe('invitations and roles', () => {
  it('bind to an address and can be used once', async () => {
    const asked = { email: 'vera@example.org', role: 'viewer' };
    const first = await admin.ask('POST', '/api/v1/invitations', asked);
    const second = await admin.ask('POST', '/api/v1/invitations', asked);
    const browser = server.browser();
    const accept = (link: string) =>
      browser.ask('POST', '/api/auth/accept-invitation', {
        ...{ token: tokenOf(link), name: 'Vera', password: PASSWORD },
      });
    expect((await accept(first.json['link'] ?? '')).status).toBe(403);
    const shown = await browser.ask('POST', '/api/auth/invitation', {
      token: tokenOf(second.json['link'] ?? ''),
    });
    expect(shown.json).toMatchObject({ email: asked.email, role: 'viewer', known: false });
    expect((await accept(second.json['link'] ?? '')).status).toBe(200);
    expect((await accept(second.json['link'] ?? '')).status).toBe(403);
    const again = await admin.ask('POST', '/api/v1/invitations', asked);
    expect(again.status).toBe(409);
  });

  it('let a viewer look and no more', async () => {
    const viewer = await join('vic@example.org', 'viewer');
    expect((await viewer.ask('GET', '/api/v1/members')).status).toBe(200);
    const refused = [
      await viewer.ask('POST', '/api/v1/invitations', { email: 'x@example.org', role: 'admin' }),
      await viewer.ask('GET', '/api/v1/audit-log'),
      await viewer.ask('GET', '/api/v1/organizations'),
      await viewer.ask('POST', '/api/v1/keys', { name: 'k', role: 'operator' }),
    ];
    expect(refused.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
  });

  it('keep the last admin, and take effect at once', async () => {
    const { json } = await admin.ask('GET', '/api/v1/me');
    const { id } = json['person'] as unknown as { id: string };
    const last = await admin.ask('PATCH', `/api/v1/members/${id}`, { role: 'viewer' });
    expect(last.json).toMatchObject({ error: { code: 'AUTH_LAST_ADMIN' } });
    expect((await admin.ask('DELETE', `/api/v1/members/${id}`)).status).toBe(409);
    const second = await join('bob@example.org', 'admin');
    const me = await second.ask('GET', '/api/v1/me');
    const { id: bob } = me.json['person'] as unknown as { id: string };
    const lowered = await admin.ask('PATCH', `/api/v1/members/${bob}`, { role: 'operator' });
    expect(lowered.json).toMatchObject({ role: 'operator' });
    expect((await second.ask('GET', '/api/v1/audit-log')).status).toBe(403);
    expect((await admin.ask('DELETE', `/api/v1/members/${bob}`)).status).toBe(200);
    expect((await second.ask('GET', '/api/v1/me')).status).toBe(401);
    const gone = await second.ask('POST', '/api/auth/sign-in/email', {
      email: 'bob@example.org',
      password: PASSWORD,
    });
    expect(gone.status).toBe(401);
  });
});

describe('API keys', () => {
  const make = async (by: Browser, body: object) => {
    const made = await by.ask('POST', '/api/v1/keys', body);
    expect(made.status).toBe(201);
    answers.pop();
    secrets.add(String(made.json['key']));
    return { key: String(made.json['key']), id: String(made.json['id']) };
  };
  const me = (key: string) => server.browser().ask('GET', '/api/v1/me', undefined, withKey(key));

  it('stand for a role and scopes, and need no origin', async () => {
    const { key } = await make(admin, { name: 'ci', role: 'operator', scopes: ['read'] });
    expect(key).toMatch(/^pst_[\w-]{43}$/);
    expect((await me(key)).json).toMatchObject({
      ...{ role: 'operator', scopes: ['read'], name: 'ci (Ada)', person: null },
    });
    const program = { ...withKey(key), origin: 'https://elsewhere.example' };
    const browser = server.browser();
    const none = await browser.ask('POST', '/api/v1/keys', { name: 'more' }, program);
    expect(none.json).toMatchObject({ error: { code: 'API_FORBIDDEN' } });
    expect((await browser.ask('GET', '/api/v1/audit-log', undefined, program)).status).toBe(403);
  });

  it('end when they expire or are revoked', async () => {
    const expiresAt = new Date(server.now + 10 * MINUTE).toISOString();
    const short = await make(admin, { name: 'short', expiresAt });
    expect((await me(short.key)).status).toBe(200);
    const past = await admin.ask('POST', '/api/v1/keys', {
      name: 'p',
      expiresAt: '2020-01-01T00:00:00Z',
    });
    expect(past.status).toBe(422);
    const revoked = await make(admin, { name: 'revoked' });
    expect((await me(revoked.key)).status).toBe(200);
    expect((await admin.ask('DELETE', `/api/v1/keys/${revoked.id}`)).status).toBe(200);
    expect((await me(revoked.key)).status).toBe(401);
    server.now += 10 * MINUTE;
    expect((await me(short.key)).status).toBe(401);
  });

  it('lose what who made them loses', async () => {
    const maker = await join('olga@example.org', 'operator');
    const { key } = await make(maker, { name: 'hers', role: 'operator', scopes: ['read', 'scan'] });
    expect((await me(key)).json).toMatchObject({ role: 'operator' });
    const { json } = await maker.ask('GET', '/api/v1/me');
    const { id } = json['person'] as unknown as { id: string };
    await admin.ask('PATCH', `/api/v1/members/${id}`, { role: 'viewer' });
    expect((await me(key)).json).toMatchObject({ role: 'viewer' });
    await admin.ask('DELETE', `/api/v1/members/${id}`);
    expect((await me(key)).status).toBe(401);
  });

  it('say when they were used, at most once a minute', async () => {
    const { key, id } = await make(admin, { name: 'seen' });
    const usedAt = async () => {
      const { json } = await admin.ask('GET', '/api/v1/keys');
      const items = json['items'] as unknown as readonly { id: string; usedAt: string | null }[];
      return items.find((item) => item.id === id)?.usedAt ?? null;
    };
    expect(await usedAt()).toBeNull();
    const first = new Date(server.now).toISOString();
    await me(key);
    await expect.poll(usedAt).toBe(first);
    server.now += MINUTE / 2;
    await me(key);
    expect(await usedAt()).toBe(first);
    server.now += MINUTE;
    await me(key);
    await expect.poll(usedAt).toBe(new Date(server.now).toISOString());
  });

  it('are not found by anything else', async () => {
    for (const value of ['Bearer', 'Bearer pst_', 'Bearer pst_x', 'Basic eDp5', 'Bearer a b', '']) {
      const answer = await admin.ask('GET', '/api/v1/me', undefined, { authorization: value });
      expect([value, answer.status]).toEqual([value, 401]);
    }
  });
});

describe('another organisation', () => {
  it('is made by an installation admin, and sees nothing of the first', async () => {
    const made = await admin.ask('POST', '/api/v1/organizations', {
      ...{ name: 'Acme', admin: 'carol@example.org' },
    });
    expect(made.status).toBe(201);
    const { link } = made.json['invitation'] as unknown as { link: string };
    const carol = heard(server.browser());
    const asked = { token: tokenOf(link), name: 'Carol', password: PASSWORD };
    await carol.ask('POST', '/api/auth/accept-invitation', asked);
    await carol.ask('POST', '/api/auth/sign-in/email', {
      ...{ email: 'carol@example.org', password: PASSWORD },
    });
    const members = await carol.ask('GET', '/api/v1/members');
    expect(members.json['items']).toMatchObject([{ email: 'carol@example.org', role: 'admin' }]);
    expect((await carol.ask('GET', '/api/v1/keys')).json).toMatchObject({ items: [] });
    expect((await carol.ask('GET', '/api/v1/invitations')).json).toMatchObject({ items: [] });
    const log = await carol.ask('GET', '/api/v1/audit-log');
    expect(log.text).not.toContain('ada@example.org');
    expect((await carol.ask('GET', '/api/v1/organizations')).status).toBe(403);
    const me = await admin.ask('GET', '/api/v1/me');
    const { id } = me.json['person'] as unknown as { id: string };
    expect((await carol.ask('DELETE', `/api/v1/members/${id}`)).status).toBe(404);
    const own = await admin.ask('GET', '/api/v1/keys');
    const [key] = own.json['items'] as unknown as readonly { id: string }[];
    expect((await carol.ask('DELETE', `/api/v1/keys/${key?.id}`)).status).toBe(404);
  });

  it('can be joined by somebody who is known, who then goes from one to the other', async () => {
    const { json } = await admin.ask('GET', '/api/v1/organizations');
    const all = json['items'] as unknown as readonly { id: string; name: string }[];
    const acme = all.find(({ name }) => name === 'Acme')?.id ?? '';
    const path = `/api/v1/organizations/${acme}/invitations`;
    const invited = await admin.ask('POST', path, { email: 'ada@example.org', role: 'viewer' });
    const token = tokenOf(invited.json['link'] ?? '');
    const stranger = await server.browser().ask('POST', '/api/auth/accept-invitation', {
      ...{ token, name: 'Eve', password: PASSWORD },
    });
    expect(stranger.status).toBe(401);
    expect((await admin.ask('POST', '/api/auth/accept-invitation', { token })).status).toBe(200);
    const to = (id: string) => admin.ask('PUT', '/api/v1/me/organization', { id });
    expect((await to('no-such')).status).toBe(404);
    expect((await to(acme)).status).toBe(200);
    expect((await admin.ask('GET', '/api/v1/me')).json).toMatchObject({
      ...{ role: 'viewer', organization: { id: acme, name: 'Acme' } },
    });
    expect((await to('local')).status).toBe(200);
    const came = await test.store.read((db) =>
      auditLines(db, acme, { limit: 9, action: 'session' }),
    );
    expect(came.filter(({ source }) => source === '192.0.2.1')).toContainEqual(
      expect.objectContaining({ action: 'session.create', detail: '{"by":"switch"}' }),
    );
  });

  it('is listened to no longer by who has gone on in the next', async () => {
    const { json } = await admin.ask('GET', '/api/v1/me');
    const { organizations } = json['person'] as unknown as {
      organizations: readonly { id: string }[];
    };
    const acme = organizations.find(({ id }) => id !== 'local')?.id;
    const cookie = [...admin.cookies].map((pair) => pair.join('=')).join('; ');
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const events = await server.fetch(
      new Request(`${server.url}/api/v1/events`, { headers: { cookie } }),
    );
    const told = events.text();
    expect((await admin.ask('PUT', '/api/v1/me/organization', { id: acme })).status).toBe(200);
    await vi.advanceTimersByTimeAsync(MINUTE);
    vi.useRealTimers();
    expect(await told).toContain('retry:');
    await admin.ask('PUT', '/api/v1/me/organization', { id: 'local' });
  });

  it('is deleted by its name, with the people who belong to nothing else', async () => {
    const { json } = await admin.ask('GET', '/api/v1/organizations');
    const all = json['items'] as unknown as readonly { id: string; name: string }[];
    const acme = all.find(({ name }) => name === 'Acme')?.id ?? '';
    const signIn = () =>
      server.browser().ask('POST', '/api/auth/sign-in/email', {
        ...{ email: 'carol@example.org', password: PASSWORD },
      });
    const carol = server.browser();
    await carol.ask('POST', '/api/auth/sign-in/email', {
      ...{ email: 'carol@example.org', password: PASSWORD },
    });
    const made = await carol.ask('POST', '/api/v1/keys', { name: 'k', role: 'viewer' });
    const key = { authorization: `Bearer ${made.json['key'] ?? ''}` };
    const asKey = () => server.browser().ask('GET', '/api/v1/me', undefined, key);
    expect((await asKey()).status).toBe(200);
    const remove = (id: string, name: string) =>
      admin.ask('DELETE', `/api/v1/organizations/${id}?name=${name}`);
    const own = all.find(({ id }) => id === 'local')?.name ?? '';
    expect((await remove('local', encodeURIComponent(own))).json).toMatchObject({
      error: { code: 'API_INVALID' },
    });
    expect((await remove(acme, 'acme')).status).toBe(422);
    expect((await carol.ask('DELETE', `/api/v1/organizations/${acme}?name=Acme`)).status).toBe(403);
    expect((await carol.ask('GET', '/api/v1/me')).status).toBe(200);
    expect((await remove(acme, 'Acme')).status).toBe(200);
    expect((await remove(acme, 'Acme')).status).toBe(404);
    expect((await carol.ask('GET', '/api/v1/me')).status).toBe(401);
    expect((await asKey()).status).toBe(401);
    expect((await signIn()).status).toBe(401);
    const me = await admin.ask('GET', '/api/v1/me');
    expect(me.json).toMatchObject({ role: 'admin', organization: { id: 'local' } });
    const log = await admin.ask('GET', '/api/v1/audit-log?limit=500');
    expect(log.json['items']).toContainEqual(
      expect.objectContaining({
        ...{ action: 'organization.delete', subject: acme, detail: { name: 'Acme' } },
      }),
    );
  });
});

describe('the audit log', () => {
  it('has who did what, and who did not get in', async () => {
    const actions = async (query: string) => {
      const { json } = await admin.ask('GET', `/api/v1/audit-log?limit=500&${query}`);
      const items = json['items'] as unknown as readonly { action: string; actor: string }[];
      return new Set(items.map(({ action }) => action));
    };
    const all = await actions('');
    for (const action of [
      ...['user.sign-up', 'session.create', 'session.refuse', 'session.end', 'password.change'],
      ...['two-factor.enable', 'invitation.create', 'invitation.accept', 'member.role'],
      ...['member.remove', 'key.create', 'key.revoke', 'organization.create'],
    ]) {
      expect(all).toContain(action);
    }
    expect(await actions('action=member')).toEqual(new Set(['member.role', 'member.remove']));
    expect(await actions('actor=nobody')).toEqual(new Set(['session.refuse']));
    const future = new Date(server.now + 365 * 24 * 60 * MINUTE).toISOString();
    expect(await actions(`since=${future}`)).toEqual(new Set());
  });

  it('says of what is gone what it was', async () => {
    const ask = async (method: string, path: string, body?: unknown) => {
      const answer = await admin.ask(method, `/api/v1${path}`, body);
      expect([method, path, answer.status]).toEqual([method, path, expect.toSatisfy(isFine)]);
      return answer.json['id'] ?? '';
    };
    const isFine = (status: number) => status < 300;
    const given = await ask('POST', '/tenants/local/grants', { target: '10.64.0.0/16' });
    const asked = await ask('POST', '/grants', { target: 'gone.example.org' });
    const asset = await ask('POST', '/assets', { target: '10.64.0.7' });
    const spec = { every: '1h', targets: ['10.64.0.7'] };
    const schedule = await ask('POST', '/schedules', { name: 'hourly', spec });
    await join('gone@example.org', 'viewer');
    const { json } = await admin.ask('GET', '/api/v1/members');
    const people = json['items'] as unknown as readonly { id: string; email: string }[];
    const person = people.find(({ email }) => email === 'gone@example.org')?.id ?? '';
    await ask('DELETE', `/assets/${asset}`);
    await ask('DELETE', `/schedules/${schedule}`);
    await ask('DELETE', `/grants/${asked}`);
    await ask('DELETE', `/tenants/local/grants/${given}`);
    await ask('DELETE', `/members/${person}`);
    for (const [subject, detail] of [
      [asset, { target: '10.64.0.7' }],
      [schedule, { name: 'hourly' }],
      [asked, { target: 'gone.example.org' }],
      [given, { tenant: 'local', target: '10.64.0.0/16' }],
      [person, { email: 'gone@example.org' }],
    ] as const) {
      const lines = await admin.ask('GET', `/api/v1/audit-log?subject=${subject}`);
      expect(lines.json['items']).toContainEqual(expect.objectContaining({ subject, detail }));
    }
  });

  it('is paged without a gap', async () => {
    const ids: string[] = [];
    let cursor = '';
    do {
      const { json } = await admin.ask('GET', `/api/v1/audit-log?limit=7${cursor}`);
      ids.push(...(json['items'] as unknown as readonly { id: string }[]).map(({ id }) => id));
      cursor = json['next'] === null ? '' : `&cursor=${String(json['next'])}`;
    } while (cursor !== '');
    const { json } = await admin.ask('GET', '/api/v1/audit-log?limit=500');
    const whole = (json['items'] as unknown as readonly { id: string }[]).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.toSorted()).toEqual(whole.toSorted());
  });
});

it('keeps every secret out of answers, logs and the audit log', async () => {
  const kept = await test.store.read(async (db) => ({
    sessions: await db.selectFrom('auth_sessions').select('token').execute(),
    accounts: await db.selectFrom('auth_accounts').select('password').execute(),
    keys: await db.selectFrom('api_keys').select('hash').execute(),
    factors: await db.selectFrom('auth_two_factors').select('secret').execute(),
    log: await db.selectFrom('audit_log').selectAll().execute(),
  }));
  const hidden = [
    PASSWORD,
    ...secrets,
    ...kept.sessions.map(({ token }) => token),
    ...kept.accounts.map(({ password }) => password ?? PASSWORD),
    ...kept.keys.map(({ hash }) => hash),
    ...kept.factors.map(({ secret }) => secret),
  ];
  expect(hidden.length).toBeGreaterThan(20);
  const said = [...answers, ...server.log, JSON.stringify(kept.log)].join('\n');
  expect(hidden.filter((secret) => said.includes(secret))).toEqual([]);
  expect(server.log).toEqual([]);
});
