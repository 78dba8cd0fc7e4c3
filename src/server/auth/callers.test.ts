import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cookieOf, lower } from './callers.ts';

const read = (cookie: string, name = 'a') => cookieOf(new Headers({ cookie }), name);

it('finds a cookie by its whole name', () => {
  expect(read('a=1')).toBe('1');
  expect(read('aa=0; a=1; b=2')).toBe('1');
  expect(read('b=2;a=x=y; a=3')).toBe('x=y');
  expect(read('a')).toBeNull();
  expect(read('A=1')).toBeNull();
  expect(cookieOf(new Headers(), 'a')).toBeNull();
});

it('finds one among any others', () => {
  const safe = fc.stringMatching(/^[\w!#$%&'*+.^`|~-]{1,9}$/);
  fc.assert(
    fc.property(fc.array(fc.tuple(safe, safe)), safe, (others, value) => {
      const cookies = [...others.filter(([name]) => name !== 'mine'), ['mine', value]];
      expect(read(cookies.map((pair) => pair.join('=')).join('; '), 'mine')).toBe(value);
    }),
  );
});

it('gives the weaker of two roles', () => {
  expect(lower('admin', 'viewer')).toBe('viewer');
  expect(lower('operator', 'admin')).toBe('operator');
  expect(lower('viewer', 'viewer')).toBe('viewer');
});
