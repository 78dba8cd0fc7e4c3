import fc from 'fast-check';
import { expect, it } from 'vitest';
import { itNeverThrows } from '../../test/helpers/fixture.ts';
import { readBson, writeBson } from './bson.ts';
import { hexBytes, hexText } from './encode.ts';

/** bsonspec.org, FAQ: {"BSON": ["awesome", 5.05, 1986]}. */
const EXAMPLE = hexBytes(
  '31000000 04 42534f4e00 26000000 02 3000 08000000 617765736f6d6500' +
    '01 3100 3333333333331440 10 3200 c2070000 00 00',
);

it('reads the example of bsonspec.org', () => {
  const list = new Map<string, unknown>([
    ['0', 'awesome'],
    ['1', 5.05],
    ['2', 1986],
  ]);
  expect(readBson(EXAMPLE)).toEqual(new Map([['BSON', list]]));
});

it('writes the first example of bsonspec.org', () => {
  expect(hexText(writeBson({ hello: 'world' }))).toBe(
    '160000000268656c6c6f0006000000776f726c640000',
  );
});

it('reads back what it writes', () => {
  const name = fc.stringMatching(/^[a-z]{1,8}$/);
  const value = fc.oneof(fc.string({ maxLength: 99 }), fc.nat(), fc.boolean());
  fc.assert(
    fc.property(fc.dictionary(name, value, { maxKeys: 9 }), (document) => {
      const read = readBson(writeBson(document));
      expect(Object.fromEntries(read ?? [])).toEqual({ ...document });
    }),
  );
});

it('refuses endless nesting', () => {
  let document: Uint8Array = writeBson({});
  for (let depth = 0; depth < 20; depth += 1) {
    document = Buffer.concat([
      hexBytes('00000000'),
      hexBytes('03 6100'),
      document,
      Uint8Array.of(0),
    ]);
    new DataView(document.buffer, document.byteOffset).setInt32(0, document.length, true);
  }
  expect(readBson(document)).toBeNull();
});

itNeverThrows('readBson', readBson, [EXAMPLE]);
