import { describe, expect, it } from 'vitest';
import {
  endless,
  expectBytes,
  finish,
  reset,
  type Script,
  say,
  scriptedPeer,
  silent,
} from '../../../test/helpers/scripted-peer.ts';
import { freePort } from '../../../test/lab/ports.ts';
import { libcUnavailable } from '../../net/linux/libc.ts';
import { behaviourOf, drips } from './behaviour.ts';
import type { Glance, Observer, Patience } from './glance.ts';
import { createObserver } from './observers.ts';

const PATIENCE: Patience = { connectMs: 3000, greetingMs: 300, answerMs: 1000, quietMs: 100 };
const question = new TextEncoder().encode('GET / HTTP/1.0\r\n\r\n');

async function lookAt(observer: Observer, script: Script): Promise<Glance> {
  await using peer = await scriptedPeer(script);
  const { signal } = new AbortController();
  const { address, port } = peer;
  return await observer.glance({ address, port, patience: PATIENCE, question, signal });
}

const text = ({ said }: Glance) => Buffer.from(said).toString();

const seesKernel = (await libcUnavailable()) === null;

describe.each(seesKernel ? ['epoll', 'node'] : ['node'])('the observer of %s', (name) => {
  it('hears a greeting before it speaks, and the answer after', async () => {
    const observer = await createObserver(name);
    const glance = await lookAt(observer, [say('hello '), expectBytes('GET'), say('bye')]);
    expect(text(glance)).toBe('hello bye');
    expect(glance).toMatchObject({ handshake: 'completed', saidFirst: 6, asked: true });
  });

  it.each([
    ['resets', [reset()]],
    ['resets-when-asked', [expectBytes('GET'), reset()]],
    ['closes', [finish()]],
    ['closes-when-asked', [expectBytes('GET'), finish()]],
    ['mute', [silent()]],
  ] as const)('sees that a peer %s', async (behaviour, script) => {
    const glance = await lookAt(await createObserver(name), script);
    expect(behaviourOf(glance)).toBe(behaviour);
  });

  it('keeps a bounded part of words without end', async () => {
    const glance = await lookAt(await createObserver(name), [endless()]);
    expect(glance.said).toHaveLength(1024);
    expect(drips(glance)).toBe(false);
  });

  it('says that nobody is there', async () => {
    const observer = await createObserver(name);
    const { signal } = new AbortController();
    const port = await freePort('127.0.0.1');
    const request = { address: '127.0.0.1', port, patience: PATIENCE, question, signal };
    expect((await observer.glance(request)).handshake).toBe('refused');
  });

  it('ends at once when cancelled', async () => {
    await using peer = await scriptedPeer([silent()]);
    const controller = new AbortController();
    const observer = await createObserver(name);
    const unending = { ...PATIENCE, greetingMs: 600_000 };
    const look = observer.glance({
      address: peer.address,
      port: peer.port,
      patience: unending,
      question,
      signal: controller.signal,
    });
    controller.abort();
    expect((await look).handshake).toBe('local');
  });

  it('tells of window, acknowledgement and options what it can see', async () => {
    const { acknowledged, window, stack } = await lookAt(await createObserver(name), [silent()]);
    if (name === 'node') {
      expect([acknowledged, window, stack]).toEqual([undefined, undefined, undefined]);
      return;
    }
    expect(acknowledged).toBe(true);
    expect(window).toBeGreaterThan(0);
    expect(stack).toMatch(/^mss \d+,sack,ts/);
  });
});
