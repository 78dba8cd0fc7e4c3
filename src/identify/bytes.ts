const utf8 = new TextDecoder('utf-8', { fatal: false });
const latin1 = new TextDecoder('latin1');

/** Bytes as text; invalid UTF-8 becomes U+FFFD. */
export function utf8Text(bytes: Uint8Array): string {
  return utf8.decode(bytes);
}

/** Bytes as text, one character a byte (windows-1252, as browsers read latin1); never fails. */
export function latin1Text(bytes: Uint8Array): string {
  return latin1.decode(bytes);
}

/** Bytes of ASCII or UTF-8 text. */
export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

export function startsWith(bytes: Uint8Array, prefix: Uint8Array | string): boolean {
  const wanted = typeof prefix === 'string' ? bytesOf(prefix) : prefix;
  return bytes.length >= wanted.length && wanted.every((byte, index) => bytes[index] === byte);
}

/** Frames a text line: everything up to and including the first LF. */
export function lineFrame(buffered: Uint8Array): number | null {
  const at = buffered.indexOf(0x0a);
  return at < 0 ? null : at + 1;
}

/**
 * Reads numbers and slices off bytes from a peer. A read past the end yields `undefined` and sets
 * `short`; nothing throws.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  offset: number;
  /** Set once a read went past the end. */
  short = false;

  constructor(bytes: Uint8Array, offset = 0) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.offset = offset;
  }

  get remaining(): number {
    return Math.max(0, this.#bytes.length - this.offset);
  }

  #advance(count: number): number | undefined {
    if (count < 0 || !Number.isSafeInteger(count) || count > this.remaining) {
      this.short = true;
      return undefined;
    }
    const at = this.offset;
    this.offset += count;
    return at;
  }

  u8(): number | undefined {
    const at = this.#advance(1);
    return at === undefined ? undefined : this.#view.getUint8(at);
  }

  u16(littleEndian = false): number | undefined {
    const at = this.#advance(2);
    return at === undefined ? undefined : this.#view.getUint16(at, littleEndian);
  }

  u32(littleEndian = false): number | undefined {
    const at = this.#advance(4);
    return at === undefined ? undefined : this.#view.getUint32(at, littleEndian);
  }

  i32(littleEndian = false): number | undefined {
    const at = this.#advance(4);
    return at === undefined ? undefined : this.#view.getInt32(at, littleEndian);
  }

  u64(littleEndian = false): bigint | undefined {
    const at = this.#advance(8);
    return at === undefined ? undefined : this.#view.getBigUint64(at, littleEndian);
  }

  /** The next `count` bytes, a view into the same memory. */
  take(count: number): Uint8Array | undefined {
    const at = this.#advance(count);
    return at === undefined ? undefined : this.#bytes.subarray(at, at + count);
  }

  skip(count: number): void {
    this.#advance(count);
  }

  /** Bytes up to the next NUL, which is consumed and not included. */
  cString(): Uint8Array | undefined {
    const end = this.#bytes.indexOf(0, this.offset);
    if (end < 0) {
      this.short = true;
      return undefined;
    }
    const text = this.#bytes.subarray(this.offset, end);
    this.offset = end + 1;
    return text;
  }
}
