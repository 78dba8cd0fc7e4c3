import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PROGRAM, postern } from '../helpers/postern.ts';
import { makeFolder, removeFolder, sweepFolders } from '../lab/folders.ts';

const READY_WITHIN_MS = 60_000;
const EMAIL = 'ada@example.org';

let data: string;
let child: ChildProcess;
let url: string;

function post(path: string, body: object): Promise<Response> {
  return fetch(`${url}/api/auth/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify(body),
  });
}

const signIn = async (password: string) =>
  (await post('sign-in/email', { email: EMAIL, password })).status;
const reset = (...args: readonly string[]) => postern(['user', 'reset', ...args, '--data', data]);
const tokenOf = (link: string) => new URL(link.trim()).searchParams.get('token') ?? '';

beforeAll(async () => {
  sweepFolders();
  data = makeFolder('user');
  const started = spawn(
    process.execPath,
    [PROGRAM, 'up', '--data', data, '--listen', '127.0.0.1:0', '--workers', '0'],
    { env: { PATH: process.env['PATH'] ?? '' }, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  child = started;
  let said = '';
  const signal = AbortSignal.timeout(READY_WITHIN_MS);
  while (!said.includes('/signup?')) {
    const [piece] = (await once(started.stderr, 'data', { signal })) as [Buffer];
    said += piece.toString();
  }
  started.stderr.resume();
  const link = /Sign up, once: (\S+)/.exec(said)?.[1] ?? '';
  url = new URL(link).origin;
  const asked = { token: tokenOf(link), name: 'Ada', email: EMAIL, password: 'forgotten by now' };
  await post('sign-up', asked);
});
afterAll(async () => {
  child.kill('SIGKILL');
  await removeFolder(data);
});

it('lets the only admin in again, by the address that the server has', async () => {
  expect(await signIn('forgotten by now')).toBe(200);
  const { code, stdout, stderr } = await reset('Ada@Example.org');
  expect([code, stderr]).toEqual([
    0,
    expect.stringContaining(`password for Ada@Example.org, once`),
  ]);
  expect(stdout).toMatch(new RegExp(`^${url}/reset\\?token=[\\w-]{43}\n$`));
  const asked = { token: tokenOf(stdout), password: 'remembered this time' };
  expect((await post('choose-password', asked)).status).toBe(200);
  expect([await signIn('forgotten by now'), await signIn(asked.password)]).toEqual([401, 200]);
  expect((await post('choose-password', asked)).status).toBe(403);
});

it('answers as JSON, with another address, and switches the second factor off', async () => {
  const args = ['--json', '--second-factor', '--public-url', 'https://postern.example'];
  const { code, stdout } = await reset(EMAIL, ...args);
  const told = JSON.parse(stdout);
  expect([code, new URL(told.url).origin]).toEqual([0, 'https://postern.example']);
  expect(Date.parse(told.expiresAt)).toBeGreaterThan(Date.now());
  const shown = await post('reset', { token: tokenOf(told.url) });
  expect(await shown.json()).toEqual({ email: EMAIL, secondFactor: true });
});

it('refuses whom the store does not know, and an address that is none', async () => {
  const unknown = await reset('nobody@example.org');
  expect([unknown.code, unknown.stdout]).toEqual([expect.any(Number), '']);
  expect(unknown.code).not.toBe(0);
  expect(unknown.stderr).toContain('nobody@example.org');
  const odd = await reset(EMAIL, '--public-url', 'postern.example');
  expect([odd.code, odd.stderr]).toEqual([2, expect.stringContaining('--public-url')]);
  expect((await postern(['user', 'reset'])).code).toBe(2);
});
