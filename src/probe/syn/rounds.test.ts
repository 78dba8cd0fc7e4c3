import { describe, expect, it } from 'vitest';
import { deservesRound } from './rounds.ts';

const none = (...open: number[]) => ({ open, closed: [] });

describe('deservesRound', () => {
  it.each([
    ['nothing answered', none(0, 0), 2, false],
    ['nothing answered late', none(1000, 0), 2, false],
    ['a tenth was lost, two rounds', none(9000, 900), 2, true],
    ['a tenth was lost, three rounds', none(9000, 900, 90), 3, true],
    ['a tenth was lost, five rounds', none(9000, 900, 90, 9, 1), 5, false],
    ['two in a hundred were lost, two rounds', none(980_000, 19_600), 2, true],
    ['two in a hundred were lost, three rounds', none(980_000, 19_600, 392), 3, false],
    ['so few that none can be missing', none(10, 1), 2, true],
  ] as const)('%s', (_, counts, rounds, expected) => {
    expect(deservesRound(counts, rounds, 2)).toBe(expected);
  });

  it('counts refusals as answers', () => {
    expect(deservesRound({ open: [1, 0], closed: [900, 90] }, 2, 2)).toBe(true);
  });

  it('ends, and asks once when told so', () => {
    expect(deservesRound(none(10, 9, 9, 9, 9, 9), 6, 2)).toBe(false);
    expect(deservesRound(none(10, 9), 1, 1)).toBe(false);
  });
});
