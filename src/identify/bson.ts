import { ByteReader, bytesOf, concatBytes, utf8Text } from './bytes.ts';
import { clip } from './dialogue.ts';
import { u32le } from './encode.ts';

/** Deepest nesting and most members read. */
const MAX_DEPTH = 8;
const MAX_MEMBERS = 512;

export type BsonValue = string | number | bigint | boolean | null | BsonDocument;
/** A document, or an array by its decimal indexes. */
export type BsonDocument = ReadonlyMap<string, BsonValue>;

/** Sizes of values that are skipped: ObjectId, UTC time, timestamp, Decimal128, min and max key. */
const SKIPPED: Readonly<Record<number, number>> = { 7: 12, 9: 8, 17: 8, 19: 16, 127: 0, 255: 0 };

function readText(reader: ByteReader): string | undefined {
  const bytes = reader.take(reader.i32(true) ?? -1);
  return bytes && clip(utf8Text(bytes.subarray(0, -1)));
}

function readDouble(reader: ByteReader): number | undefined {
  const bytes = reader.take(8);
  return bytes && new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0, true);
}

/** One value by its type byte (bsonspec.org, version 1.1); undefined when malformed or not known. */
function readValue(type: number, reader: ByteReader, depth: number): BsonValue | undefined {
  switch (type) {
    case 0x01:
      return readDouble(reader);
    case 0x02:
    case 0x0d:
    case 0x0e:
      return readText(reader);
    case 0x03:
    case 0x04:
      return readDocument(reader, depth + 1) ?? undefined;
    case 0x05:
      return reader.take((reader.i32(true) ?? -2) + 1) && null;
    case 0x06:
    case 0x0a:
      return null;
    case 0x08:
      return (reader.u8() ?? 0) !== 0;
    case 0x0b:
      return reader.cString() && reader.cString() && null;
    case 0x10:
      return reader.i32(true);
    case 0x12:
      return reader.u64(true);
    default:
      return SKIPPED[type] === undefined ? undefined : reader.take(SKIPPED[type]) && null;
  }
}

function readDocument(reader: ByteReader, depth: number): BsonDocument | null {
  const body = reader.take((reader.i32(true) ?? 0) - 4);
  if (body === undefined || depth > MAX_DEPTH) return null;
  const inner = new ByteReader(body);
  const members = new Map<string, BsonValue>();
  for (let type = inner.u8(); type !== 0; type = inner.u8()) {
    const name = inner.cString();
    const value = type === undefined ? undefined : readValue(type, inner, depth);
    if (name === undefined || value === undefined || members.size >= MAX_MEMBERS) return null;
    members.set(utf8Text(name), value);
  }
  return members;
}

/** Reads the BSON document that `bytes` begin with; null when it is not whole or not well formed. */
export function readBson(bytes: Uint8Array): BsonDocument | null {
  return readDocument(new ByteReader(bytes), 0);
}

export type BsonInput = { readonly [name: string]: string | number | boolean | BsonInput };

function writeMember(name: string, value: BsonInput[string]): Uint8Array {
  const key = bytesOf(`${name}\0`);
  const element = (type: number, ...body: readonly Uint8Array[]) =>
    concatBytes(Uint8Array.of(type), key, ...body);
  if (typeof value === 'number') return element(0x10, u32le(value));
  if (typeof value === 'boolean') return element(0x08, Uint8Array.of(value ? 1 : 0));
  if (typeof value === 'object') return element(0x03, writeBson(value));
  const text = bytesOf(`${value}\0`);
  return element(0x02, u32le(text.length), text);
}

/** Writes a document of texts, 32-bit integers, booleans and documents. */
export function writeBson(document: BsonInput): Uint8Array {
  const members = Object.entries(document).map(([name, value]) => writeMember(name, value));
  const body = concatBytes(...members, Uint8Array.of(0));
  return concatBytes(u32le(body.length + 4), body);
}
