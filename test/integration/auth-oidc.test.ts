import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PER_ACCOUNT } from '../../src/server/auth/limits.ts';
import { type Browser, type TestServer, testServer } from '../helpers/test-auth.ts';
import { openTestStore, type TestStore } from '../helpers/test-store.ts';
import { type OidcProvider, startOidcProvider } from '../lab/oidc-provider.ts';

const PASSWORD = 'correct horse battery';
const ADA = { sub: 'ada-1', email: 'ada@example.org', email_verified: true, name: 'Ada' };

let test: TestStore;
let provider: OidcProvider;
let server: TestServer;
let admin: Browser;

const envOf = (more = {}) => ({
  POSTERN_OIDC_ISSUER: provider.issuer,
  POSTERN_OIDC_CLIENT_ID: provider.clientId,
  POSTERN_OIDC_CLIENT_SECRET: provider.clientSecret,
  POSTERN_OIDC_NAME: 'Example Inc.',
  ...more,
});

/** Goes through the provider; resolves to where the browser ends up. */
async function comeIn(browser: Browser): Promise<string> {
  const { json } = await browser.ask('POST', '/api/auth/sign-in/social', {});
  const back = new URL(await provider.visit(String(json['url'])));
  const answer = await browser.ask('GET', back.pathname + back.search);
  expect(answer.status).toBe(302);
  return answer.headers.get('location') ?? '';
}

const me = async (browser: Browser) => (await browser.ask('GET', '/api/v1/me')).json;

beforeAll(async () => {
  provider = await startOidcProvider(ADA);
  test = await openTestStore();
  server = await testServer(test.store, { env: envOf() });
  admin = server.browser();
  const token = new URL((await server.auth.signUpLink()) ?? '').searchParams.get('token');
  const asked = { name: 'Ada', email: ADA.email, password: PASSWORD };
  await admin.ask('POST', '/api/auth/sign-up', { ...asked, token });
  await admin.ask('POST', '/api/auth/sign-in/email', asked);
});
afterAll(async () => {
  await test.end();
  await provider.stop();
});
beforeEach(() => {
  provider.claims = ADA;
  provider.fault = 'none';
});

describe('a company that signs its people in', () => {
  it('is named on the page', async () => {
    const { json } = await server.browser().ask('GET', '/api/auth/ways');
    expect(json).toEqual({ oidc: 'Example Inc.' });
  });

  it('lets those in who have an account of that address', async () => {
    const browser = server.browser();
    expect(await comeIn(browser)).toBe('/');
    expect(await me(browser)).toMatchObject({ role: 'admin', person: { email: ADA.email } });
  });

  it('lets the invited in, with the role they were invited to, and nobody else', async () => {
    provider.claims = { ...ADA, sub: 'ben-1', email: 'Ben@example.org', name: 'Ben' };
    expect(await comeIn(server.browser())).toMatch(/\/signin\?error=/);
    await admin.ask('POST', '/api/v1/invitations', { email: 'ben@example.org', role: 'operator' });
    const browser = server.browser();
    expect(await comeIn(browser)).toBe('/');
    expect(await me(browser)).toMatchObject({ role: 'operator', person: { name: 'Ben' } });
    const again = server.browser();
    expect(await comeIn(again)).toBe('/');
    expect(await me(again)).toMatchObject({ role: 'operator' });
    expect((await admin.ask('GET', '/api/v1/invitations')).json).toEqual({ items: [] });
  });

  it('is not believed about an address that it has not verified, unless that is asked for', async () => {
    const { email_verified: _, ...unsaid } = ADA;
    provider.claims = { ...unsaid, sub: 'other-ada' };
    const browser = server.browser();
    expect(await comeIn(browser)).toMatch(/\/signin\?error=/);
    expect(browser.cookies.has('postern.session_token')).toBe(false);
    const env = envOf({ POSTERN_OIDC_TRUST_EMAIL: 'yes' });
    const believing = await testServer(test.store, { env });
    const other = believing.browser();
    expect(await comeIn(other)).toBe('/');
    expect(await me(other)).toMatchObject({ person: { email: ADA.email } });
  });

  it('puts out whoever came in by that address as another organisation vouched', async () => {
    const linkOf = (made: unknown) => new URL(String(made)).searchParams.get('token');
    const accept = async (made: unknown, more = {}, by = server.browser()) => {
      const asked = { token: linkOf(made), ...more };
      expect((await by.ask('POST', '/api/auth/accept-invitation', asked)).status).toBe(200);
      return by;
    };
    const signIn = async (email: string, browser = server.browser()) => {
      const asked = { email, password: PASSWORD };
      const { status } = await browser.ask('POST', '/api/auth/sign-in/email', asked);
      return { status, browser };
    };
    const fresh = { name: 'Eve', password: PASSWORD };
    const other = await admin.ask('POST', '/api/v1/organizations', {
      ...{ name: 'Other', admin: 'eve@example.org' },
    });
    const { link } = other.json['invitation'] as unknown as { link: string };
    await accept(link, fresh);
    const { browser: eve } = await signIn('eve@example.org');
    const email = 'bob@example.org';
    const inviteBob = (by: Browser, role: string) =>
      by.ask('POST', '/api/v1/invitations', { email, role });
    await accept((await inviteBob(eve, 'viewer')).json['link'], fresh);
    const { browser: asBob } = await signIn(email);
    expect(await me(asBob)).toMatchObject({ role: 'viewer' });

    const { json } = await inviteBob(admin, 'admin');
    provider.claims = { sub: 'bob-1', email, email_verified: true, name: 'Bob' };
    const bob = server.browser();
    expect(await comeIn(bob)).toBe('/');
    await accept(json['link'], {}, bob);
    expect(await me(bob)).toMatchObject({ person: { email, organizations: [{}, {}] } });
    expect((await asBob.ask('GET', '/api/v1/me')).status).toBe(401);
    expect((await signIn(email)).status).toBe(401);
    const log = await eve.ask('GET', '/api/v1/audit-log?action=password');
    expect(log.json['items']).toMatchObject([
      { action: 'password.remove', detail: { by: 'oidc' } },
    ]);
    // those whom the installation invited keep what they have
    expect((await signIn(ADA.email)).status).toBe(200);
  });

  it.each(['signature', 'audience', 'nonce'] as const)(
    'is refused with a wrong %s',
    async (fault) => {
      provider.fault = fault;
      const browser = server.browser();
      expect(await comeIn(browser)).toMatch(/\/signin\?error=/);
      expect(browser.cookies.has('postern.session_token')).toBe(false);
    },
  );

  it('cannot be asked by one browser for another', async () => {
    const { json } = await server.browser().ask('POST', '/api/auth/sign-in/social', {});
    const back = new URL(await provider.visit(String(json['url'])));
    const victim = server.browser();
    const answer = await victim.ask('GET', back.pathname + back.search);
    expect(answer.headers.get('location')).toMatch(/error=/);
    expect(victim.cookies.has('postern.session_token')).toBe(false);
  });

  it('lets nobody who holds a stolen cookie guess at the password for longer', async () => {
    const thief = server.browser('198.51.100.9');
    thief.cookies.set('postern.session_token', admin.cookies.get('postern.session_token') ?? '');
    const statuses: number[] = [];
    for (let count = 0; count <= PER_ACCOUNT; count += 1) {
      await thief.ask('POST', '/api/auth/sign-in/social', {});
      const guess = { password: 'a guess at it' };
      statuses.push((await thief.ask('POST', '/api/auth/two-factor/disable', guess)).status);
    }
    expect(statuses).toEqual([...Array.from({ length: PER_ACCOUNT }, () => 401), 429]);
  });

  it('leaves in the audit log who came in by it, and who did not', async () => {
    const { json } = await admin.ask('GET', '/api/v1/audit-log?action=session&limit=500');
    const items = json['items'] as unknown as readonly { action: string; detail: object }[];
    const by = { by: '/callback/company' };
    expect(items).toContainEqual(expect.objectContaining({ action: 'session.create', detail: by }));
    expect(items).toContainEqual(expect.objectContaining({ action: 'session.refuse', detail: by }));
  });
});

it('says which setting of the provider is wrong', async () => {
  const start = (env: Readonly<Record<string, string>>) => testServer(test.store, { env });
  await expect(start({ POSTERN_OIDC_ISSUER: 'http://id.example' })).rejects.toMatchObject({
    code: 'AUTH_SETTINGS',
  });
  await expect(start({ POSTERN_OIDC_ISSUER: 'https://id.example' })).rejects.toThrow(
    /POSTERN_OIDC_CLIENT_ID/,
  );
});
