import { TLS_VERSIONS, type TlsVersion } from '../model/service.ts';
import { WIRE_VERSIONS } from './tls-client-hello.ts';

const ALERT = 21;
const HANDSHAKE = 22;
const SERVER_HELLO = 2;
const CERTIFICATE_REQUEST = 13;
const SERVER_HELLO_DONE = 14;
const SUPPORTED_VERSIONS = 43;
const MAX_RECORD = 16_384 + 2_048;
/** Most bytes of a server's first flight that are looked at: long chains have 10 KiB. */
const MAX_FLIGHT = 64 * 1024;
const MAX_MESSAGES = 32;

/** How a peer answered a ClientHello. */
export type HelloAnswer =
  | {
      readonly kind: 'hello';
      /** Version the peer chose; undefined when it is none of the five. */
      readonly version: TlsVersion | undefined;
      /** Cipher suite by IANA number. */
      readonly suite: number;
    }
  | {
      readonly kind: 'alert';
      /** RFC 8446 §6: 40 handshake_failure, 70 protocol_version, 112 unrecognized_name … */
      readonly description: number;
    };

interface Records {
  /** Handshake bytes of the leading records, joined. */
  readonly handshake: Uint8Array;
  readonly alert: number | undefined;
  /** False when a record begins with something that is not TLS. */
  readonly wellFormed: boolean;
}

function joinParts(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Takes the records apart up to the first alert or anything else (RFC 8446 §5.1). */
function readRecords(bytes: Uint8Array): Records {
  const parts: Uint8Array[] = [];
  let at = 0;
  while (at + 5 <= bytes.length && at < MAX_FLIGHT) {
    const [type, major, , high = 0, low = 0] = bytes.subarray(at, at + 5);
    const length = high * 256 + low;
    if ((type !== HANDSHAKE && type !== ALERT) || major !== 3 || length > MAX_RECORD) {
      return { handshake: joinParts(parts), alert: undefined, wellFormed: false };
    }
    const content = bytes.subarray(at + 5, at + 5 + length);
    if (type === ALERT) {
      return { handshake: joinParts(parts), alert: content[1], wellFormed: true };
    }
    parts.push(content);
    at += 5 + length;
  }
  return { handshake: joinParts(parts), alert: undefined, wellFormed: true };
}

interface Message {
  readonly type: number;
  readonly body: Uint8Array;
}

/** Complete handshake messages, at most 32 (RFC 8446 §4). */
function readMessages(handshake: Uint8Array): Message[] {
  const messages: Message[] = [];
  let at = 0;
  while (at + 4 <= handshake.length && messages.length < MAX_MESSAGES) {
    const [type = 0, high = 0, middle = 0, low = 0] = handshake.subarray(at, at + 4);
    const end = at + 4 + high * 65_536 + middle * 256 + low;
    if (end > handshake.length) break;
    messages.push({ type, body: handshake.subarray(at + 4, end) });
    at = end;
  }
  return messages;
}

/** The version in supported_versions (RFC 8446 §4.2.1) from `at`, where extensions begin. */
function selectedVersion(hello: DataView, at: number): number | undefined {
  if (at + 2 > hello.byteLength) return undefined;
  const end = Math.min(hello.byteLength, at + 2 + hello.getUint16(at));
  let next = at + 2;
  while (next + 4 <= end) {
    const length = hello.getUint16(next + 2);
    const wanted = hello.getUint16(next) === SUPPORTED_VERSIONS && length === 2;
    if (wanted && next + 6 <= end) return hello.getUint16(next + 4);
    next += 4 + length;
  }
  return undefined;
}

/** Body of a ServerHello: legacy version, random, session id, suite, compression, extensions. */
function helloOf(body: Uint8Array): HelloAnswer | null {
  const session = body[34] ?? 0;
  const suiteAt = 35 + session;
  if (session > 32 || suiteAt + 3 > body.length) return null;
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const chosen = selectedVersion(view, suiteAt + 3) ?? view.getUint16(0);
  const version = TLS_VERSIONS.find((known) => WIRE_VERSIONS[known] === chosen);
  return { kind: 'hello', version, suite: view.getUint16(suiteAt) };
}

/** Reads the answer to a ClientHello; null while it is incomplete, or when it is no TLS. */
export function readServerHello(bytes: Uint8Array): HelloAnswer | null {
  const { handshake, alert } = readRecords(bytes);
  const [first] = readMessages(handshake);
  if (first?.type === SERVER_HELLO) return helloOf(first.body);
  return alert === undefined ? null : { kind: 'alert', description: alert };
}

/**
 * Whether the peer asks for a client certificate (RFC 5246 §7.4.4). Up to TLS 1.2 its flight is in
 * the clear; undefined in TLS 1.3, and while the flight is incomplete.
 */
export function readCertificateRequest(bytes: Uint8Array): boolean | undefined {
  const messages = readMessages(readRecords(bytes).handshake);
  if (messages.some(({ type }) => type === CERTIFICATE_REQUEST)) return true;
  return messages.some(({ type }) => type === SERVER_HELLO_DONE) ? false : undefined;
}

/** Claims everything once the peer's first flight is there, or never will be. */
export function flightFrame(buffered: Uint8Array): number | null {
  if (buffered.length > MAX_FLIGHT || !readRecords(buffered).wellFormed) return buffered.length;
  const answer = readServerHello(buffered);
  if (answer === null) return null;
  const inClear = answer.kind === 'hello' && answer.version !== 'TLSv1.3';
  if (inClear && readCertificateRequest(buffered) === undefined) {
    return readRecords(buffered).alert === undefined ? null : buffered.length;
  }
  return buffered.length;
}
