import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { within } from './within.ts';

const FOREVER_MS = 60_000;

describe('a bound of time', () => {
  let collecting: NodeJS.Timeout;

  beforeAll(() => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    collecting = setInterval(collect, 20);
  });
  afterAll(() => {
    clearInterval(collecting);
  });

  it('is kept however often memory is collected', async () => {
    const other = new AbortController();
    const waiting = sleep(FOREVER_MS, undefined, { signal: within(300, other.signal) });
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    expect(other.signal.aborted).toBe(false);
  });

  it('ends with what ends before', async () => {
    const other = new AbortController();
    const waiting = sleep(FOREVER_MS, undefined, { signal: within(FOREVER_MS, other.signal) });
    other.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  });
});
