/** Numbers as big-endian (network order) and little-endian bytes, for building requests. */
export function u16be(value: number): Uint8Array {
  return Uint8Array.of((value >>> 8) & 0xff, value & 0xff);
}

export function u16le(value: number): Uint8Array {
  return u16be(value).reverse();
}

export function u24le(value: number): Uint8Array {
  return u32le(value).subarray(0, 3);
}

export function u32be(value: number): Uint8Array {
  return Uint8Array.of(
    (value >>> 24) & 0xff,
    (value >>> 16) & 0xff,
    (value >>> 8) & 0xff,
    value & 0xff,
  );
}

export function u32le(value: number): Uint8Array {
  return u32be(value).reverse();
}

/** Bytes written as hexadecimal digits; spaces are for the reader. */
export function hexBytes(digits: string): Uint8Array {
  const dense = digits.replaceAll(' ', '');
  const bytes = new Uint8Array(dense.length / 2);
  for (let at = 0; at < bytes.length; at += 1) {
    bytes[at] = Number.parseInt(dense.slice(at * 2, at * 2 + 2), 16);
  }
  return bytes;
}

/** Bytes as lower-case hexadecimal digits. */
export function hexText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
