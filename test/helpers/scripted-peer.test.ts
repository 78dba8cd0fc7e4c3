import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it } from 'vitest';
import {
  close,
  drip,
  endless,
  expectBytes,
  expectLine,
  finish,
  garbageTls,
  hold,
  hugeHttpHeader,
  replay,
  reset,
  type ScriptedPeer,
  say,
  scriptedPeer,
  silent,
  startTls,
  tarpit,
  wait,
} from './scripted-peer.ts';

async function dial(
  peer: ScriptedPeer,
  options: { allowHalfOpen?: boolean } = {},
): Promise<Socket> {
  const socket = connect({ host: peer.address, port: peer.port, ...options });
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

async function readAll(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'end');
  return Buffer.concat(chunks).toString('latin1');
}

describe('a scripted peer', () => {
  it('says, expects and records', async () => {
    await using peer = await scriptedPeer([say('220 hi\r\n'), expectLine(), say('bye'), close()]);
    const socket = await dial(peer);
    socket.write('QUIT\r\n');
    expect(await readAll(socket)).toBe('220 hi\r\nbye');
    const seen = await peer.finished(0);
    expect(seen.received.toString()).toBe('QUIT\r\n');
    expect(seen).toMatchObject({ end: 'we-closed', taken: 11, trouble: undefined });
  });

  it('gives each connection its own script', async () => {
    await using peer = await scriptedPeer((index) => [say(`n${index}`), close()]);
    expect(await readAll(await dial(peer))).toBe('n0');
    expect(await readAll(await dial(peer))).toBe('n1');
    expect(peer.connections).toHaveLength(2);
  });

  it('resets after accept', async () => {
    await using peer = await scriptedPeer([reset()]);
    const socket = connect({ host: peer.address, port: peer.port });
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNRESET');
    expect((await peer.finished(0)).end).toBe('we-reset');
  });

  it('goes half-open and still reads', async () => {
    await using peer = await scriptedPeer([finish(), silent()]);
    const socket = await dial(peer, { allowHalfOpen: true });
    await readAll(socket);
    socket.end('still here');
    expect((await peer.finished(0)).received.toString()).toBe('still here');
  });

  it('answers not even a FIN when it holds', async () => {
    await using peer = await scriptedPeer([hold()]);
    const socket = await dial(peer, { allowHalfOpen: true });
    socket.end();
    await once(socket, 'finish');
    expect(peer.connections[0]?.end).toBe('open');
  });

  it('says one byte at a time in a tarpit, without end', async () => {
    await using peer = await scriptedPeer([tarpit(1)]);
    const socket = await dial(peer);
    for (let byte = 0; byte < 5; byte++) await once(socket, 'data');
    socket.destroy();
    const seen = await peer.finished(0);
    expect(seen.taken).toBeGreaterThanOrEqual(5);
    expect(seen.end).not.toBe('we-closed');
  });

  it('drips and waits', async () => {
    await using peer = await scriptedPeer([drip('abc', 1), wait(1), close()]);
    expect(await readAll(await dial(peer))).toBe('abc');
  });

  it.each([
    ['an endless banner', endless('x')],
    ['a header of 1 GB', hugeHttpHeader()],
  ])('streams %s only as fast as it is read', async (_, step) => {
    await using peer = await scriptedPeer([step]);
    const socket = await dial(peer);
    await once(socket, 'data');
    socket.destroy();
    const seen = await peer.finished(0);
    expect(seen.taken).toBeGreaterThan(0);
    expect(seen.taken).toBeLessThan(100_000_000);
  });

  it.each(['garbage', 'alert', 'truncated-server-hello'] as const)(
    'answers a ClientHello with %s',
    async (answer) => {
      await using peer = await scriptedPeer([garbageTls(answer)]);
      const socket = connectTls({ host: peer.address, port: peer.port });
      const [error] = (await once(socket, 'error')) as [Error];
      expect(error).toBeInstanceOf(Error);
      socket.destroy();
      expect((await peer.finished(0)).received[0]).toBe(0x16);
    },
  );

  it('speaks TLS from the first byte', async () => {
    await using peer = await scriptedPeer([say('inside'), close()], { tls: true });
    const { address: host, port } = peer;
    expect(await readAll(connectTls({ host, port, rejectUnauthorized: false }))).toBe('inside');
  });

  it('upgrades to TLS in the middle', async () => {
    await using peer = await scriptedPeer([
      expectBytes('STARTTLS'),
      say('OK'),
      startTls(),
      expectBytes('who'),
      say('inside'),
      close(),
    ]);
    const plain = await dial(peer);
    plain.write('STARTTLS');
    await once(plain, 'data');
    const secure = connectTls({ socket: plain, rejectUnauthorized: false });
    secure.write('who');
    expect(await readAll(secure)).toBe('inside');
    expect((await peer.finished(0)).received.toString()).toBe('STARTTLSwho');
  });

  it('replays captured exchanges and notes what does not fit', async () => {
    const script = replay([{ reply: '+hello' }, { expect: 'PING', reply: '+PONG' }]);
    await using peer = await scriptedPeer([...script, close()]);
    const socket = await dial(peer);
    socket.write('PING\r\n');
    expect(await readAll(socket)).toBe('+hello+PONG');
    const other = await dial(peer);
    other.write('GET /');
    expect(await readAll(other)).toBe('+hello');
    expect((await peer.finished(1)).trouble).toBe('expected "PING", received "GET /"');
  });

  it('tears everything down on close', async () => {
    const peer = await scriptedPeer([silent()]);
    const socket = await dial(peer);
    const ended = once(socket, 'close');
    await peer.close();
    await peer.close();
    await ended;
    const refused = connect({ host: peer.address, port: peer.port });
    const [error] = (await once(refused, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');
  });
});
