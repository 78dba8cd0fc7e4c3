import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Line } from './lines.ts';
import { linesOf } from './lines.ts';

async function read(chunks: readonly Uint8Array[]): Promise<Line[]> {
  async function* source() {
    yield* chunks;
  }
  const lines: Line[] = [];
  for await (const batch of linesOf(source())) lines.push(...batch);
  return lines;
}

const texts = async (chunks: readonly Uint8Array[]) => (await read(chunks)).map(({ text }) => text);

describe('linesOf', () => {
  test('does not depend on where the chunks are cut', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'ü', '例', '\r\n', '\n', ' ') });
    await fc.assert(
      fc.asyncProperty(text, fc.array(fc.nat(7)), async (given, cuts) => {
        const bytes = Buffer.from(given);
        const chunks: Uint8Array[] = [];
        let at = 0;
        for (const cut of cuts) {
          chunks.push(bytes.subarray(at, at + cut));
          at += cut;
        }
        chunks.push(bytes.subarray(Math.min(at, bytes.length)));
        const expected = given.split('\n').map((line) => line.replace(/\r$/, ''));
        if (expected.at(-1) === '') expected.pop();
        expect(await texts(chunks)).toEqual(expected);
      }),
    );
  });

  test('any bytes give numbered lines', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array()), async (chunks) => {
        const lines = await read(chunks);
        expect(lines.map(({ number }) => number)).toEqual(lines.map((_, index) => index + 1));
      }),
    );
  });

  test('reads what Windows writes: a UTF-8 mark, UTF-16 in both orders', async () => {
    const le = Buffer.from('\ufeff10.0.0.1\r\nmünchen.de\r\n', 'utf16le');
    const be = Buffer.from(le).swap16();
    for (const bytes of [le, be, Buffer.from('\ufeff10.0.0.1\r\nmünchen.de\r\n')]) {
      expect(await texts([bytes])).toEqual(['10.0.0.1', 'münchen.de']);
    }
  });

  test('keeps the beginning of an endless line, and the lines after it', async () => {
    const lines = await read([
      ...Array<Buffer>(20).fill(Buffer.alloc(10_000, 'x')),
      Buffer.from('\nb'),
    ]);
    expect(lines.map(({ text, cut }) => [text.length, cut])).toEqual([
      [65_536, true],
      [1, false],
    ]);
  });
});
