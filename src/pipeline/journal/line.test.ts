import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Entry } from './entry.ts';
import { decodeLine, encodeLine, rawLines, readEntries } from './line.ts';

const entry: fc.Arbitrary<Entry> = fc.oneof(
  fc.record({
    type: fc.constant('silent' as const),
    addresses: fc.array(fc.ipV4()),
    unasked: fc.constant({}),
  }),
  fc.record({
    type: fc.constant('exclude' as const),
    exclude: fc.array(fc.string({ unit: 'grapheme' })),
  }),
  fc.record({ type: fc.constant('problem' as const), code: fc.string(), message: fc.string() }),
);
const entries = fc.array(entry, { minLength: 1, maxLength: 8 });

/** The bytes in pieces of `size`. */
async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

class Damage extends Error {}

interface Reading {
  readonly entries: readonly Entry[];
  readonly end: number;
  /** The line that is damaged and not the last. */
  readonly bad: number | null;
}

async function read(bytes: Uint8Array, size = 7): Promise<Reading> {
  const found: Entry[] = [];
  let end = 0;
  let bad: number | null = null;
  try {
    for await (const placed of readEntries(pieces(bytes, size), (line) => {
      bad = line;
      throw new Damage();
    })) {
      found.push(placed.entry);
      ({ end } = placed);
    }
  } catch (error) {
    if (!(error instanceof Damage)) throw error;
  }
  return { entries: found, end, bad };
}

const bytesOf = (all: readonly Entry[]) => Buffer.from(all.map(encodeLine).join(''));

describe('readEntries', () => {
  test('reads what was written, however it comes in', async () => {
    await fc.assert(
      fc.asyncProperty(entries, fc.integer({ min: 1, max: 200 }), async (written, size) => {
        const bytes = bytesOf(written);
        expect(await read(bytes, size)).toEqual({ entries: written, end: bytes.length, bad: null });
      }),
    );
  });

  test('cut off anywhere, gives the lines that are whole and where they end', async () => {
    await fc.assert(
      fc.asyncProperty(entries, fc.nat(), async (written, place) => {
        const bytes = bytesOf(written);
        const cut = place % (bytes.length + 1);
        const whole = bytes.subarray(0, cut).filter((byte) => byte === 0x0a).length;
        const kept = written.slice(0, whole);
        const end = bytesOf(kept).length;
        expect(await read(bytes.subarray(0, cut))).toEqual({ entries: kept, end, bad: null });
      }),
    );
  });

  test('with any byte changed, names the line, or leaves it out where it is the last', async () => {
    await fc.assert(
      fc.asyncProperty(
        entries,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (written, place, by) => {
          const bytes = bytesOf(written);
          const at = place % bytes.length;
          const line = bytes.subarray(0, at).filter((byte) => byte === 0x0a).length;
          const wasNewline = bytes[at] === 0x0a;
          bytes[at] = (bytes[at] ?? 0) ^ by;
          const found = await read(bytes);
          expect(found.entries).toEqual(written.slice(0, line));
          // without its line feed a line runs into the next one
          const ended = wasNewline ? line + 1 : line;
          // a byte that became a line feed leaves a piece of the last line behind it
          const last =
            ended >= written.length - 1 && (bytes[at] !== 0x0a || at === bytes.length - 2);
          expect(found.bad).toBe(last ? null : line + 1);
        },
      ),
    );
  });
});

describe('decodeLine', () => {
  test('takes no bytes for an entry that were not written as one, and never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(decodeLine(bytes)).toBeNull();
      }),
    );
  });

  test.each(['[]', 'null', '{}', '{"type":"other"}', '{"type":"plan"'])(
    'refuses %s under a checksum that is right',
    (json) => {
      const line = encodeLine(JSON.parse('{"type":"silent"}') as Entry);
      expect(decodeLine(Buffer.from(line.slice(0, -1)))).not.toBeNull();
      expect(decodeLine(signed(json))).toBeNull();
    },
  );
});

/** The JSON text behind the checksum that `encodeLine` would give it. */
function signed(json: string): Buffer {
  return Buffer.from(`${crc32(json).toString(16).padStart(8, '0')} ${json}`);
}

test('lines without end cost one buffer', async () => {
  const lines: number[] = [];
  for await (const { bytes } of rawLines(pieces(Buffer.alloc(5_000_000, 0x61), 65_536))) {
    lines.push(bytes.length);
  }
  expect(lines).toEqual([5_000_000]);
});
