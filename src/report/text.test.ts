import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clip, counted, escapeMarkup, grouped, visible } from './text.ts';

const anyText = fc.string({ unit: 'binary', maxLength: 200 });

describe('visible', () => {
  it.each([
    ['plain text, bücher 日本', 'plain text, bücher 日本'],
    ['\u001b[2J', '\\x1b[2J'],
    ['a\r\n\tb\u0000\u007f\u009b', 'a\\r\\n\\tb\\x00\\x7f\\x9b'],
    ['\u202egpj.exe', '\\u{202e}gpj.exe'],
    ['a\u2028b\ufeff', 'a\\u{2028}b\\u{feff}'],
    ['\ufffe \uffff \ud800 \udc00x', '\ufffd \ufffd \ufffd \ufffdx'],
    ['👩‍💻', '👩‍💻'],
  ])('writes %j as %j', (text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  it('leaves nothing that controls a terminal and is stable', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(visible(text)).not.toMatch(/[\p{Cc}\p{Surrogate}\u202a-\u202e\u2066-\u2069]/u);
        expect(visible(visible(text))).toBe(visible(text));
      }),
    );
  });
});

describe('clip', () => {
  it('keeps short text, cuts long text, splits no pair', () => {
    expect(clip('abc', 3)).toBe('abc');
    expect(clip('abcd', 3)).toBe('ab…');
    expect(clip('a😀bc', 3)).toBe('a…');
  });
});

describe('counts', () => {
  it('agrees in number and groups thousands', () => {
    expect(counted(1, 'host')).toBe('1 host');
    expect(counted(0, 'host')).toBe('0 hosts');
    expect(counted(12_345, 'address', 'addresses')).toBe('12,345 addresses');
    expect(grouped(1234.56)).toBe('1,234.6');
  });
});

describe('escapeMarkup', () => {
  it('leaves no character that opens markup', () => {
    expect(escapeMarkup(`<a b="c" d='e'>&amp;`)).toBe(
      '&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;amp;',
    );
    fc.assert(
      fc.property(anyText, (text) => {
        expect(escapeMarkup(text)).not.toMatch(/[<>"']/);
      }),
    );
  });
});
