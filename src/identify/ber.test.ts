import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { itNeverThrows, readFixtures, repliesOf } from '../../test/helpers/fixture.ts';
import { ber, berFrame, berInteger, berNumber, readBer } from './ber.ts';

const seeds = ['ldap', 'kerberos'].flatMap(readFixtures).flatMap(repliesOf);

it('reads back what it writes', () => {
  fc.assert(
    fc.property(fc.nat(), fc.uint8Array({ maxLength: 400 }), (number, text) => {
      const message = ber(0x30, berInteger(number), ber(0x04, text));
      const element = readBer(message);
      expect(berFrame(message)).toBe(message.length);
      expect(berFrame(message.subarray(0, -1))).toBeNull();
      expect(berNumber(element?.children[0])).toBe(number);
      expect(element?.children[1]?.content).toEqual(text);
    }),
  );
});

describe('berNumber', () => {
  it.each([
    [[0x00], 0],
    [[0x7f], 127],
    [[0x00, 0x80], 128],
    [[0xff], -1],
    [[0x80], -128],
    [[], undefined],
  ])('%j', (content, value) => {
    const element = { tag: 2, content: Uint8Array.from(content), children: [] };
    expect(berNumber(element)).toBe(value);
  });
});

describe('readBer refuses', () => {
  it.each([
    ['an indefinite length', [0x30, 0x80, 0, 0]],
    ['a multi-byte tag', [0x3f, 0x81, 1, 0]],
    ['a child longer than its parent', [0x30, 3, 4, 9, 0]],
    [
      'nesting without end',
      Array.from({ length: 200 }, (_, at) => (at % 2 === 0 ? 0x30 : 198 - at)),
    ],
  ])('%s', (_, bytes) => expect(readBer(Uint8Array.from(bytes))).toBeNull());
});

itNeverThrows('readBer', readBer, seeds);
itNeverThrows('berFrame', berFrame, seeds);
