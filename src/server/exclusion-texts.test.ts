import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PosternError } from '../model/errors.ts';
import { readExclusionTexts } from './exclusion-texts.ts';

test('keeps what a scan reads the same way', () => {
  const texts = ['192.0.2.1', ' 192.0.2.0/24', '192.0.2.1-9', '2001:DB8::/32', 'WWW.Example.org.'];
  expect(readExclusionTexts(texts)).toEqual([
    '192.0.2.1',
    '192.0.2.0/24',
    '192.0.2.1-9',
    '2001:DB8::/32',
    'www.example.org',
  ]);
});

test.each(['@/etc/passwd', '-', '192.0.2.1,192.0.2.2', 'a b', '*.example.org', '300.1.1.1', ''])(
  'refuses %j, and says which it is',
  (text) => {
    expect(() => readExclusionTexts(['192.0.2.1', text])).toThrow('exclusion 2 ');
  },
);

test('any text is kept or refused', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.webUrl(), fc.domain()), (text) => {
      try {
        const kept = readExclusionTexts([text]);
        expect(kept[0]).not.toMatch(/[\s,]|^[@-]/);
      } catch (error) {
        if (!(error instanceof PosternError)) throw error;
        expect(error.code).toBe('EXCLUSION_INVALID');
      }
    }),
  );
});
