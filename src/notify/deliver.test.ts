import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALERT, loopbackWorld, receiver } from '../../test/helpers/notify-peers.ts';
import type { ChannelSetup } from '../contract/notify.ts';
import { deliver } from './deliver.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'notify-'));
});
afterAll(() => rm(folder, { recursive: true }));

function gotify(url: string, token: string): ChannelSetup {
  return { name: 'phone', type: 'gotify', settings: { url, token } };
}

describe('a secret', () => {
  it('comes from the environment or a file', async () => {
    const peer = await receiver();
    const file = join(folder, 'token');
    await writeFile(file, 'from-file\n');
    try {
      await deliver(gotify(peer.url, 'env:TOKEN'), ALERT, loopbackWorld(), { TOKEN: 'from-env' });
      await deliver(gotify(peer.url, `file:${file}`), ALERT, loopbackWorld(), {});
      expect(peer.received.map(({ headers }) => headers['x-gotify-key'])).toEqual([
        'from-env',
        'from-file',
      ]);
    } finally {
      await peer.close();
    }
  });

  it.each(['env:ABSENT', 'env:EMPTY', 'file:/nonexistent/token', 'file:/', 'env:LONG'])(
    'that cannot be had is said: %s',
    async (token) => {
      const env = { EMPTY: '\n', LONG: 'x'.repeat(5000) };
      const sending = deliver(gotify('http://127.0.0.1:9', token), ALERT, loopbackWorld(), env);
      await expect(sending).rejects.toMatchObject({
        code: 'NOTIFY_SECRET',
        message: expect.stringContaining(token),
      });
    },
  );

  it('that is no URL where one is needed is not quoted', async () => {
    const setup = { name: 'chat', type: 'slack', settings: { url: 'env:HOOK' } };
    const sending = deliver(setup, ALERT, loopbackWorld(), { HOOK: 'hunter2' });
    await expect(sending).rejects.toMatchObject({
      code: 'NOTIFY_SECRET',
      message: expect.not.stringContaining('hunter2'),
    });
  });

  it('is not in an error though the peer says it back, plain or in disguise', async () => {
    const token = 'hunter2+/secret';
    const said = [token, Buffer.from(token).toString('base64'), encodeURIComponent(token)];
    const peer = await receiver((response) => response.writeHead(403).end(said.join(' ')));
    try {
      const error: unknown = await deliver(gotify(peer.url, 'env:TOKEN'), ALERT, loopbackWorld(), {
        TOKEN: token,
      }).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'NOTIFY_REFUSED' });
      const { message, stack, cause } = error as Error;
      expect(message).toContain('*** *** ***');
      for (const text of said) expect(`${message}${stack}${String(cause)}`).not.toContain(text);
    } finally {
      await peer.close();
    }
  });

  it('in the path of a hook is not in an error', async () => {
    const peer = await receiver((response, { path }) => response.writeHead(404).end(`no ${path}`));
    const url = `${peer.url}/services/T0/B0/s3cr3t`;
    const setup = { name: 'chat', type: 'slack', settings: { url } };
    const error: unknown = await deliver(setup, ALERT, loopbackWorld(), {}).catch(
      (thrown: unknown) => thrown,
    );
    await peer.close();
    expect((error as Error).message).toContain('no ***');
    expect(String((error as Error).stack)).not.toContain('s3cr3t');
  });
});
