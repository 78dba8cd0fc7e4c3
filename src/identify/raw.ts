import type { Raw } from '../model/service.ts';

/** Of what nobody recognised: all that a conversation keeps. */
const UNKNOWN_BYTES = 4096;
/** Of what was recognised, whose details say more: thousands of services stay in memory. */
const RECOGNISED_BYTES = 1024;
const NAMED: Readonly<Record<number, string>> = { 9: '\\t', 10: '\\n', 13: '\\r', 92: '\\\\' };

function readable(byte: number): string {
  const named = NAMED[byte];
  if (named !== undefined) return named;
  if (byte >= 0x20 && byte < 0x7f) return String.fromCharCode(byte);
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}

/**
 * Keeps the first bytes as base64 and as text that is safe on a terminal: 1,024 when the service
 * was recognised, else 4,096.
 */
export function rawOf(bytes: Uint8Array, recognised: boolean): Raw {
  const kept = bytes.subarray(0, recognised ? RECOGNISED_BYTES : UNKNOWN_BYTES);
  return {
    base64: Buffer.from(kept.buffer, kept.byteOffset, kept.byteLength).toString('base64'),
    text: Array.from(kept, readable).join(''),
  };
}
