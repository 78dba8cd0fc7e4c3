import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PosternError } from '../model/errors.ts';
import { isLocal, listen, readListen, urlOf } from './listen.ts';

it('reads where to listen', () => {
  expect(readListen('4100')).toEqual({ host: '127.0.0.1', port: 4100 });
  expect(readListen('0.0.0.0:80')).toEqual({ host: '0.0.0.0', port: 80 });
  expect(readListen('[::1]:80')).toEqual({ host: '::1', port: 80 });
  expect(urlOf(readListen('[fe80::1%eth0]:80'))).toBe('http://[fe80::1%eth0]:80');
  expect(['localhost:1', '127.0.0.9:1', '[::1]:1'].map((at) => isLocal(readListen(at)))).toEqual([
    ...[true, true, true],
  ]);
  expect(['0.0.0.0:1', '[::]:1', 'host:1'].map((at) => isLocal(readListen(at)))).toEqual([
    ...[false, false, false],
  ]);
});

it('refuses what is no place, whatever it is', () => {
  for (const text of ['', 'host', ':80', '1:2:3', '127.0.0.1:65536', '-1', '::1:80']) {
    expect(() => readListen(text), text).toThrow(PosternError);
  }
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        expect(readListen(text).port).toBeLessThan(65_536);
      } catch (error) {
        expect(error).toBeInstanceOf(PosternError);
      }
    }),
  );
});

it('says that a port is in use, and answers until it is closed', async () => {
  const first = await listen(readListen('127.0.0.1:0'), () => new Response('here'));
  const url = urlOf(first.at);
  await expect(listen(first.at, () => new Response(null))).rejects.toMatchObject({
    code: 'SERVE_LISTEN',
    message: expect.stringContaining('the port is in use'),
  });
  expect(await (await fetch(url)).text()).toBe('here');
  await first.close(1000);
  await expect(fetch(url)).rejects.toThrow(TypeError);
});

it('cuts off an answer that does not end when it closes', async () => {
  const endless = new ReadableStream({
    start: (controller) => controller.enqueue(new Uint8Array(1)),
  });
  const server = await listen(readListen('127.0.0.1:0'), () => new Response(endless));
  const answer = await fetch(urlOf(server.at));
  await server.close(10);
  await expect(answer.text()).rejects.toThrow(TypeError);
});
