import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Peer } from './peer.ts';

const servers: Server[] = [];
const sockets = new Set<Socket>();
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  for (const server of servers.splice(0)) server.close();
});

function listen(onConnection: (socket: Socket) => void): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      onConnection(socket);
    });
    servers.push(server);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

async function open(port: number, budget = {}, signal = new AbortController().signal) {
  const opened = await new Peer({ address: '127.0.0.1', port, signal, budget }).open();
  if (opened.failure !== undefined) throw new Error(opened.failure);
  return opened.talk;
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const line = (bytes: Uint8Array): number | null => {
  const at = bytes.indexOf(10);
  return at < 0 ? null : at + 1;
};

describe('a conversation', () => {
  it('hands out one framed message at a time and keeps the rest', async () => {
    const talk = await open(await listen((socket) => socket.write('one\ntwo\nth')));
    expect(await talk.receive(line)).toMatchObject({ end: 'complete' });
    const second = await talk.receive(line);
    expect(text(second.bytes)).toBe('two\n');
    const third = await talk.receive(line, 50);
    expect({ text: text(third.bytes), end: third.end }).toEqual({ text: 'th', end: 'timeout' });
    expect(text(talk.received)).toBe('one\ntwo\nth');
    talk.close();
  });

  it('sends and hears the answer', async () => {
    const talk = await open(
      await listen((s) => s.on('data', (data) => s.write(`echo ${String(data)}`))),
    );
    talk.send('hello');
    expect(text((await talk.receive()).bytes)).toBe('echo hello');
    talk.close();
  });

  it('tells closed, reset, silent and spent apart', async () => {
    const closing = await open(await listen((socket) => socket.end('bye')));
    expect(await closing.receive(line)).toMatchObject({ end: 'closed' });
    const resetting = await open(
      await listen((socket) => setTimeout(() => socket.resetAndDestroy(), 20)),
    );
    expect(await resetting.receive(line)).toMatchObject({ end: 'reset' });
    const silent = await open(await listen(() => {}));
    expect(await silent.receive(line, 30)).toMatchObject({ end: 'timeout' });
    expect(await silent.receive(line, 30)).toMatchObject({ end: 'timeout' });
    const brief = await open(await listen(() => {}), { timeMs: 40 });
    expect(await brief.receive(line, 5000)).toMatchObject({ end: 'budget' });
    for (const talk of [closing, resetting, silent, brief]) talk.close();
  });

  it('stops taking bytes at its budget', async () => {
    let sent = 0;
    const port = await listen((socket) => {
      const chunk = Buffer.alloc(65_536, 'x');
      const more = (): void => {
        sent += chunk.length;
        if (!socket.destroyed && socket.write(chunk)) setImmediate(more);
      };
      socket.on('drain', more);
      more();
    });
    const talk = await open(port, { bytes: 100_000 });
    const reply = await talk.receive(line, 5000);
    expect(reply.end).toBe('budget');
    expect(reply.bytes.length).toBeGreaterThanOrEqual(100_000);
    expect(reply.bytes.length).toBeLessThan(400_000);
    expect(talk.received.length).toBe(4096);
    talk.close();
  });

  it('ends when the scan is cancelled', async () => {
    const controller = new AbortController();
    const talk = await open(await listen(() => {}), {}, controller.signal);
    const reply = talk.receive(line, 60_000);
    controller.abort();
    expect(await reply).toMatchObject({ end: 'cancelled' });
    talk.close();
  });

  it('opens fresh conversations until the budget of connections is spent', async () => {
    let connections = 0;
    const port = await listen(() => {
      connections += 1;
    });
    const talk = await open(port, { connections: 3 });
    expect(await talk.fresh()).not.toBeNull();
    expect(await talk.fresh()).not.toBeNull();
    expect(await talk.fresh()).toBeNull();
    talk.close();
    expect(connections).toBe(3);
  });

  it('says why there is no conversation', async () => {
    const port = await listen(() => {});
    await new Promise((resolve) => servers.pop()?.close(resolve));
    const controller = new AbortController();
    const peer = new Peer({
      address: '127.0.0.1',
      port,
      signal: controller.signal,
      budget: { connections: 1 },
    });
    expect(await peer.open()).toEqual({ failure: 'refused' });
    expect(await peer.open()).toEqual({ failure: 'budget' });
    controller.abort();
    expect(await peer.open()).toEqual({ failure: 'cancelled' });
  });
});
