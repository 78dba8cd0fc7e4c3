import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Block, formatV4, formatV6 } from './address.ts';
import { Places } from './places.ts';

/** Blocks of very different sizes, apart from each other, of both families. */
const blocks = fc
  .array(fc.record({ gap: fc.nat(3), size: fc.integer({ min: 1, max: 300 }), v6: fc.boolean() }))
  .map((pieces) => {
    let at = 0xa000000;
    return pieces.map(({ gap, size, v6 }): Block => {
      const start = at + gap;
      at = start + size;
      if (v6) return { family: 6, start: BigInt(start), end: BigInt(at) };
      return { family: 4, start, end: at };
    });
  });

test('numbers every address of every block through', () => {
  fc.assert(
    fc.property(blocks, (given) => {
      const places = new Places(given);
      const written = given.flatMap((block) =>
        Array.from({ length: Number(block.end) - Number(block.start) }, (_, at) => {
          const value = Number(block.start) + at;
          return block.family === 4 ? formatV4(value) : formatV6(BigInt(value));
        }),
      );
      expect(Array.from({ length: places.total }, (_, at) => places.at(at))).toEqual(written);
    }),
  );
});
