import { z } from 'zod';

const UNITS = { s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
const TEXT = /^(\d{1,6}) ?(s|min|h|d|w)$/;

/** Milliseconds of `90 s`, `15min`, `6h`, `4 d`, `2w`; null for anything else. */
export function readDuration(text: string): number | null {
  const [, number, unit] = TEXT.exec(text) ?? [];
  if (number === undefined || unit === undefined) return null;
  return Number(number) * UNITS[unit as keyof typeof UNITS];
}

/** A duration as people write it, within bounds given the same way. */
export function duration(least: string, most: string) {
  const low = readDuration(least) ?? 0;
  const high = readDuration(most) ?? Number.POSITIVE_INFINITY;
  return z
    .string()
    .max(16)
    .superRefine((text, context) => {
      const ms = readDuration(text);
      if (ms !== null && ms >= low && ms <= high) return;
      const message = `a duration from ${least} to ${most} is written as 90s, 15min, 6h, 4d or 2w`;
      context.addIssue({ code: 'custom', message });
    });
}
