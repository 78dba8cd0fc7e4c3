import { ByteReader, concatBytes, latin1Text } from './bytes.ts';

/** Record types and classes used here (RFC 1035 §3.2). */
export const DNS_TYPE = { ns: 2, soa: 6, ptr: 12, txt: 16 } as const;
export const DNS_CLASS = { internet: 1, chaos: 3 } as const;

export const DNS_RCODE = { noError: 0, refused: 5 } as const;

/** RFC 1035 §2.3.4: a name has at most 255 octets, so no more labels or pointers than this. */
const MAX_LABELS = 128;
const MAX_RECORDS = 256;

export interface DnsQuestion {
  /** Dotted, without the root's dot; the root itself is the empty string. */
  readonly name: string;
  readonly type: number;
  readonly class: number;
}

export interface DnsRecord extends DnsQuestion {
  /** Seconds. */
  readonly ttl: number;
  readonly data: Uint8Array;
}

export interface DnsMessage {
  readonly id: number;
  readonly isResponse: boolean;
  readonly opcode: number;
  readonly authoritative: boolean;
  readonly truncated: boolean;
  readonly recursionDesired: boolean;
  readonly recursionAvailable: boolean;
  readonly rcode: number;
  readonly questions: readonly DnsQuestion[];
  readonly answers: readonly DnsRecord[];
  readonly authorities: readonly DnsRecord[];
}

export interface DnsQuery extends DnsQuestion {
  readonly id: number;
  readonly recursionDesired: boolean;
}

function u16(...values: readonly number[]): Uint8Array {
  return Uint8Array.from(values.flatMap((value) => [(value >> 8) & 0xff, value & 0xff]));
}

function nameBytes(name: string): Uint8Array {
  const labels = name.split('.').filter((label) => label !== '');
  const parts = labels.map((label) => {
    const bytes = Buffer.from(label, 'latin1').subarray(0, 63);
    return concatBytes(Uint8Array.of(bytes.length), bytes);
  });
  return concatBytes(...parts, Uint8Array.of(0));
}

/** A query of one question (RFC 1035 §4.1), as it goes over UDP. */
export function dnsQuery({ id, name, type, class: kind, recursionDesired }: DnsQuery): Uint8Array {
  const header = u16(id, recursionDesired ? 0x0100 : 0, 1, 0, 0, 0);
  return concatBytes(header, nameBytes(name), u16(type, kind));
}

/** Reads a possibly compressed name (RFC 1035 §4.1.4) and leaves the reader behind it. */
function readName(bytes: Uint8Array, reader: ByteReader): string | undefined {
  const labels: string[] = [];
  let at = reader;
  for (let step = 0; step < MAX_LABELS; step += 1) {
    const length = at.u8();
    if (length === undefined) return undefined;
    if (length === 0) return labels.join('.');
    if (length >= 0xc0) {
      const low = at.u8();
      if (low === undefined) return undefined;
      at = new ByteReader(bytes, ((length & 0x3f) << 8) | low);
      continue;
    }
    const label = length > 63 ? undefined : at.take(length);
    if (label === undefined) return undefined;
    labels.push(latin1Text(label));
  }
  return undefined;
}

function readQuestion(bytes: Uint8Array, reader: ByteReader): DnsQuestion | undefined {
  const name = readName(bytes, reader);
  const type = reader.u16();
  const kind = reader.u16();
  if (name === undefined || type === undefined || kind === undefined) return undefined;
  return { name, type, class: kind };
}

function readRecord(bytes: Uint8Array, reader: ByteReader): DnsRecord | undefined {
  const question = readQuestion(bytes, reader);
  const ttl = reader.u32();
  const data = reader.take(reader.u16() ?? -1);
  if (question === undefined || ttl === undefined || data === undefined) return undefined;
  return { ...question, ttl, data };
}

/** At most 256 entries of a section; a section that is cut short gives what it has. */
function readSection<Item>(count: number, read: () => Item | undefined): Item[] {
  const items: Item[] = [];
  while (items.length < Math.min(count, MAX_RECORDS)) {
    const item = read();
    if (item === undefined) break;
    items.push(item);
  }
  return items;
}

/** Reads a message as it comes over UDP; null when its header or question is not whole. */
export function readDnsMessage(bytes: Uint8Array): DnsMessage | null {
  const reader = new ByteReader(bytes);
  const words = Array.from({ length: 6 }, () => reader.u16());
  const [id = 0, flags = 0, asked = 0, answered = 0, authority = 0] = words;
  if (reader.short) return null;
  const questions = readSection(asked, () => readQuestion(bytes, reader));
  if (questions.length < asked) return null;
  const answers = readSection(answered, () => readRecord(bytes, reader));
  const authorities =
    answers.length < answered ? [] : readSection(authority, () => readRecord(bytes, reader));
  return {
    id,
    isResponse: (flags & 0x8000) !== 0,
    opcode: (flags >> 11) & 15,
    authoritative: (flags & 0x0400) !== 0,
    truncated: (flags & 0x0200) !== 0,
    recursionDesired: (flags & 0x0100) !== 0,
    recursionAvailable: (flags & 0x0080) !== 0,
    rcode: flags & 15,
    questions,
    answers,
    authorities,
  };
}

/** The name that a PTR or NS record's data holds; `bytes` is the message it came in, for pointers. */
export function targetName(bytes: Uint8Array, { data }: DnsRecord): string | undefined {
  return readName(bytes, new ByteReader(bytes, data.byteOffset - bytes.byteOffset));
}

/** Text of a TXT record's data: its character strings joined (RFC 1035 §3.3.14). */
export function readTxtData(data: Uint8Array): string {
  const reader = new ByteReader(data);
  const parts: string[] = [];
  while (reader.remaining > 0) {
    const part = reader.take(reader.u8() ?? -1);
    if (part === undefined) break;
    parts.push(latin1Text(part));
  }
  return parts.join('');
}

/** A message with the two-byte length that TCP puts before it (RFC 7766 §8). */
export function dnsOverTcp(message: Uint8Array): Uint8Array {
  return concatBytes(u16(message.length), message);
}
