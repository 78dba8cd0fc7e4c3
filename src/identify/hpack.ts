import { bytesOf, concatBytes, latin1Text } from './bytes.ts';
import { HUFFMAN_LENGTHS, STATIC_TABLE } from './hpack-tables.ts';

const MAX_FIELDS = 128;
const MAX_STRING = 8 * 1024;
/** SETTINGS_HEADER_TABLE_SIZE before it is changed (RFC 9113 §6.5.2). */
const TABLE_SIZE = 4_096;
const EOS = 256;

export type Field = readonly [name: string, value: string];

/** Symbols named by `48-50 97`. */
function symbolsOf(runs: string): number[] {
  return runs.split(' ').flatMap((run) => {
    const [first = 0, last = first] = run.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** Canonical code: symbol by `length * 2^30 + code`. */
function buildCode(): Map<number, number> {
  const code = new Map<number, number>();
  let next = 0;
  let previous = 0;
  for (const [bits, runs] of Object.entries(HUFFMAN_LENGTHS)) {
    const length = Number(bits);
    next *= 2 ** (length - previous);
    previous = length;
    for (const symbol of symbolsOf(runs)) code.set(length * 2 ** 30 + next++, symbol);
  }
  return code;
}

let huffman: Map<number, number> | undefined;

/** Decodes a Huffman-coded string (RFC 7541 §5.2); null when it is malformed. */
export function readHuffman(bytes: Uint8Array): string | null {
  huffman ??= buildCode();
  let text = '';
  let code = 0;
  let length = 0;
  for (const byte of bytes.subarray(0, MAX_STRING)) {
    for (let bit = 7; bit >= 0; bit--) {
      code = code * 2 + ((byte >> bit) & 1);
      if (++length > 30) return null;
      const symbol = length < 5 ? undefined : huffman.get(length * 2 ** 30 + code);
      if (symbol === EOS) return null;
      if (symbol === undefined) continue;
      text += String.fromCharCode(symbol);
      code = 0;
      length = 0;
    }
  }
  return length < 8 && code === 2 ** length - 1 ? text : null;
}

/** Writes a literal field without indexing and without Huffman (RFC 7541 §6.2.2). */
export function literalField(name: string, value: string): Uint8Array {
  return concatBytes(Uint8Array.of(0), lengthFirst(name), lengthFirst(value));
}

/** A string literal (RFC 7541 §5.2), at most 254 + 127 bytes long. */
function lengthFirst(text: string): Uint8Array {
  const bytes = bytesOf(text).subarray(0, 254);
  const prefix = bytes.length < 127 ? [bytes.length] : [127, bytes.length - 127];
  return concatBytes(Uint8Array.from(prefix), bytes);
}

/** Reads one field block (RFC 7541 §3.2); stands for one connection's first response. */
class BlockReader {
  readonly #bytes: Uint8Array;
  readonly #dynamic: Field[] = [];
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** An integer with a prefix of `bits` (RFC 7541 §5.1); null beyond 2^28 or past the end. */
  #integer(bits: number): number | null {
    const mask = 2 ** bits - 1;
    let value = (this.#bytes[this.#at++] ?? 0) & mask;
    if (value < mask) return value;
    for (let shift = 0; shift <= 21; shift += 7) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) return null;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    return null;
  }

  #string(): string | null {
    const coded = ((this.#bytes[this.#at] ?? 0) & 0x80) !== 0;
    const length = this.#integer(7);
    if (length === null || this.#at + length > this.#bytes.length) return null;
    const bytes = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return coded ? readHuffman(bytes) : latin1Text(bytes.subarray(0, MAX_STRING));
  }

  #entry(index: number): Field | undefined {
    return index <= STATIC_TABLE.length
      ? STATIC_TABLE[index - 1]
      : this.#dynamic[index - STATIC_TABLE.length - 1];
  }

  #remember(field: Field): void {
    this.#dynamic.unshift(field);
    const sizeOf = ([name, value]: Field) => name.length + value.length + 32;
    let size = this.#dynamic.reduce((sum, entry) => sum + sizeOf(entry), 0);
    while (size > TABLE_SIZE) {
      const oldest = this.#dynamic.pop();
      if (oldest === undefined) return;
      size -= sizeOf(oldest);
    }
  }

  #literal(bits: number): Field | null {
    const index = this.#integer(bits);
    if (index === null) return null;
    const name = index === 0 ? this.#string() : (this.#entry(index)?.[0] ?? null);
    const value = name === null ? null : this.#string();
    return name === null || value === null ? null : [name, value];
  }

  /** The next field; undefined for a table size update, null for what cannot be read. */
  next(): Field | null | undefined {
    const byte = this.#bytes[this.#at] ?? 0;
    if (byte >= 0x80) return this.#entry(this.#integer(7) ?? 0) ?? null;
    if (byte >= 0x40) {
      const field = this.#literal(6);
      if (field !== null) this.#remember(field);
      return field;
    }
    if (byte < 0x20) return this.#literal(4);
    return this.#integer(5) === null ? null : undefined;
  }
}

/** Fields of a block, as far as it can be read; at most 128. */
export function readFieldBlock(bytes: Uint8Array): Field[] {
  const reader = new BlockReader(bytes);
  const fields: Field[] = [];
  while (!reader.done && fields.length < MAX_FIELDS) {
    const field = reader.next();
    if (field === null) break;
    if (field !== undefined) fields.push(field);
  }
  return fields;
}
