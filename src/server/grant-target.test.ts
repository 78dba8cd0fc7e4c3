import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PosternError } from '../model/errors.ts';
import { readNetwork } from '../model/network.ts';
import { readGrantTarget, readProvableName } from './grant-target.ts';

const LABELS = fc.string({
  unit: fc.constantFrom(...'abcXYZ019-._*ü/:%[]@, '.split('')),
  maxLength: 40,
});

describe('readGrantTarget', () => {
  test.each([
    ['Example.ORG.', 'name', 'example.org'],
    ['münchen.example', 'name', 'xn--mnchen-3ya.example'],
    ['nas', 'name', 'nas'],
    ['192.0.2.7', 'network', '192.0.2.7'],
    ['192.0.2.7/24', 'network', '192.0.2.0/24'],
    ['0.0.0.0/0', 'network', '0.0.0.0/0'],
    ['::/0', 'network', '::/0'],
    ['2001:DB8:0::1', 'network', '2001:db8::1'],
    ['::ffff:192.0.2.7', 'network', '192.0.2.7'],
    ['192.0.2.0-192.0.2.255', 'network', '192.0.2.0/24'],
  ])('%s is %s %s', (text, kind, target) => {
    expect(readGrantTarget(text)).toEqual({ kind, target });
  });

  test.each([
    ['192.0.2.1-50', 'range'],
    ['*.example.org', '"*"'],
    ['example.org/24', '"/"'],
    ['https://example.org', '":"'],
    ['a.example,b.example', '","'],
    ['@file', '"@"'],
    ['exam..ple', 'between two dots'],
    ['010.0.0.1', 'octal'],
    ['', 'empty'],
  ])('%j is refused: %s', (text, reason) => {
    expect(() => readGrantTarget(text)).toThrow(expect.objectContaining({ code: 'GRANT_TARGET' }));
    expect(() => readGrantTarget(text)).toThrow(reason);
  });

  test('any text is one target, the same when read again, or GRANT_TARGET', () => {
    const texts = fc.oneof(LABELS, fc.string(), fc.ipV4(), fc.ipV6(), fc.domain());
    fc.assert(
      fc.property(texts, (text) => {
        try {
          const read = readGrantTarget(text);
          expect(readGrantTarget(read.target)).toEqual(read);
          expect(readNetwork(read.target) === null).toBe(read.kind === 'name');
        } catch (error) {
          if (!(error instanceof PosternError)) throw error;
          expect(error.code).toBe('GRANT_TARGET');
        }
      }),
    );
  });
});

describe('readProvableName', () => {
  test.each(['com', 'localhost', '192.0.2.7', '2001:db8::/32', `${'a.'.repeat(117)}example`])(
    'refuses %s',
    (text) => {
      expect(() => readProvableName(text)).toThrow(
        expect.objectContaining({ code: 'GRANT_TARGET' }),
      );
    },
  );

  test('takes a name as the DNS knows it', () => {
    expect(readProvableName('WWW.Example.org.')).toBe('www.example.org');
  });
});
