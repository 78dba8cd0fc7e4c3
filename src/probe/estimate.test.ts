import { describe, expect, it } from 'vitest';
import { estimate } from './estimate.ts';

const AUTO = { rate: 'auto', perHost: 'auto' } as const;
const work = { addresses: 1, ports: 65_535, mostEach: 131_070, autoRate: 8000, loopback: false };

describe('estimate', () => {
  it('takes the tighter of both limits', () => {
    expect(estimate(work, AUTO)).toEqual({ least: 65_535, most: 131_070, seconds: 65.535 });
    expect(estimate({ ...work, addresses: 256, ports: 1000 }, AUTO).seconds).toBe(32);
    expect(estimate(work, { rate: 5, perHost: 'max' }).seconds).toBe(13_107);
  });

  it('knows no limit on the loopback but those asked for', () => {
    const own = { ...work, loopback: true };
    expect(estimate(own, AUTO).seconds).toBeNull();
    expect(estimate(own, { rate: 'auto', perHost: 100 }).seconds).toBe(655.35);
  });
});
