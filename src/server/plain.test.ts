import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readJson, refuseNul } from './plain.ts';

const codeOf = (work: () => unknown): unknown => {
  try {
    work();
    return null;
  } catch (error) {
    return Object(error).code;
  }
};

it('reads what JSON can say, but a NUL', () => {
  fc.assert(
    fc.property(fc.json({ stringUnit: fc.constantFrom('\\', '\0', 'u0000', '"', 'a') }), (text) => {
      const isNul = JSON.stringify(JSON.parse(text)).replaceAll('\\\\', '').includes('\\u0000');
      if (isNul) expect(codeOf(() => readJson(text))).toBe('API_INVALID');
      else expect(readJson(text)).toEqual(JSON.parse(text));
    }),
  );
});

it('refuses what is no JSON, however deep or long it is', () => {
  for (const text of ['', '{', '"\0"', '['.repeat(500_000), `"${'\\'.repeat(1_000_001)}`]) {
    expect([text.slice(0, 5), codeOf(() => readJson(text))]).toEqual([
      text.slice(0, 5),
      'API_INVALID',
    ]);
  }
});

it('takes a percent sign and zeros in a URL, and no NUL', () => {
  expect(codeOf(() => refuseNul('/hosts?text=%2500'))).toBeNull();
  expect(codeOf(() => refuseNul('/hosts?text=a%00'))).toBe('API_INVALID');
});
