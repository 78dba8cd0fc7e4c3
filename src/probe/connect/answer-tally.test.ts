import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimateLoss } from '../loss-estimate.ts';
import { AnswerTally, HostAnswers, resentWithin } from './answer-tally.ts';
import { attemptCode, attemptOf, portOf, resentOf } from './host.ts';

function answers(
  open: readonly number[],
  closed: readonly number[] = [],
  silent: readonly number[] = [],
): HostAnswers {
  const host = new HostAnswers();
  open.forEach((syn) => host.answered('open', syn));
  closed.forEach((syn) => host.answered('closed', syn));
  silent.forEach((syns) => host.believedSilent(syns));
  return host;
}

const none = new AnswerTally();

function tallyOf(otherwise: number, ...hosts: HostAnswers[]): AnswerTally {
  const tally = new AnswerTally();
  for (const host of hosts) tally.add(host, otherwise);
  return tally;
}

function repeated(count: number, syn: number): number[] {
  return Array<number>(count).fill(syn);
}

describe('the tally of answers', () => {
  const open = [...repeated(900, 1), ...repeated(90, 2)];

  it('takes the number of SYNs after which silence was believed, by their shares', () => {
    const silent = [...repeated(150, 2), ...repeated(50, 4)];
    const shared = tallyOf(9, answers(open, [], silent));
    expect(shared.estimate(none, 9)).toEqual(
      estimateLoss({
        ports: [
          { attempts: 2, open: [675, 67.5], closed: [] },
          { attempts: 4, open: [225, 22.5], closed: [] },
        ],
      }),
    );
  });

  it('takes what it is told of hosts where no port was silent', () => {
    const told = tallyOf(4, answers(open, [1, 1, 3]), answers([], [], repeated(50, 2)));
    const ports = [{ attempts: 4, open: [900, 90], closed: [2, 0, 1] }];
    expect(told.estimate(none, 2)).toEqual(estimateLoss({ ports }));
  });

  it('knows that nothing was missed where nothing stayed silent', () => {
    expect(tallyOf(2, answers(open)).estimate(none, 2)).toMatchObject({
      estimate: 0,
      interval: [0, 0],
    });
  });

  it('asks of hosts with one answer what the hosts without any were asked', () => {
    const lone = [...repeated(900, 1), ...repeated(90, 2)].map((syn) => answers([syn], [], [7]));
    const ports = [{ attempts: 2, open: [900, 90] }];
    expect(tallyOf(9, ...lone).estimate(none, 2)).toEqual(estimateLoss({ ports }));
    const mute = answers([], [], [3, 3]);
    const asked = [{ attempts: 3, open: [900, 90] }];
    expect(tallyOf(9, ...lone, mute).estimate(none, 2)).toEqual(estimateLoss({ ports: asked }));
  });

  it('is the same however hosts are divided between two', () => {
    const host = fc
      .tuple(
        fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 6 }),
      )
      .map(([opened, closed, silent]) => answers(opened, closed, silent));
    fc.assert(
      fc.property(fc.array(host, { maxLength: 8 }), fc.nat(8), (hosts, at) => {
        const whole = tallyOf(3, ...hosts).estimate(none, 2);
        const [a, b] = [tallyOf(3, ...hosts.slice(0, at)), tallyOf(3, ...hosts.slice(at))];
        const divided = a.estimate(b, 2);
        expect(divided?.interval).toEqual(whole?.interval);
        expect(divided?.estimate).toBe(whole?.estimate);
      }),
    );
  });
});

it('counts the SYNs that the kernel sends again, after 1, 3 and 7 seconds', () => {
  const times = [0, 999, 1000, 2999, 3000, 6999, 7000];
  expect(times.map(resentWithin)).toEqual([0, 0, 1, 1, 2, 2, 3]);
});

it('keeps port, attempt and resent SYNs apart in one integer', () => {
  const parts = [fc.nat(65_535), fc.integer({ min: 1, max: 255 }), fc.nat(255)] as const;
  fc.assert(
    fc.property(...parts, (port, attempt, resent) => {
      const code = attemptCode(port, attempt, resent);
      expect([portOf(code), attemptOf(code), resentOf(code)]).toEqual([port, attempt, resent]);
    }),
  );
});
