import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostReset } from '../../src/server/auth/resets.ts';
import { met } from '../helpers/needs.ts';
import { type TestServer, testServer, totp } from '../helpers/test-auth.ts';
import { openTestStore, type TestStore } from '../helpers/test-store.ts';
import { type Chromium, startChromium, type Tab } from '../lab/chromium.ts';
import { type OidcProvider, startOidcProvider } from '../lab/oidc-provider.ts';

const PASSWORD = 'correct horse battery';
/** Between two codes (RFC 6238), ms; the next one is taken already. */
const STEP = 30_000;
/** POSTERN_SCREENSHOTS=folder keeps a picture of each page, light and dark. */
const PICTURES = process.env['POSTERN_SCREENSHOTS'];

describe.skipIf(!met({ commands: ['chromium'] }))('pages in Chromium', () => {
  let test: TestStore;
  let server: TestServer;
  let http: Server;
  let chromium: Chromium;
  let tab: Tab;
  let url: string;
  let provider: OidcProvider;
  let uri: string;
  let backup: string;

  beforeAll(async () => {
    test = await openTestStore();
    provider = await startOidcProvider({
      ...{ sub: 'cy-1', email: 'cy@example.org', email_verified: true, name: 'Cy' },
    });
    http = createServer();
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    server = await testServer(test.store, {
      publicUrl: url,
      env: {
        POSTERN_OIDC_ISSUER: provider.issuer,
        POSTERN_OIDC_CLIENT_ID: provider.clientId,
        POSTERN_OIDC_CLIENT_SECRET: provider.clientSecret,
        POSTERN_OIDC_NAME: 'Example Inc.',
      },
    });
    const listener = getRequestListener((request) => server.fetch(request, '127.0.0.1'));
    http.on('request', (request, response) => void listener(request, response));
    chromium = await startChromium();
    tab = chromium.tab;
  });
  afterAll(async () => {
    await chromium.stop();
    http.closeAllConnections();
    http.close();
    await provider.stop();
    await test.end();
  });

  const picture = async (name: string) => {
    if (PICTURES === undefined) return;
    for (const scheme of ['light', 'dark'] as const) {
      await tab.scheme(scheme);
      await tab.screenshot(`${PICTURES}/${name}-${scheme}.png`);
    }
  };
  const signIn = async (email: string, password = PASSWORD) => {
    await tab.open(`${url}/signin`);
    await tab.type('#email', email);
    await tab.type('#password', password);
    await tab.click('#password-step button');
  };
  const signOut = async () => {
    await tab.open(`${url}/`);
    await tab.click('#leave button');
    await tab.until(`location.pathname === '/signin'`);
  };
  const expectHome = (name: string) =>
    tab.until(
      `location.pathname === '/' && document.querySelector('#name').textContent === '${name}'`,
    );
  const expectTold = (selector: string, text: string) =>
    tab.until(`document.querySelector('${selector}').textContent.includes('${text}')`);
  const invite = async (email: string) =>
    tab.value<string>(`fetch('/api/v1/invitations', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: '${email}', role: 'operator' }),
    }).then((answer) => answer.json()).then(({ link }) => link)`);

  it('sign the first person up by the link, and in', async () => {
    await tab.open((await server.auth.signUpLink()) ?? '');
    await tab.type('#name', 'Ada Admin');
    await tab.type('#email', 'ada@example.org');
    await tab.type('#password', PASSWORD);
    await picture('signup');
    await tab.click('#sign-up button');
    await expectHome('Ada Admin');
    await picture('home');
    expect(await tab.value('document.cookie')).toBe('');
    expect(await tab.value(`document.querySelector('#role').textContent`)).toBe('admin');
  });

  it('send who is not signed in to the sign-in, and say what was wrong', async () => {
    await signOut();
    await tab.open(`${url}/signin`);
    await tab.until(`document.querySelector('#company').offsetParent`);
    await picture('signin');
    await signIn('ada@example.org', 'something else');
    await expectTold('#told', 'password is wrong');
    await picture('signin-wrong');
  });

  it('show what sets up a second factor', async () => {
    await signIn('ada@example.org');
    await expectHome('Ada Admin');
    await tab.type('#factor-password', PASSWORD);
    await tab.click('#factor button');
    await tab.until(`document.querySelector('#confirm').offsetParent`);
    await picture('factor');
    uri = await tab.value(`document.querySelector('#totp-link').href`);
    backup = await tab.value(`document.querySelector('#backup-codes li').textContent`);
    expect(uri).toMatch(/^otpauth:\/\/totp\/Postern:ada%40example\.org\?secret=/);
  });

  it.skipIf(!met({ commands: ['zbarimg'] }))(
    'show it as a code that scanners read, light and dark',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'postern-qr-'));
      for (const scheme of ['light', 'dark'] as const) {
        const file = join(folder, `${scheme}.png`);
        await tab.scheme(scheme);
        await tab.screenshot(file);
        const { stdout } = spawnSync('zbarimg', ['--quiet', '--raw', '--nodbus', file]);
        expect(stdout.toString()).toBe(`${uri}\n`);
      }
      rmSync(folder, { recursive: true });
    },
  );

  it('switch it on by a code of it, and ask for the next', async () => {
    const code = totp(uri);
    await tab.type('#code', code);
    await tab.click('#confirm button');
    await expectTold('#factor-told', 'It is on.');
    await signOut();
    await signIn('ada@example.org');
    await tab.type('#code', '000000');
    await tab.click('#code-step button');
    await expectTold('#code-told', 'code is wrong');
    await picture('code');
    await tab.type('#code', code);
    await tab.click('#code-step button');
    await expectTold('#code-told', 'tried already');
    await tab.type('#code', totp(uri, Date.now() + STEP));
    await tab.click('#code-step button');
    await expectHome('Ada Admin');
  });

  it('take a backup code instead', async () => {
    await signOut();
    await signIn('ada@example.org');
    await tab.click('#use-backup');
    await tab.type('#backup', backup);
    await tab.click('#backup-step button');
    await expectHome('Ada Admin');
  });

  it('let the invited join, with a password or by their company', async () => {
    const bea = await invite('bea@example.org');
    const cy = await invite('cy@example.org');
    await signOut();
    await tab.open(bea);
    await tab.type('#name', 'Bea');
    await tab.type('#password', PASSWORD);
    await picture('invite');
    await tab.click('#join button');
    await expectHome('Bea');
    expect(await tab.value(`document.querySelector('#role').textContent`)).toBe('operator');
    await signOut();
    await tab.open(cy);
    await tab.click('#company button');
    await expectHome('Cy');
    await tab.open(bea);
    await tab.until(`document.querySelector('#dead').offsetParent`);
    await picture('invite-dead');
  });

  it('let who has a link choose a new password, once', async () => {
    const linkFor = async (email: string, secondFactor: boolean) => {
      const asked = { secondFactor, actor: 'cli', publicUrl: url, now: server.now };
      return (await test.store.write((tx) => hostReset(tx, email, asked))).url;
    };
    const choose = async (link: string, password: string) => {
      await tab.open(link);
      await tab.until(`document.querySelector('#choose').offsetParent`);
      await tab.type('#password', password);
      await picture('reset');
      await tab.click('#choose button');
      await tab.until(`document.querySelector('#done').offsetParent`);
      await picture('reset-done');
    };
    const bea = await linkFor('bea@example.org', false);
    await choose(bea, 'quite another one');
    await signIn('bea@example.org', 'quite another one');
    await expectHome('Bea');
    await tab.open(bea);
    await expectTold('#dead-told', 'link cannot be used');
    await signOut();
    await choose(await linkFor('ada@example.org', true), 'a third of them');
    await signIn('ada@example.org', 'a third of them');
    await expectHome('Ada Admin');
    await expectTold('#factor-button', 'Set it up');
  });

  it('find an operation of the API by a word', async () => {
    const seen = (where: string) =>
      tab.value<string[]>(
        `[...document.querySelectorAll('${where}')].filter((one) => one.offsetParent).map((one) => one.title || one.id)`,
      );
    await tab.open(`${url}/api/docs`);
    await tab.until(`document.querySelector('#post-keys')`);
    await tab.type('#filter', '/keys');
    await tab.until(`document.querySelector('#get-overview').hidden`);
    await picture('api');
    expect(await seen('.operation')).toEqual(['get-keys', 'post-keys', 'delete-keys-id-']);
    expect(await seen('#tags a')).toEqual(['/keys', '/keys', '/keys/{id}']);
  });

  it('show what an alert leads to, after signing in', async () => {
    const id = await tab.value<string>(`fetch('/api/v1/agents', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: '<b>db1' }),
    }).then((answer) => answer.json()).then(({ agent }) => agent.id)`);
    await signOut();
    await tab.open(`${url}/signin?then=${encodeURIComponent(`/agents/${id}`)}`);
    await tab.type('#email', 'ada@example.org');
    await tab.type('#password', 'a third of them');
    await tab.click('#password-step button');
    await tab.until(`location.pathname === '/agents/${id}'`);
    await tab.until(`document.querySelector('#title').textContent === '<b>db1'`);
    await expectTold('#facts', 'waiting');
    await picture('agent');
    await tab.open(`${url}/findings`);
    await expectTold('#facts', 'There are none');
    await tab.open(`${url}/findings/${id}`);
    await expectTold('#told', 'There is no finding');
    await picture('finding-none');
    await tab.value(`fetch('/api/auth/sign-out', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    })`);
    await tab.value(`location.assign('/jobs/${id}')`);
    const then = encodeURIComponent(`/jobs/${id}`);
    await tab.until(`location.pathname + location.search === '/signin?then=${then}'`);
  });

  it('break nothing that their policy forbids, and throw nothing', () => {
    expect(tab.complaints).toEqual([]);
    expect(server.log).toEqual([]);
  });
});
