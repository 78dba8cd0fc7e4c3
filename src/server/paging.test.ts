import { z } from '@hono/zod-openapi';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cursor, limit, nextOf } from './paging.ts';

const place = z.object({ at: z.int(), address: z.string() });

it('gives back the place that a page ended at, and nothing beside it', () => {
  fc.assert(
    fc.property(fc.integer(), fc.string(), (at, address) => {
      const text = nextOf(place, { at, address, secret: 1 } as z.input<typeof place>);
      expect(cursor(place).parse(text)).toEqual({ at, address });
    }),
  );
  expect(nextOf(place, null)).toBeNull();
});

it('takes no other text for a place', () => {
  const made = Buffer.from('{"at":"1","address":"x"}').toString('base64url');
  expect(cursor(place).safeParse(made).success).toBe(false);
  fc.assert(
    fc.property(fc.string(), (text) => {
      const read = cursor(place).safeParse(text);
      if (read.success) expect(typeof read.data?.at).toBe('number');
    }),
  );
});

it('bounds a page', () => {
  expect(limit.parse(undefined)).toBe(100);
  expect(limit.parse('500')).toBe(500);
  for (const text of ['0', '501', '-1', '1.5', 'x', '']) {
    expect(limit.safeParse(text).success, text).toBe(false);
  }
});
