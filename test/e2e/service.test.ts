import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Receiver, receiver } from '../helpers/notify-peers.ts';
import { PROGRAM, postern } from '../helpers/postern.ts';
import { until } from '../helpers/until.ts';
import { makeFolder, removeFolder, sweepFolders } from '../lab/folders.ts';
import { makeNamespace, type Namespace, namespacesMet } from '../lab/namespace.ts';

const PASSWORD = 'a long and quiet password';
const WAIT_MS = 60_000;

let folder: string;
let namespace: Namespace;
let hook: Receiver;
let mail: { readonly port: number; readonly letters: string[]; close(): void };
let server: { readonly child: ChildProcess; readonly url: string; readonly key: string };

/** A mail server that takes everything. */
async function mailServer() {
  const letters: string[] = [];
  const peer = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData(stream, _session, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        letters.push(Buffer.concat(chunks).toString('utf8'));
        callback();
      });
    },
  });
  await new Promise<void>((resolve) => peer.listen(0, '127.0.0.1', resolve));
  const { port } = peer.server.address() as AddressInfo;
  return { port, letters, close: () => peer.close() };
}

/** What somebody does who starts it for the first time: the link, an account, a key. */
async function startServer() {
  const notify = join(folder, 'notify.yaml');
  writeFileSync(notify, 'version: 1\nallow: [127.0.0.0/8]\nchannels: {}\n');
  const args = ['up', '--data', folder, '--listen', '127.0.0.1:0', '--notify', notify];
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    env: { PATH: process.env['PATH'] ?? '' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  while (!said.includes('/signup?')) {
    const [piece] = await once(child.stderr, 'data', { signal: AbortSignal.timeout(WAIT_MS) });
    said += String(piece);
  }
  child.stderr.resume();
  const link = new URL(/Sign up, once: (\S+)/.exec(said)?.[1] ?? '');
  const url = link.origin;
  const post = (path: string, body: object, cookie = '') =>
    fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: url, cookie },
      body: JSON.stringify(body),
    });
  const person = { name: 'Ada', email: 'ada@example.org', password: PASSWORD };
  await post('/api/auth/sign-up', { ...person, token: link.searchParams.get('token') });
  const signedIn = await post('/api/auth/sign-in/email', person);
  const cookie = signedIn.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
  const scopes = ['read', 'scan', 'findings', 'settings', 'admin'];
  const made = await post('/api/v1/keys', { name: 'test', role: 'admin', scopes }, cookie);
  const { key } = (await made.json()) as { key: string };
  return { child, url, key };
}

async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await fetch(`${server.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${server.key}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const value = (await answer.json()) as T;
  if (!answer.ok) throw new Error(`${method} ${path}: ${JSON.stringify(value)}`);
  return value;
}

interface Finding {
  readonly id: string;
  readonly rule: string;
  readonly port: number;
  readonly reopened: number;
}

async function findings(status: string): Promise<readonly Finding[]> {
  return (await ask<{ items: Finding[] }>('GET', `/findings?status=${status}`)).items;
}

/** A Redis that anybody may write to, on the host inside. */
function startRedis(): ChildProcess {
  const words = [
    '--port',
    '6379',
    '--bind',
    namespace.far.v4,
    '--protected-mode',
    'no',
    '--save',
    '',
  ];
  return spawn('ip', ['netns', 'exec', namespace.name, 'redis-server', ...words], {
    stdio: 'ignore',
  });
}

async function ended(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM');
  if (child.exitCode === null) await once(child, 'exit');
}

/** Runs the schedule and waits for its scan. */
async function runNow(schedule: string): Promise<void> {
  const { id } = await ask<{ id: string }>('POST', `/schedules/${schedule}/run`);
  await until(
    async () => (await ask<{ status: string }>('GET', `/jobs/${id}`)).status === 'done',
    WAIT_MS,
  );
}

const kinds = () => hook.received.map(({ body }) => (JSON.parse(body) as { kind: string }).kind);

describe.runIf(namespacesMet('redis-server'))('a server that was started once', () => {
  beforeAll(async () => {
    sweepFolders();
    folder = makeFolder('service');
    namespace = makeNamespace();
    hook = await receiver();
    mail = await mailServer();
    server = await startServer();
  }, WAIT_MS);

  afterAll(async () => {
    await ended(server.child);
    mail.close();
    await hook.close();
    namespace.close();
    await removeFolder(folder);
  });

  it('tells of a port that opens, closes and opens again, each once', async () => {
    const smtp = { host: '127.0.0.1', port: mail.port, tls: 'none' };
    const letters = { from: 'postern@example.org', to: ['ada@example.org'] };
    await ask('POST', '/channels', {
      name: 'mail',
      type: 'email',
      settings: { ...smtp, ...letters },
    });
    const settings = { url: hook.url, secret: 'a secret of both sides' };
    await ask('POST', '/channels', { name: 'hook', type: 'webhook', settings });
    const { id: schedule } = await ask<{ id: string }>('POST', '/schedules', {
      name: 'inside',
      spec: { every: '6h', targets: [namespace.far.v4], scan: { ports: '6379,6380' } },
    });

    let redis = startRedis();
    await until(() => namespace.exec('ss', '-Hltn').includes(':6379'), WAIT_MS);
    await runNow(schedule);
    await until(() => hook.received.length > 0 && mail.letters.length > 0, WAIT_MS);
    const [finding] = await findings('open');
    expect(finding).toMatchObject({ port: 6379, reopened: 0 });
    expect(kinds()).toEqual(['incident']);

    await ended(redis);
    await runNow(schedule);
    await until(async () => (await findings('open')).length === 0, WAIT_MS);
    expect(await findings('resolved')).toMatchObject([{ id: finding?.id }]);
    const diff = await postern(['--data', folder, 'diff']);
    expect(diff.stdout).toContain(`- ${namespace.far.v4} 6379/tcp was redis`);
    await until(() => hook.received.length > 1 && mail.letters.length > 1, WAIT_MS);

    redis = startRedis();
    await until(() => namespace.exec('ss', '-Hltn').includes(':6379'), WAIT_MS);
    await runNow(schedule);
    await until(() => hook.received.length > 2 && mail.letters.length > 2, WAIT_MS);
    expect(await findings('open')).toMatchObject([{ id: finding?.id, reopened: 1 }]);
    // nothing changes, so nothing is told
    await runNow(schedule);
    await ended(redis);
    expect(kinds()).toEqual(['incident', 'resolved', 'incident']);
    expect(mail.letters).toHaveLength(3);
    expect(mail.letters[0]).toContain('6379');
  }, 240_000);
});
