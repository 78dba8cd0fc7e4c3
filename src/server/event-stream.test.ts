import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { EventStream } from './event-stream.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const MINUTE = 60_000;

function open(stillAllowed: () => Promise<boolean> = async () => true) {
  const onEnd = vi.fn<() => void>();
  const stream = new EventStream(stillAllowed, onEnd);
  return { stream, onEnd, text: () => new Response(stream.body).text() };
}

it('sends what it is given, and a sign of life while nothing happens', async () => {
  const { stream, onEnd, text } = open();
  stream.send('data: 1\n\n');
  await vi.advanceTimersByTimeAsync(MINUTE / 2);
  stream.end();
  expect(await text()).toBe('retry: 2000\n\ndata: 1\n\n: alive\n\n: alive\n\n');
  expect(onEnd).toHaveBeenCalledOnce();
  expect(vi.getTimerCount()).toBe(0);
});

it('ends within a minute for who is no longer allowed', async () => {
  let allowed = true;
  const { onEnd } = open(async () => allowed);
  await vi.advanceTimersByTimeAsync(2 * MINUTE);
  expect(onEnd).not.toHaveBeenCalled();
  allowed = false;
  await vi.advanceTimersByTimeAsync(MINUTE);
  expect(onEnd).toHaveBeenCalledOnce();
});

it('ends a reader that does not read, and lets go of one that leaves', async () => {
  const slow = open();
  for (let sent = 0; sent < 1000; sent++) slow.stream.send('data: 1\n\n');
  expect(slow.onEnd).toHaveBeenCalledOnce();
  const left = open();
  await left.stream.body.cancel();
  left.stream.send('data: 1\n\n');
  left.stream.end();
  expect(left.onEnd).toHaveBeenCalledOnce();
});
