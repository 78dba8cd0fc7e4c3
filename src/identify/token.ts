/** 32 random bits, for identifiers of questions in a second step. */
export function randomToken(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
}

/** `count` bytes that follow from a token: an identifier longer than the token itself. */
export function tokenBytes(token: number, count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  let state = token >>> 0 || 1;
  for (let at = 0; at < count; at += 1) {
    // xorshift32 (Marsaglia 2003); what nobody can guess is the token
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[at] = state & 0xff;
  }
  return bytes;
}

/** Whether `part` stands in `bytes` at `at`. */
export function standsAt(bytes: Uint8Array, at: number, part: Uint8Array): boolean {
  return (
    bytes.length >= at + part.length && part.every((byte, index) => bytes[at + index] === byte)
  );
}
