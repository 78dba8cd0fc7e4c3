import { crc32 } from 'node:zlib';
import { type Entry, isEntry } from './entry.ts';

/** Hexadecimal digits of the checksum at the start of a line, and the blank behind it. */
const CHECKSUM = 8;
const BLANK = 0x20;
const NEWLINE = 0x0a;

/** One line: CRC-32 (ITU-T V.42, as in gzip) of the JSON text, a blank, the JSON text, a line feed. */
export function encodeLine(entry: Entry): string {
  const json = JSON.stringify(entry);
  return `${checksumOf(json)} ${json}\n`;
}

function checksumOf(json: string | Uint8Array): string {
  return crc32(json).toString(16).padStart(CHECKSUM, '0');
}

/** Reads a line without its line feed; null when it is damaged. Never throws. */
export function decodeLine(line: Uint8Array): Entry | null {
  if (line[CHECKSUM] !== BLANK) return null;
  const json = line.subarray(CHECKSUM + 1);
  const checksum = Buffer.from(line.subarray(0, CHECKSUM)).toString('latin1');
  if (checksum !== checksumOf(json)) return null;
  try {
    const value: unknown = JSON.parse(Buffer.from(json).toString());
    return isEntry(value) ? value : null;
  } catch {
    return null;
  }
}

export interface RawLine {
  /** From 1. */
  readonly number: number;
  /** Without the line feed. */
  readonly bytes: Uint8Array;
  /** Where the next line begins, in bytes from the start of the file. */
  readonly end: number;
  /** Whether a line feed ended it. */
  readonly whole: boolean;
}

/** Lines of a byte stream; memory depends on the longest. */
export async function* rawLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<RawLine> {
  let rest: Uint8Array[] = [];
  let number = 1;
  let end = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      const bytes = Buffer.concat([...rest, chunk.subarray(from, at)]);
      rest = [];
      from = at + 1;
      end += bytes.length + 1;
      yield { number, bytes, end, whole: true };
      number += 1;
    }
    if (from < chunk.length) rest.push(chunk.subarray(from));
  }
  const bytes = Buffer.concat(rest);
  if (bytes.length > 0) yield { number, bytes, end: end + bytes.length, whole: false };
}

/** An entry with the place behind it. */
export interface Placed {
  readonly entry: Entry;
  readonly line: number;
  readonly end: number;
}

/**
 * Entries of a byte stream up to its end or to a torn last line, which is left out: a process that
 * is killed leaves one. Calls `damaged` with the number of a bad line that is not the last; it throws.
 */
export async function* readEntries(
  chunks: AsyncIterable<Uint8Array>,
  damaged: (line: number) => never,
): AsyncGenerator<Placed> {
  let bad: number | null = null;
  for await (const { number, bytes, end, whole } of rawLines(chunks)) {
    if (bad !== null) damaged(bad);
    const entry = whole ? decodeLine(bytes) : null;
    if (entry === null) bad = number;
    else yield { entry, line: number, end };
  }
}
