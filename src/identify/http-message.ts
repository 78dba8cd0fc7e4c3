import { latin1Text, startsWith } from './bytes.ts';

/** Most bytes of body that are looked at; longer ones are cut. */
export const MAX_BODY = 64 * 1024;
/** Most bytes of status line and header fields; what comes later is not read. */
const MAX_HEAD = 32 * 1024;
const MAX_FIELDS = 128;
const MAX_NAME = 256;
const MAX_VALUE = 8 * 1024;
/** Interim responses (1xx) skipped before the final one. */
const MAX_INTERIM = 16;
const LF = 0x0a;
const CR = 0x0d;

/** Protocols whose responses have the form of RFC 9112 §2.1. */
export type MessageProtocol = 'HTTP' | 'RTSP' | 'SIP';

/** One final response (RFC 9112; RTSP RFC 2326 §7; SIP RFC 3261 §7.2). Everything is bounded. */
export interface HttpResponse {
  /** Version of the status line: `1.1`. */
  readonly version: string;
  readonly status: number;
  readonly reason: string;
  /** In the order received, names in lower case; at most 128, values cut at 8 KiB. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** Decoded from chunks; at most `MAX_BODY` bytes, fewer when the peer stopped early. */
  readonly body: Uint8Array;
  /** False when the peer stopped before the empty line that ends the header. */
  readonly headComplete: boolean;
}

interface StatusLine {
  readonly version: string;
  readonly status: number;
  readonly reason: string;
}

/** Where the final response stands in the bytes. */
interface Located {
  readonly line: StatusLine;
  /** Offset behind the status line. */
  readonly fieldsAt: number;
  /** Offset behind the empty line; null while that is missing. */
  readonly bodyAt: number | null;
}

/** Offset behind the empty line that ends a header starting at `from`; null when there is none. */
function headEnd(bytes: Uint8Array, from: number): number | null {
  const limit = Math.min(bytes.length, from + MAX_HEAD);
  for (let at = bytes.indexOf(LF, from); at >= 0 && at < limit; at = bytes.indexOf(LF, at + 1)) {
    const next = bytes[at + 1] === CR ? at + 2 : at + 1;
    if (bytes[next] === LF) return next + 1;
  }
  return null;
}

function statusLine(bytes: Uint8Array, from: number, protocol: MessageProtocol): StatusLine | null {
  const end = bytes.indexOf(LF, from);
  if (end < 0 || end - from > 1_024) return null;
  const text = latin1Text(bytes.subarray(from, end));
  const match = /^([A-Z]{3,4})\/(\d\.\d) (\d{3})(?: ([^\r]*))?\r?$/.exec(text);
  if (match?.[1] !== protocol) return null;
  const status = Number(match[3]);
  return status < 100 ? null : { version: match[2] ?? '', status, reason: match[4] ?? '' };
}

/** The final response, past at most 16 interim ones; null when there is none (yet). */
function locate(bytes: Uint8Array, protocol: MessageProtocol): Located | null {
  let from = 0;
  for (let interim = 0; interim <= MAX_INTERIM; interim++) {
    const line = statusLine(bytes, from, protocol);
    if (line === null) return null;
    const fieldsAt = bytes.indexOf(LF, from) + 1;
    const bodyAt = headEnd(bytes, fieldsAt - 1);
    if (line.status >= 200 || line.status === 101) return { line, fieldsAt, bodyAt };
    if (bodyAt === null) return null;
    from = bodyAt;
  }
  return null;
}

/** Field lines with obsolete folding joined (RFC 9112 §5.2). */
function fieldLines(text: string): string[] {
  const lines: string[] = [];
  for (const line of text.split('\n', MAX_FIELDS * 2)) {
    const bare = line.endsWith('\r') ? line.slice(0, -1) : line;
    const last = lines.length - 1;
    const folded = bare.startsWith(' ') || bare.startsWith('\t');
    if (folded && last >= 0) lines[last] = `${lines[last]?.slice(0, MAX_VALUE)} ${bare.trim()}`;
    else lines.push(bare);
  }
  return lines;
}

function fieldsOf(text: string): (readonly [string, string])[] {
  const fields: (readonly [string, string])[] = [];
  for (const line of fieldLines(text)) {
    const colon = line.indexOf(':');
    if (colon < 1 || colon > MAX_NAME || fields.length >= MAX_FIELDS) continue;
    const name = line.slice(0, colon).trim().toLowerCase();
    fields.push([name, line.slice(colon + 1, colon + 1 + MAX_VALUE).trim()]);
  }
  return fields;
}

/** First value of a field; `name` in lower case. */
export function fieldOf(response: HttpResponse, name: string): string | undefined {
  return response.fields.find(([found]) => found === name)?.[1];
}

/** Every value of a field, in order. */
export function fieldsNamed(response: HttpResponse, name: string): string[] {
  return response.fields.filter(([found]) => found === name).map(([, value]) => value);
}

interface Chunks {
  readonly body: Uint8Array;
  /** Offset behind the last chunk (and its trailer's first line); null when more should come. */
  readonly end: number | null;
}

/** Decodes chunked coding (RFC 9112 §7.1) as far as it goes; a lie about a size ends the body. */
function dechunk(bytes: Uint8Array, from: number): Chunks {
  const body = new Uint8Array(Math.min(MAX_BODY, Math.max(0, bytes.length - from)));
  let filled = 0;
  let at = from;
  const stop = (end: number | null): Chunks => ({ body: body.subarray(0, filled), end });
  while (filled < MAX_BODY) {
    const lineEnd = bytes.indexOf(LF, at);
    if (lineEnd < 0) return stop(lineTooLong(bytes, at));
    const size = chunkSize(bytes.subarray(at, lineEnd));
    if (size === null) return stop(bytes.length);
    if (size === 0) return stop(trailerEnd(bytes, lineEnd + 1));
    const data = bytes.subarray(lineEnd + 1, lineEnd + 1 + Math.min(size, MAX_BODY - filled));
    body.set(data, filled);
    filled += data.length;
    if (filled < MAX_BODY && data.length < size) return stop(null);
    at = lineEnd + 1 + size;
    if (bytes[at] === CR) at++;
    if (at < bytes.length && bytes[at] !== LF) return stop(bytes.length);
    at++;
  }
  return stop(bytes.length);
}

/** A chunk's size line that goes on and on ends the body. */
function lineTooLong(bytes: Uint8Array, from: number): number | null {
  return bytes.length - from > 1_024 ? bytes.length : null;
}

/** Size of a chunk from its line, extensions ignored; null when it is none. */
function chunkSize(line: Uint8Array): number | null {
  const match = /^([0-9a-fA-F]{1,12})[ \t]*(?:;|\r?$)/.exec(latin1Text(line.subarray(0, 64)));
  return match?.[1] === undefined ? null : Number.parseInt(match[1], 16);
}

/** Offset behind the trailer section; a trailer with fields ends at its empty line. */
function trailerEnd(bytes: Uint8Array, from: number): number | null {
  if (bytes[from] === LF) return from + 1;
  if (bytes[from] === CR && bytes[from + 1] === LF) return from + 2;
  return headEnd(bytes, from);
}

/** How long the body is and where it ends, by RFC 9112 §6.3. */
function bodyOf(
  bytes: Uint8Array,
  bodyAt: number,
  head: Pick<HttpResponse, 'status' | 'fields'>,
  protocol: MessageProtocol,
): Chunks {
  if (head.status === 204 || head.status === 304 || head.status === 101) {
    return { body: new Uint8Array(0), end: bodyAt };
  }
  const value = (name: string) => head.fields.find(([found]) => found === name)?.[1];
  if (/chunked$/i.test(value('transfer-encoding') ?? '')) return dechunk(bytes, bodyAt);
  const length = announcedLength(value('content-length'), protocol);
  const body = bytes.subarray(bodyAt, bodyAt + length);
  return { body, end: body.length === length ? bodyAt + length : null };
}

/** Bytes of body to wait for, at most `MAX_BODY`. Without a length HTTP means "until close". */
function announcedLength(value: string | undefined, protocol: MessageProtocol): number {
  const digits = /^\d{1,15}/.exec(value ?? '')?.[0];
  if (digits !== undefined) return Math.min(Number(digits), MAX_BODY);
  return protocol === 'HTTP' ? MAX_BODY : 0;
}

function headOf(bytes: Uint8Array, { line, fieldsAt, bodyAt }: Located) {
  const end = bodyAt ?? Math.min(bytes.length, fieldsAt + MAX_HEAD);
  return { ...line, fields: fieldsOf(latin1Text(bytes.subarray(fieldsAt, end))) };
}

/**
 * Reads a response from whatever arrived, complete or not. Null unless it begins with a
 * well-formed status line of the protocol; HTTP/0.9 and `ICY 200 OK` are none.
 */
export function readHttpResponse(
  bytes: Uint8Array,
  protocol: MessageProtocol = 'HTTP',
): HttpResponse | null {
  const located = locate(bytes, protocol);
  if (located === null) return null;
  const head = headOf(bytes, located);
  if (located.bodyAt === null) return { ...head, body: new Uint8Array(0), headComplete: false };
  const { body } = bodyOf(bytes, located.bodyAt, head, protocol);
  return { ...head, body, headComplete: true };
}

/** Whether bytes could still become a response: they begin like one, as far as they go. */
function mayBegin(bytes: Uint8Array, protocol: MessageProtocol): boolean {
  const wanted = `${protocol}/`;
  return startsWith(bytes, wanted.slice(0, Math.min(bytes.length, wanted.length)));
}

/**
 * Frames one response. Claims at once what is not one, so that nobody waits for the rest of an SSH
 * greeting, and gives up on a header or body that goes on past the bounds.
 */
export function httpFrame(buffered: Uint8Array, protocol: MessageProtocol = 'HTTP'): number | null {
  if (!mayBegin(buffered, protocol)) return buffered.length;
  const located = locate(buffered, protocol);
  const tooLong = buffered.length > MAX_HEAD + MAX_BODY;
  if (located === null) return tooLong || refusedLine(buffered, protocol) ? buffered.length : null;
  if (located.bodyAt === null) {
    return buffered.length > located.fieldsAt + MAX_HEAD ? buffered.length : null;
  }
  const { end } = bodyOf(buffered, located.bodyAt, headOf(buffered, located), protocol);
  return end ?? (tooLong ? buffered.length : null);
}

/** A first line that is complete (or absurdly long) and no status line. */
function refusedLine(bytes: Uint8Array, protocol: MessageProtocol): boolean {
  const complete = bytes.indexOf(LF) >= 0 || bytes.length > 1_024;
  return complete && statusLine(bytes, 0, protocol) === null;
}
