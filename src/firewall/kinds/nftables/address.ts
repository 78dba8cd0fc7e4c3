import { addressValue, bitsOf } from '../../address-value.ts';
import type { Family } from '../../layer.ts';

/** First and last address of a block. */
export function blockOf(
  text: string,
  length: number,
  family: Family,
): readonly [bigint, bigint] | null {
  const address = addressValue(text, family);
  const bits = bitsOf(family);
  if (address === null || !Number.isInteger(length) || length < 0 || length > bits) {
    return null;
  }
  const rest = BigInt(bits - length);
  const first = (address >> rest) << rest;
  return [first, first + (1n << rest) - 1n];
}
