import { once } from 'node:events';
import { createServer } from 'node:net';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { libcUnavailable, loadLibc } from './libc.ts';
import { encodeAddress } from './sockaddr.ts';
import { readTcpInfo, TCP_INFO_BYTES } from './tcp-info.ts';
import { TcpSockets } from './tcp-socket.ts';

it('reads any bytes, and only as many fields as there are', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: TCP_INFO_BYTES }), (bytes) => {
      const info = readTcpInfo(bytes);
      expect(info === null).toBe(bytes.length < 72);
      if (info === null) return;
      expect(info.bytesAcked === null).toBe(bytes.length < 128);
      expect(info.notSent === null).toBe(bytes.length < 148);
      expect(info.window === null).toBe(bytes.length < 232);
    }),
  );
});

it.skipIf((await libcUnavailable()) !== null)(
  'sees window, options and acknowledged bytes of a real connection',
  async () => {
    const server = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const sockets = new TcpSockets(await loadLibc());
    const to = encodeAddress('127.0.0.1', () => 0);
    if (to === null) throw new Error('no address');
    const fd = sockets.open(to.family);
    sockets.connect(fd, to, port);
    await once(server, 'connection');
    const before = sockets.info(fd);
    expect(sockets.send(fd, Buffer.from('12345'))).toBe(5);
    const after = sockets.info(fd);
    expect(before?.options).toMatch(/^mss \d+,sack,ts,wscale \d+/);
    expect(before?.window).toBeGreaterThan(0);
    expect((after?.bytesAcked ?? 0) - (before?.bytesAcked ?? 0)).toBe(5);
    sockets.reset(fd);
    server.close();
  },
);
