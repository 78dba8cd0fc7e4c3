import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readNetwork } from '../../src/model/network.ts';
import { PER_ACCOUNT, PER_ADDRESS, WINDOW_MS } from '../../src/server/auth/limits.ts';
import { type Browser, type TestServer, testServer } from '../helpers/test-auth.ts';
import { openTestStore, type TestStore } from '../helpers/test-store.ts';

const EMAIL = 'ada@example.org';
const PASSWORD = 'correct horse battery';
const HTTPS = 'https://postern.example';

let test: TestStore;
let server: TestServer;

async function signUp(to: TestServer): Promise<void> {
  const link = await to.auth.signUpLink();
  const token = new URL(link ?? '').searchParams.get('token');
  const asked = { token, name: 'Ada', email: EMAIL, password: PASSWORD };
  expect((await to.browser().ask('POST', '/api/auth/sign-up', asked)).status).toBe(200);
}

const signIn = (browser: Browser, password = PASSWORD, email = EMAIL, headers = {}) =>
  browser.ask('POST', '/api/auth/sign-in/email', { email, password }, headers);

beforeAll(async () => {
  test = await openTestStore();
  await signUp(await testServer(test.store));
});
afterAll(async () => {
  await test.end();
});
beforeEach(async () => {
  server = await testServer(test.store);
  await test.store.write((tx) => tx.deleteFrom('auth_limits').execute());
});

describe('attempts to sign in', () => {
  it('are counted by account, from wherever they come, until the window ends', async () => {
    const tries = Array.from({ length: PER_ACCOUNT + 1 }, (_, index) => index);
    const wrong = [];
    for (const index of tries) {
      wrong.push(await signIn(server.browser(`198.51.100.${index}`), 'wrong'));
    }
    expect(wrong.map(({ status }) => status)).toEqual([
      ...Array.from({ length: PER_ACCOUNT }, () => 401),
      429,
    ]);
    const last = await signIn(server.browser('203.0.113.9'));
    expect(last.json).toMatchObject({ error: { code: 'API_TOO_MANY' } });
    expect(Number(last.headers.get('retry-after'))).toBe(WINDOW_MS / 1000);
    server.now += WINDOW_MS;
    expect((await signIn(server.browser())).status).toBe(200);
  });

  it('are forgotten by the right password', async () => {
    for (let round = 0; round < 2; round += 1) {
      for (let count = 1; count < PER_ACCOUNT; count += 1) await signIn(server.browser(), 'wrong');
      expect((await signIn(server.browser())).status).toBe(200);
    }
  });

  it('are counted by address and by IPv6 network, whatever the account', async () => {
    for (let count = 0; count < PER_ADDRESS; count += 1) {
      const browser = server.browser(`2001:db8:1:2::${count.toString(16)}`);
      await browser.ask('POST', '/api/auth/invitation', { token: 'guess' });
    }
    expect((await signIn(server.browser('2001:db8:1:2:3::1'))).status).toBe(429);
    expect((await signIn(server.browser('2001:db8:1:3::1'))).status).toBe(200);
  });

  it('are counted for who is signed in too: a stolen cookie does not find the password out', async () => {
    const thief = server.browser();
    await signIn(thief);
    const guess = () =>
      thief.ask('POST', '/api/auth/two-factor/disable', { password: 'a guess at it' });
    const statuses = [];
    for (let count = 0; count <= PER_ACCOUNT; count += 1) statuses.push((await guess()).status);
    expect(statuses.at(-2)).toBe(401);
    expect(statuses.at(-1)).toBe(429);
  });

  it('are counted together by servers on one store', async () => {
    const other = await testServer(test.store);
    for (let count = 0; count < PER_ACCOUNT; count += 1) {
      await signIn((count % 2 === 0 ? server : other).browser(), 'wrong');
    }
    expect((await signIn(server.browser())).status).toBe(429);
    expect((await signIn(other.browser())).status).toBe(429);
  });
});

describe('the address that a request came from', () => {
  const proxies = [readNetwork('10.0.0.0/8')].filter((one) => one !== null);
  const sourcesOf = async () => {
    const lines = await test.store.read((db) =>
      db.selectFrom('audit_log').select('source').orderBy('at', 'desc').orderBy('id').execute(),
    );
    return new Set(lines.map(({ source }) => source));
  };

  it.each([
    ['192.0.2.50', '203.0.113.1', '192.0.2.50'],
    ['10.0.0.1', '203.0.113.2', '203.0.113.2'],
    ['::ffff:10.0.0.1', '1.1.1.1, 203.0.113.3, 10.9.9.9', '203.0.113.3'],
    ['10.0.0.5', 'made up', '10.0.0.5'],
    ['10.0.0.6', '', '10.0.0.6'],
  ])('from %s with X-Forwarded-For "%s" is %s', async (peer, forwarded, source) => {
    const behind = await testServer(test.store, { proxies });
    await signIn(behind.browser(peer), PASSWORD, EMAIL, { 'x-forwarded-for': forwarded });
    expect(await sourcesOf()).toContain(source);
    expect(await sourcesOf()).not.toContain('1.1.1.1');
  });

  it('cannot be set by a header of ours', async () => {
    await signIn(server.browser(), PASSWORD, EMAIL, { 'x-postern-source': '9.9.9.9' });
    const rows = await test.store.read((db) =>
      db.selectFrom('auth_sessions').select('ip_address').execute(),
    );
    expect(rows.map((row) => row.ip_address)).not.toContain('9.9.9.9');
    expect(rows.map((row) => row.ip_address)).toContain('192.0.2.1');
  });
});

describe('a change that another site makes a browser send', () => {
  const change = (browser: Browser, headers: Readonly<Record<string, string>>) =>
    browser.ask('DELETE', '/api/v1/me/sessions', undefined, headers);

  it.each([
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: 'http://127.0.0.1:4101' },
    { origin: 'http://127.0.0.1:4100.evil.example' },
  ])('is refused by its origin: $origin', async (headers) => {
    const browser = server.browser();
    await signIn(browser);
    expect((await change(browser, headers)).json).toMatchObject({ error: { code: 'AUTH_ORIGIN' } });
    expect((await change(browser, { origin: 'http://localhost:4100' })).status).toBe(200);
  });

  it('is refused by where it comes from, and without either', async () => {
    const browser = server.browser();
    await signIn(browser);
    const cookie = [...browser.cookies].map((pair) => pair.join('=')).join('; ');
    const send = async (headers: Readonly<Record<string, string>>) => {
      const url = `${server.url}/api/v1/me/sessions`;
      const answer = await server.fetch(new Request(url, { method: 'DELETE', headers }));
      return answer.status;
    };
    expect(await send({ cookie, 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await send({ cookie, 'sec-fetch-site': 'same-site' })).toBe(403);
    expect(await send({ cookie })).toBe(403);
    expect(await send({ cookie, 'sec-fetch-site': 'same-origin' })).toBe(200);
    expect(await send({})).toBe(401);
  });

  it('is refused with a password for the proxy before us, which browsers send by themselves', async () => {
    const browser = server.browser();
    await signIn(browser);
    const headers = { authorization: 'Basic eDp5', origin: 'https://evil.example' };
    const out = await browser.ask('POST', '/api/auth/sign-out', undefined, headers);
    expect(out.json).toMatchObject({ error: { code: 'AUTH_ORIGIN' } });
    expect((await browser.ask('GET', '/api/v1/me')).status).toBe(200);
  });

  it('is refused at the sign-in too, and as a form', async () => {
    const foreign = { origin: 'https://evil.example' };
    expect((await signIn(server.browser(), PASSWORD, EMAIL, foreign)).status).toBe(403);
    const form = { 'content-type': 'text/plain' };
    expect((await signIn(server.browser(), PASSWORD, EMAIL, form)).status).toBe(422);
  });
});

describe('answers', () => {
  it('are guarded: data runs nothing and is kept nowhere', async () => {
    const { headers } = await server.browser().ask('GET', '/api/v1/me');
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
    });
    expect(headers.has('strict-transport-security')).toBe(false);
  });

  it.each(['/', '/signin', '/signup', '/invite', '/reset'])(
    'hold no inline code: %s',
    async (path) => {
      const { headers, text, status } = await server.browser().ask('GET', path);
      expect(status).toBe(200);
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toMatch(/unsafe|\*|data:|https?:/);
      expect(text).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|javascript:/i);
      for (const [, file = ''] of text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)) {
        expect([file, (await server.browser().ask('GET', file)).status]).toEqual([file, 200]);
      }
      const tag = headers.get('etag') ?? '';
      const again = await server.browser().ask('GET', path, undefined, { 'if-none-match': tag });
      expect([again.status, again.text]).toEqual([304, '']);
    },
  );

  it('under https set a Secure cookie and HSTS', async () => {
    const secure = await testServer(test.store, { publicUrl: HTTPS });
    const answer = await signIn(secure.browser());
    expect(answer.status).toBe(200);
    const [cookie = ''] = answer.headers.getSetCookie();
    expect(cookie).toMatch(/^__Secure-postern\.session_token=.*; Secure/i);
    expect(answer.headers.get('strict-transport-security')).toBe('max-age=31536000');
  });

  it('to bodies that are no use say so', async () => {
    const browser = server.browser();
    const post = (body: string) =>
      server.fetch(
        new Request(`${server.url}/api/auth/sign-in/email`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', origin: server.url },
          body,
        }),
      );
    expect((await post('{"email":')).status).toBe(422);
    expect((await post('[]')).status).toBe(422);
    expect((await post('x'.repeat(20_000))).status).toBe(413);
    expect((await signIn(browser, PASSWORD, 'no address')).status).toBe(422);
    const { headers } = await browser.ask('GET', '/api/auth/callback/company');
    expect(headers.get('location')).toMatch(/\/signin\?error=/);
  });
});
