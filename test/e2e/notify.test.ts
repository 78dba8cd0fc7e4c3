import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LOCAL, openStore } from '../../src/store/open.ts';
import { addChannelRow } from '../../src/store/queries/channels.ts';
import { openSealer } from '../../src/store/seal.ts';
import { receiver } from '../helpers/notify-peers.ts';
import { postern } from '../helpers/postern.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'notify-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function settingsFile(text: string): Promise<string> {
  const path = join(folder, 'alerts.yaml');
  await writeFile(path, text);
  return path;
}

function hook(url: string, allow: string): string {
  return `version: 1\nallow: [${allow}]\nchannels:\n  office:\n    type: webhook\n    url: ${url}\n    secret: env:HOOK_SECRET\n`;
}

describe('postern notify test', () => {
  it('sends a message and ends with 0', async () => {
    const peer = await receiver();
    const config = await settingsFile(hook(peer.url, '127.0.0.0/8'));
    const env = { HOOK_SECRET: 'hunter2' };
    const run = await postern(['notify', 'test', 'office', '--config', config], { env });
    await peer.close();
    expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining('sent over office') });
    expect(JSON.parse(peer.received[0]?.body ?? '')).toMatchObject({
      kind: 'test',
      severity: 'info',
    });
  });

  it('reaches nothing inside without leave, and ends with 3', async () => {
    const peer = await receiver();
    const config = await settingsFile(hook(peer.url, ''));
    const env = { HOOK_SECRET: 'hunter2' };
    const run = await postern(['notify', 'test', 'office', '--config', config], { env });
    await peer.close();
    expect(run).toMatchObject({ code: 3, stderr: expect.stringContaining('NOTIFY_INSIDE') });
    expect(peer.received).toEqual([]);
  });

  it.each([
    ['NOTIFY_CHANNEL', ['notify', 'test', 'attic']],
    ['NOTIFY_SECRET', ['notify', 'test', 'office']],
  ])('ends with 2 for %s', async (code, args) => {
    const config = await settingsFile(hook('https://hooks.example.org/', ''));
    const run = await postern([...args, '--config', config]);
    expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining(code) });
  });

  it('ends with 2 for settings that are wrong or absent', async () => {
    const config = await settingsFile('version: 1\nchannels:\n  office: {type: webhook}\n');
    const wrong = await postern(['notify', 'test', 'office', '--config', config]);
    expect(wrong).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/:3:\d+: "url" is missing/),
    });
    const absent = await postern(['notify', 'test', 'office'], { cwd: folder });
    expect(absent).toMatchObject({ code: 2, stderr: expect.stringContaining('NOTIFY_FILE') });
  });
});

describe('a channel of the store', () => {
  it('is found by its name, and listed, without a file', async () => {
    const data = join(folder, 'data');
    const place = { file: join(data, 'postern.db') };
    const store = await openStore(place);
    const hookSettings = JSON.stringify({ url: 'http://127.0.0.1:9/', secret: 'hunter2' });
    const sealed = openSealer(place, data, {}).seal(hookSettings);
    const id = '6f1b8a0e-6d7c-4a52-9c36-0f4a1e0b7d11';
    const row = { id, name: 'stored', type: 'webhook', settings: sealed, created_at: 0 };
    await store.write((tx) => addChannelRow(tx, LOCAL, row));
    await store.close();
    const options = { cwd: folder };
    const test = await postern(['notify', 'test', 'stored', '--data', data], options);
    // found: it is its address that is refused
    expect(test).toMatchObject({ code: 3, stderr: expect.stringContaining('NOTIFY_INSIDE') });
    const list = await postern(['notify', 'list', '--json', '--data', data], options);
    expect(JSON.parse(list.stdout)).toMatchObject({
      channels: [{ name: 'stored', type: 'webhook' }],
    });
    const other = await postern(['notify', 'test', 'attic', '--data', data], options);
    expect(other).toMatchObject({ code: 2, stderr: expect.stringContaining('there are stored') });
  });
});

describe('postern notify list', () => {
  it('shows channels without their secrets, and the types there are', async () => {
    const config = await settingsFile(hook('https://hooks.example.org/hunter2', ''));
    const run = await postern(['notify', 'list', '--json', '--config', config]);
    expect(run.stdout).not.toContain('hunter2');
    expect(JSON.parse(run.stdout)).toMatchObject({
      channels: [{ name: 'office', type: 'webhook' }],
      types: expect.arrayContaining([{ name: 'email', title: 'E-mail' }]),
    });
  });

  it('shows the types when nothing is set up', async () => {
    const run = await postern(['notify', 'list'], { cwd: folder });
    expect(run).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('No channel is set up.'),
    });
  });
});
