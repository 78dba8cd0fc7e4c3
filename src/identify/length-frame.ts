import type { Framing } from '../net/conversation.ts';

/** Longest message waited for; what announces more is another protocol or out to fill memory. */
const MAX_MESSAGE = 128 * 1024;

export interface LengthField {
  /** Where the length field begins. */
  readonly at: number;
  /** Its size in bytes. */
  readonly size: 1 | 2 | 3 | 4;
  readonly littleEndian?: boolean;
  /** Bytes of the message that the length does not count. */
  readonly extra: number;
}

function fieldValue(bytes: Uint8Array, { at, size, littleEndian }: LengthField): number {
  let value = 0;
  for (let index = 0; index < size; index += 1) {
    const from = littleEndian === true ? at + size - 1 - index : at + index;
    value = value * 256 + (bytes[from] ?? 0);
  }
  return value;
}

/**
 * Frames messages that announce their length. One that announces an impossible length is claimed as
 * it stands, so that its reader can refuse it at once instead of waiting for the rest.
 */
export function lengthFrame(field: LengthField): Framing {
  const header = field.at + field.size;
  return (buffered) => {
    if (buffered.length < header) return null;
    const length = fieldValue(buffered, field) + field.extra;
    if (length < header || length > MAX_MESSAGE) return buffered.length;
    return buffered.length >= length ? length : null;
  };
}
