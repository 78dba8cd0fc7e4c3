import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { guardOf, type Receiver, receiver } from '../../test/helpers/notify-peers.ts';
import type { Resolver } from '../net/dns.ts';
import type { Guard } from './guard.ts';
import { guardedPost, type Outgoing } from './guarded-fetch.ts';

const LOOPBACK = guardOf(['127.0.0.0/8']);
const open: { close(): unknown }[] = [];

afterEach(async () => {
  for (const closable of open.splice(0)) await closable.close();
});

async function peer(...args: Parameters<typeof receiver>): Promise<Receiver> {
  const made = await receiver(...args);
  open.push(made);
  return made;
}

function message(url: string): Outgoing {
  return {
    url,
    body: 'hello',
    contentType: 'text/plain',
    headers: { 'x-own': 'kept' },
    secretHeaders: { authorization: 'Bearer hunter2' },
  };
}

function post(url: string, guard: Guard = LOOPBACK, timeoutMs = 10_000) {
  return guardedPost(message(url), guard, { signal: new AbortController().signal, timeoutMs });
}

/** A peer below HTTP. */
async function rawPeer(answer: (socket: Socket) => void): Promise<string> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => answer(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(server);
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

describe('a message over HTTP', () => {
  it('is handed over', async () => {
    const { url, received } = await peer();
    expect(await post(`${url}/hook`)).toEqual({ status: 200, body: 'ok' });
    expect(received).toMatchObject([
      {
        path: '/hook',
        body: 'hello',
        headers: { authorization: 'Bearer hunter2', 'x-own': 'kept' },
      },
    ]);
  });

  it.each([
    [500, 'NOTIFY_UNREACHABLE'],
    [503, 'NOTIFY_UNREACHABLE'],
    [429, 'NOTIFY_UNREACHABLE'],
    [400, 'NOTIFY_REFUSED'],
    [401, 'NOTIFY_REFUSED'],
    [404, 'NOTIFY_REFUSED'],
    [304, 'NOTIFY_REFUSED'],
  ])('that is answered with %i is %s', async (status, code) => {
    const { url } = await peer((response) => response.writeHead(status).end());
    await expect(post(url)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(`${status}`),
    });
  });

  it('is given up when the peer stalls, before or within its answer', async () => {
    const silent = await peer(() => undefined);
    await expect(post(silent.url, LOOPBACK, 300)).rejects.toMatchObject({
      code: 'NOTIFY_UNREACHABLE',
      message: expect.stringContaining('no answer within 300 ms'),
    });
    const drip = await rawPeer((socket) => socket.write('HTTP/1.1 200 OK\r\nx: '));
    await expect(post(drip, LOOPBACK, 300)).rejects.toThrow(/no answer within/);
  });

  it('counts by its status when the body never ends or breaks off', async () => {
    const stalls = await rawPeer((socket) =>
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc'),
    );
    expect(await post(stalls, LOOPBACK, 500)).toEqual({ status: 200, body: 'abc' });
    const floods = await peer((response) => {
      const pour = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      };
      response.on('drain', pour);
      pour();
    });
    const { status, body } = await post(floods.url);
    expect([status, body.length]).toEqual([200, 65_536]);
  });

  it.each([
    ['closes early', (socket: Socket) => socket.end()],
    ['resets', (socket: Socket) => socket.resetAndDestroy()],
    ['speaks no HTTP', (socket: Socket) => socket.end('220 mail ready\r\n')],
  ])('fails when the peer %s', async (_, answer) => {
    await expect(post(await rawPeer(answer))).rejects.toMatchObject({ code: 'NOTIFY_UNREACHABLE' });
  });

  it('fails when nobody listens, and is ended by its signal', async () => {
    const gone = await peer();
    await gone.close();
    await expect(post(gone.url)).rejects.toMatchObject({ code: 'NOTIFY_UNREACHABLE' });
    const silent = await peer(() => end.abort(new Error('enough')));
    const end = new AbortController();
    const sending = guardedPost(message(silent.url), LOOPBACK, { signal: end.signal });
    await expect(sending).rejects.toThrow('enough');
  });
});

describe('reaching inside', () => {
  it.each([
    'http://127.0.0.1/',
    'http://localhost:8080/',
    'http://0x7f.1/',
    'http://2130706433/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://169.254.169.254/latest/meta-data/',
    'https://10.0.0.1/',
    'http://0/',
  ])('is refused: %s', async (url) => {
    await expect(post(url, guardOf([]))).rejects.toMatchObject({ code: 'NOTIFY_INSIDE' });
  });

  it('is refused behind a redirect, to another address or by a name', async () => {
    for (const location of [
      'http://169.254.169.254/latest/',
      'http://[fd00:ec2::254]/',
      '//10.0.0.1/',
    ]) {
      const { url } = await peer((response) => response.writeHead(307, { location }).end());
      await expect(post(url)).rejects.toMatchObject({ code: 'NOTIFY_INSIDE' });
    }
  });

  it.each(['file:///etc/passwd', 'ftp://example.org/', 'gopher://x/', 'nothing'])(
    'is no way for %s',
    async (url) => {
      await expect(post(url)).rejects.toMatchObject({ code: 'NOTIFY_REFUSED' });
    },
  );

  it('connects to the address that was checked, though the name has another by then', async () => {
    const real = await peer();
    const asked: string[] = [];
    const rebinding: Resolver = {
      resolve: async (name) => {
        asked.push(name);
        return { addresses: [asked.length === 1 ? '127.0.0.1' : '10.0.0.1'] };
      },
    };
    await post(`http://hook.example:${real.port}/`, { ...LOOPBACK, resolver: rebinding });
    expect([asked, real.received.length]).toEqual([['hook.example'], 1]);
    expect(real.received[0]?.headers.host).toBe(`hook.example:${real.port}`);
  });
});

describe('a redirect', () => {
  it('keeps message and signature, and takes no secret to another origin', async () => {
    const last = await peer();
    const first = await peer((response) =>
      response.writeHead(308, { location: `${last.url}/moved` }).end(),
    );
    await post(first.url);
    expect(last.received).toMatchObject([
      { path: '/moved', body: 'hello', headers: { 'x-own': 'kept' } },
    ]);
    expect(last.received[0]?.headers).not.toHaveProperty('authorization');
  });

  it('that would drop the message is refused', async () => {
    const { url } = await peer((response) => response.writeHead(302, { location: '/x' }).end());
    await expect(post(url)).rejects.toMatchObject({ code: 'NOTIFY_REFUSED' });
  });

  it('is followed three times', async () => {
    const { url, received } = await peer((response) =>
      response.writeHead(307, { location: '/' }).end(),
    );
    await expect(post(url)).rejects.toThrow(/more than 3 times/);
    expect(received).toHaveLength(4);
  });

  it('to what is no URL is refused', async () => {
    const { url } = await peer((response) =>
      response.writeHead(307, { location: 'http://' }).end(),
    );
    await expect(post(url)).rejects.toMatchObject({ code: 'NOTIFY_REFUSED' });
  });
});
