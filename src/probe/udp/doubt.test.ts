import { describe, expect, it } from 'vitest';
import { DOUBT_MS, Doubts } from './doubt.ts';

const WITNESS = 9;

/** Asks volleys of a host that refuses as `refuses` says, until all is settled or the time is over. */
function play(ports: readonly number[], refuses: (port: number, now: number) => boolean) {
  const doubts = new Doubts(ports, WITNESS, 0);
  const closed: number[] = [];
  const silent: number[] = [];
  let now = 0;
  while (!doubts.over) {
    now = Math.max(now, doubts.readyAt);
    for (const port of [...doubts.next(now), WITNESS]) {
      if (!refuses(port, now)) continue;
      doubts.settled(port, true);
      if (port !== WITNESS) closed.push(port);
    }
    now += 1;
    silent.push(...doubts.close(now));
    const left = doubts.expired(now);
    if (left.length > 0) return { closed, silent, left, now };
  }
  return { closed, silent, left: [] as readonly number[], now };
}

const PORTS = Array.from({ length: 40 }, (_, at) => at + 100);
const isClosed = (port: number): boolean => port === WITNESS || port % 2 === 0;

/** Linux: one refusal a second, six saved up at most (icmp_ratelimit). */
function rationed(perSecond: number) {
  let tokens = 0;
  let at = 0;
  return (port: number, now: number): boolean => {
    if (!isClosed(port)) return false;
    tokens = Math.min(6, tokens + ((now - at) / 1000) * perSecond);
    at = now;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}

describe('doubts', () => {
  it('are over at once where the host refuses whatever is closed', () => {
    const { closed, silent, now } = play(PORTS, isClosed);
    expect(closed).toEqual(PORTS.filter(isClosed));
    expect(silent).toEqual(PORTS.filter((port) => !isClosed(port)));
    expect(now).toBeLessThan(1000);
  });

  it.each([1, 5, 100])('settle nothing wrong at %i refusals a second', (perSecond) => {
    const { closed, silent, left } = play(PORTS, rationed(perSecond));
    expect(silent.filter(isClosed)).toEqual([]);
    expect(closed.filter((port) => !isClosed(port))).toEqual([]);
    expect([...closed, ...silent, ...left].toSorted((a, b) => a - b)).toEqual(PORTS);
  });

  it('wait out what one refusal a second takes', () => {
    expect(play(PORTS.slice(0, 10), rationed(1)).left).toEqual([]);
  });

  it('end when their time is over, with what is left', () => {
    const { closed, silent, left, now } = play(PORTS, () => false);
    expect([closed, silent]).toEqual([[], []]);
    expect(left.toSorted((a, b) => a - b)).toEqual(PORTS);
    expect(now).toBeGreaterThanOrEqual(DOUBT_MS);
    expect(now).toBeLessThan(DOUBT_MS + 5000);
  });
});
