import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hashOf } from '../../src/server/auth/secrets.ts';
import { LOCAL, openStore } from '../../src/store/open.ts';
import { addAgent } from '../../src/store/queries/agents.ts';
import { recordLook } from '../../src/store/record.ts';
import { auditOf } from '../helpers/made-audits.ts';
import { PROGRAM, postern } from '../helpers/postern.ts';
import { lookOf } from '../helpers/stored-looks.ts';
import { makeFolder, removeFolder, sweepFolders } from '../lab/folders.ts';

const READY_WITHIN_MS = 30_000;
/** docs/server.md promises it. */
const STOPS_WITHIN_MS = 10_000;
const TOKEN = 'a token for metrics';

let data: string;
let server: Server;

interface Server {
  readonly child: ChildProcess;
  readonly url: string;
  readonly said: () => string;
}

async function startServer(...args: readonly string[]): Promise<Server> {
  const child = spawn(process.execPath, [PROGRAM, 'up', '--data', data, ...args], {
    env: { PATH: process.env['PATH'] ?? '', POSTERN_METRICS_TOKEN: TOKEN },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  const signal = AbortSignal.timeout(READY_WITHIN_MS);
  for (;;) {
    const [piece] = (await once(child.stderr, 'data', { signal })) as [Buffer];
    said += piece.toString();
    const url = /serves on (\S+)/.exec(said)?.[1];
    if (url === undefined) continue;
    child.stderr.on('data', (more: Buffer) => {
      said += more.toString();
    });
    return { child, url, said: () => said };
  }
}

beforeAll(async () => {
  sweepFolders();
  data = makeFolder('server');
  const store = await openStore({ file: join(data, 'postern.db') });
  const hosts = { '192.0.2.7': { 22: { severity: 'high' as const }, 80: 'open' as const } };
  await recordLook(store, LOCAL, 'scan', lookOf({ at: Date.now(), tcp: '22,80', hosts }));
  await store.close();
  server = await startServer('--listen', '127.0.0.1:0');
});

afterAll(async () => {
  server.child.kill('SIGKILL');
  await removeFolder(data);
});

/** With headers that fetch does not let through. */
function get(path: string, headers: Readonly<Record<string, string>>): Promise<number> {
  return new Promise((resolve, reject) => {
    request(`${server.url}${path}`, { headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    })
      .once('error', reject)
      .end();
  });
}

it('says that it is alive and ready, and asks who somebody is', async () => {
  const health = await fetch(`${server.url}/healthz`);
  expect(await health.json()).toEqual({ status: 'alive' });
  const ready = await fetch(`${server.url}/readyz`);
  expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready', troubles: [] }]);
  const asked = await fetch(`${server.url}/api/v1/overview`);
  expect([asked.status, await asked.json()]).toMatchObject([
    401,
    { error: { code: 'API_SIGN_IN' } },
  ]);
});

it('gives its figures to this machine, or to who has the token', async () => {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  expect(text).toContain('postern_findings{status="open",severity="high"} 1');
  expect(text).toContain('postern_alerts{status="failed"} 0');
  expect(text).toMatch(/^nodejs_eventloop_lag_max_seconds /m);
  expect(text).not.toContain('192.0.2.7');
  const asked = [
    [{ 'x-forwarded-for': '127.0.0.1' }, 401],
    [{ host: 'rebound.example.org' }, 401],
    [{ authorization: 'Bearer wrong' }, 401],
    [{ 'x-forwarded-for': '192.0.2.1', authorization: `Bearer ${TOKEN}` }, 200],
  ] as const;
  for (const [headers, status] of asked) expect(await get('/metrics', headers)).toBe(status);
});

it('marks what it refuses as it marks every answer', async () => {
  const type = { 'content-type': 'application/json', authorization: 'Bearer wrong' };
  for (const [length, status] of [
    ['2', 401],
    [String(2 << 20), 413],
  ] as const) {
    const headers = { ...type, 'content-length': length };
    const asked = request(`${server.url}/api/v1/assets`, { method: 'POST', headers });
    // of a body that is too large nobody waits for the rest
    asked.write('{}');
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    asked.destroy();
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
  }
});

it('shows a page for its API that runs files of its own alone', async () => {
  const page = await fetch(`${server.url}/api/docs`);
  expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
  const html = await page.text();
  expect(html).not.toMatch(/<script(?![^>]* src=)|style=|https?:\/\//);
  for (const [, path] of html.matchAll(/(?:src|href)="(\/[^"]+)"/g)) {
    expect((await fetch(`${server.url}${path}`)).status, path).toBe(200);
  }
});

it('refuses headers without end', async () => {
  expect(await get('/healthz', { 'x-long': 'x'.repeat(20_000) })).toBe(431);
});

it('refuses a port that is in use, and options that are none', async () => {
  const place = server.url.replace('http://', '');
  const taken = await postern(['up', '--data', data, '--listen', place]);
  expect([taken.code, taken.stderr]).toEqual([2, expect.stringContaining('SERVE_LISTEN')]);
  for (const args of [
    ['--listen', 'x:y'],
    ['--public-url', 'postern.example.org'],
    ['--public-url', 'https://example.org/path'],
    ['--workers', '-1'],
  ]) {
    expect((await postern(['up', '--data', data, ...args])).code, args.join(' ')).toBe(2);
  }
});

it('warns of passwords that go over a network as they are', async () => {
  const open = await startServer('--listen', '0.0.0.0:0');
  expect(open.said()).toContain('without encryption');
  open.child.kill('SIGTERM');
  expect(await once(open.child, 'exit')).toEqual([0, null]);
});

it('ends when it is told to, and says goodbye to who waits', async () => {
  const ending = await startServer('--listen', '127.0.0.1:0');
  await fetch(`${ending.url}/healthz`);
  ending.child.kill('SIGINT');
  expect(await once(ending.child, 'exit')).toEqual([0, null]);
  expect(ending.said()).toContain('stopping');
  await expect(fetch(`${ending.url}/healthz`)).rejects.toThrow(TypeError);
});

it('ends in time although an agent has just sent an audit', async () => {
  const enrolment = 'pse_of_an_agent';
  const store = await openStore({ file: join(data, 'postern.db') });
  const how = { enrolment: hashOf(enrolment), enrolmentUntil: Date.now() + READY_WITHIN_MS };
  const agent = { id: randomUUID(), name: 'db1', helloMs: 60_000, auditMs: 60_000 };
  await store.write((tx) => addAgent(tx, LOCAL, { ...agent, ...how, by: 'test', now: Date.now() }));
  await store.close();
  const ending = await startServer('--listen', '127.0.0.1:0');
  const post = (path: string, body: string, headers = {}) =>
    fetch(`${ending.url}/api/v1/agent/${path}`, {
      ...{ method: 'POST', body },
      headers: { 'content-type': 'application/json', ...headers },
    });
  const facts = { token: enrolment, host: 'db1', system: 'linux', tool: 'postern 0.0.0' };
  const { token } = (await (await post('enrol', JSON.stringify(facts))).json()) as {
    token: string;
  };
  const audit = JSON.stringify(auditOf({ listeners: {}, addresses: ['10.1.2.3'] }));
  const taken = await post('audits', audit, { authorization: `Bearer ${token}` });
  expect([taken.status, await taken.json()]).toEqual([200, { stored: true, newest: true }]);
  const signal = AbortSignal.timeout(STOPS_WITHIN_MS);
  const ended = once(ending.child, 'exit', { signal });
  ending.child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});

it('lets findings be decided about on the command line beside it', async () => {
  const run = (...args: readonly string[]) => postern(['findings', '--data', data, ...args]);
  const listed = await run();
  expect(listed.stdout).toMatch(/^[\da-f]{8} {2}high {6}192\.0\.2\.7 22\/tcp {2}/);
  const id = listed.stdout.slice(0, 8);
  const until = new Date(Date.now() + 24 * 60 * 60 * 1000).toISOString().slice(0, 10);
  const accepted = await run('accept', id, '--reason', 'the VPN', '--until', until);
  expect(accepted.stdout).toContain('until');
  expect(accepted.stdout).toMatch(/accepted by cli:\w+ until .*: the VPN/);
  await run('assign', id, 'anna');
  await run('comment', id, 'see #5');
  expect((await run()).stdout).toBe('');
  const shown = JSON.parse((await run('show', id, '--json')).stdout) as object;
  expect(shown).toMatchObject({
    status: 'accepted',
    assignee: 'anna',
    events: [
      { kind: 'opened' },
      { kind: 'accepted', detail: 'the VPN' },
      { kind: 'assigned', detail: 'anna' },
      { kind: 'commented', detail: 'see #5' },
    ],
  });
  expect((await run('unaccept', id)).stdout).toContain('open, opened 20');
  expect(await run('show', 'ffff')).toMatchObject({
    ...{ code: 2, stderr: expect.stringContaining('FINDING_NONE') },
  });
  for (const date of ['2020-01-01', '2999-01-01', 'soon']) {
    const late = await run('accept', id, '--reason', 'x', '--until', date);
    expect(late.stderr, date).toContain('FINDING_UNTIL');
  }
});
