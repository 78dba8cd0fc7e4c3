import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnsOf, fit, padded, wrapped } from './columns.ts';
import { visible } from './text.ts';

const shownText = fc.string({ unit: 'grapheme', maxLength: 120 }).map(visible);

describe('columns', () => {
  it('counts wide characters twice and combining ones not at all', () => {
    expect(columnsOf('abc')).toBe(3);
    expect(columnsOf('日本')).toBe(4);
    expect(columnsOf('e\u0301')).toBe(1);
  });

  it('fits and pads by columns', () => {
    expect(fit('日本語', 5)).toBe('日本…');
    expect(fit('日本語', 6)).toBe('日本語');
    expect(padded('日本', 6)).toBe('日本  ');
  });

  it('wraps at spaces, and inside a word that is too long', () => {
    expect(wrapped('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrapped('a abcdefghij b', 4)).toEqual(['a', 'abcd', 'efgh', 'ij b']);
    expect(wrapped('', 10)).toEqual([]);
  });

  it('loses nothing but spaces and never exceeds the width', () => {
    fc.assert(
      fc.property(shownText, fc.integer({ min: 2, max: 40 }), (text, width) => {
        const lines = wrapped(text, width);
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
        for (const line of lines) expect(columnsOf(line)).toBeLessThanOrEqual(width);
      }),
    );
  });
});
