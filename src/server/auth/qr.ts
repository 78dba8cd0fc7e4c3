import { encode } from 'uqr';

/** Light modules around a code, without which scanners do not find it (ISO/IEC 18004, 9.1). */
const QUIET = 4;

/** A QR code as the path of an SVG image: a module is 1 wide and high, the dark ones are to be filled. */
export interface Qr {
  /** Width and height, the quiet zone included. */
  readonly size: number;
  readonly path: string;
}

export function qrOf(text: string): Qr {
  const { size, data } = encode(text, { ecc: 'M', border: QUIET });
  const path = data.flatMap((row, y) => runsOf(row).map(([x, width]) => bar(x, y, width)));
  return { size, path: path.join('') };
}

function bar(x: number, y: number, width: number): string {
  return `M${x} ${y}h${width}v1h-${width}z`;
}

/** Where dark modules begin in a row, and how many follow each other. */
function runsOf(row: readonly boolean[]): readonly (readonly [number, number])[] {
  const signs = row.map((isDark) => (isDark ? '#' : '.')).join('');
  return [...signs.matchAll(/#+/g)].map(({ index, 0: run }) => [index, run.length]);
}
