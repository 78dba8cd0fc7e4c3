import { encode } from 'uqr';
import { expect, it } from 'vitest';
import { qrOf } from './qr.ts';

/** Dark modules of a path, as `x,y`. */
function modulesOf(path: string): readonly string[] {
  return [...path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\3z/g)].flatMap(([, x, y, width]) =>
    Array.from({ length: Number(width) }, (_, step) => `${Number(x) + step},${y}`),
  );
}

it.each(['a', 'otpauth://totp/Postern:ada%40example.org?secret=ABC', 'x'.repeat(600)])(
  'draws each dark module of %s once, in a quiet zone of four',
  (text) => {
    const { size, path } = qrOf(text);
    const bare = encode(text, { ecc: 'M', border: 0 });
    const dark = bare.data.flatMap((row, y) =>
      row.flatMap((isDark, x) => (isDark ? [`${x + 4},${y + 4}`] : [])),
    );
    expect(size).toBe(bare.size + 8);
    expect(modulesOf(path)).toEqual(dark);
  },
);
