import { ByteReader, concatBytes } from './bytes.ts';

/** Deepest nesting read; LDAP and Kerberos messages stay under 12. */
const MAX_DEPTH = 24;
/** Most elements read in one message. */
const MAX_ELEMENTS = 4096;

/** One element: its tag byte and either its content bytes or, when constructed, its elements. */
export interface BerElement {
  /** Class, constructed bit and number in one byte (X.690 §8.1.2); no multi-byte tags. */
  readonly tag: number;
  readonly content: Uint8Array;
  /** Elements inside; empty for a primitive one. */
  readonly children: readonly BerElement[];
}

interface Header {
  readonly tag: number;
  readonly headerLength: number;
  readonly length: number;
}

/** Tag and definite length; undefined while bytes are missing, null when it is not such a header. */
function readHeader(bytes: Uint8Array, offset: number): Header | undefined | null {
  const reader = new ByteReader(bytes, offset);
  const tag = reader.u8();
  const first = reader.u8();
  if (tag === undefined || first === undefined) return undefined;
  if ((tag & 0x1f) === 0x1f || first === 0x80) return null;
  if (first < 0x80) return { tag, headerLength: 2, length: first };
  const size = first & 0x7f;
  if (size > 4) return null;
  const digits = reader.take(size);
  if (digits === undefined) return undefined;
  const length = digits.reduce((sum, digit) => sum * 256 + digit, 0);
  return { tag, headerLength: 2 + size, length };
}

/** Frames one element; bytes that cannot begin one, or announce over 128 KB, are claimed as they stand. */
export function berFrame(buffered: Uint8Array): number | null {
  const header = readHeader(buffered, 0);
  if (header === undefined) return null;
  if (header === null || header.length > 128 * 1024) return buffered.length;
  const whole = header.headerLength + header.length;
  return buffered.length >= whole ? whole : null;
}

/** Reads the one element that `bytes` begin with; null when it is not whole or not well formed. */
export function readBer(bytes: Uint8Array): BerElement | null {
  return readElements(bytes, 0, { left: MAX_ELEMENTS }, 1)?.[0] ?? null;
}

function readElements(
  bytes: Uint8Array,
  depth: number,
  budget: { left: number },
  most = Number.POSITIVE_INFINITY,
): BerElement[] | null {
  const elements: BerElement[] = [];
  let offset = 0;
  while (offset < bytes.length && elements.length < most) {
    const header = readHeader(bytes, offset);
    budget.left -= 1;
    if (!header || budget.left < 0 || depth > MAX_DEPTH) return null;
    const start = offset + header.headerLength;
    offset = start + header.length;
    if (offset > bytes.length) return null;
    const content = bytes.subarray(start, offset);
    const constructed = (header.tag & 0x20) !== 0;
    const children = constructed ? readElements(content, depth + 1, budget) : [];
    if (children === null) return null;
    elements.push({ tag: header.tag, content, children });
  }
  return elements;
}

/** An INTEGER or ENUMERATED of up to six bytes; undefined when longer or empty. */
export function berNumber(element: BerElement | undefined): number | undefined {
  if (!element || element.content.length === 0 || element.content.length > 6) return undefined;
  const [first = 0] = element.content;
  const start = first >= 0x80 ? -1 : 0;
  return element.content.reduce((sum, byte) => sum * 256 + byte, start);
}

function lengthBytes(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length);
  const digits: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256);
  return Uint8Array.of(0x80 | digits.length, ...digits);
}

/** Writes one element (DER lengths) around the concatenated parts. */
export function ber(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = concatBytes(...parts);
  return concatBytes(Uint8Array.of(tag), lengthBytes(content.length), content);
}

/** An INTEGER (or other tag) of a non-negative value below 2^47, in the fewest bytes. */
export function berInteger(value: number, tag = 0x02): Uint8Array {
  const digits = [value % 256];
  for (let rest = Math.floor(value / 256); rest > 0; rest = Math.floor(rest / 256)) {
    digits.unshift(rest % 256);
  }
  if ((digits[0] ?? 0) >= 0x80) digits.unshift(0);
  return ber(tag, Uint8Array.from(digits));
}
