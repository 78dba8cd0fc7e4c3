/** Bytes of `struct nlmsghdr` and `struct nlattr` (linux/netlink.h), and what both are padded to. */
const HEADER = 16;
const ATTRIBUTE_HEADER = 4;
const ALIGN = 4;
/** The upper two bits of an attribute's type are flags. */
const ATTRIBUTE_TYPE = 0x3fff;

export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  /** Behind the header; lies in the memory that was read. */
  readonly body: Uint8Array;
}

export type Attributes = ReadonlyMap<number, Uint8Array>;

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function aligned(length: number): number {
  return Math.ceil(length / ALIGN) * ALIGN;
}

/** The messages of one datagram; what is cut off or has an impossible length ends it. */
export function readMessages(bytes: Uint8Array): NetlinkMessage[] {
  const view = viewOf(bytes);
  const messages: NetlinkMessage[] = [];
  let at = 0;
  while (at + HEADER <= bytes.length) {
    const length = view.getUint32(at, true);
    if (length < HEADER || at + length > bytes.length) break;
    messages.push({
      type: view.getUint16(at + 4, true),
      flags: view.getUint16(at + 6, true),
      sequence: view.getUint32(at + 8, true),
      body: bytes.subarray(at + HEADER, at + length),
    });
    at += aligned(length);
  }
  return messages;
}

/** The attributes from `at` on, by type; of two with one type the last. */
export function readAttributes(bytes: Uint8Array, at: number): Attributes {
  const view = viewOf(bytes);
  const attributes = new Map<number, Uint8Array>();
  let next = at;
  while (next + ATTRIBUTE_HEADER <= bytes.length) {
    const length = view.getUint16(next, true);
    if (length < ATTRIBUTE_HEADER || next + length > bytes.length) break;
    const type = view.getUint16(next + 2, true) & ATTRIBUTE_TYPE;
    attributes.set(type, bytes.subarray(next + ATTRIBUTE_HEADER, next + length));
    next += aligned(length);
  }
  return attributes;
}

/** A number of 32 bits in the machine's order; null when the attribute is missing or shorter. */
export function readNumber(bytes: Uint8Array | undefined, at = 0): number | null {
  if (bytes === undefined || bytes.length < at + 4) return null;
  return viewOf(bytes).getUint32(at, true);
}

/** `request` is the message's own header and attributes, each padded. */
export function writeMessage(
  type: number,
  flags: number,
  sequence: number,
  request: Uint8Array,
): Buffer {
  const message = Buffer.alloc(HEADER + request.length);
  message.writeUInt32LE(message.length, 0);
  message.writeUInt16LE(type, 4);
  message.writeUInt16LE(flags, 6);
  message.writeUInt32LE(sequence, 8);
  message.set(request, HEADER);
  return message;
}

export function writeAttribute(type: number, value: Uint8Array): Buffer {
  const attribute = Buffer.alloc(aligned(ATTRIBUTE_HEADER + value.length));
  attribute.writeUInt16LE(ATTRIBUTE_HEADER + value.length, 0);
  attribute.writeUInt16LE(type, 2);
  attribute.set(value, ATTRIBUTE_HEADER);
  return attribute;
}

/** The value of an attribute that holds a number of 32 bits. */
export function numberBytes(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}
