import type { Raw } from '../model/service.ts';

const KEPT_BYTES = 4096;
const NAMED: Readonly<Record<number, string>> = { 9: '\\t', 10: '\\n', 13: '\\r', 92: '\\\\' };

function readable(byte: number): string {
  const named = NAMED[byte];
  if (named !== undefined) return named;
  if (byte >= 0x20 && byte < 0x7f) return String.fromCharCode(byte);
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}

/** Keeps the first 4,096 bytes as base64 and as text that is safe on a terminal. */
export function rawOf(bytes: Uint8Array): Raw {
  const kept = bytes.subarray(0, KEPT_BYTES);
  return {
    base64: Buffer.from(kept.buffer, kept.byteOffset, kept.byteLength).toString('base64'),
    text: Array.from(kept, readable).join(''),
  };
}
