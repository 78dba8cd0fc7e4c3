import { bytesOf, concatBytes } from './bytes.ts';
import { literalField, readFieldBlock } from './hpack.ts';
import { type HttpResponse, MAX_BODY } from './http-message.ts';

const HEAD = 9;
/** SETTINGS_MAX_FRAME_SIZE, which we leave at its default (RFC 9113 §6.5.2). */
const MAX_FRAME = 16_384;
const MAX_FRAMES = 256;

export const FRAME = {
  data: 0,
  headers: 1,
  resetStream: 3,
  settings: 4,
  goAway: 7,
  continuation: 9,
} as const;
const END_STREAM = 1;
const ACK = 1;
const PADDED = 8;
const PRIORITY = 0x20;

/** A frame of HTTP/2 (RFC 9113 §4.1). */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Uint8Array;
}

export const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

export function writeFrame({ type, flags, stream, payload }: Frame): Uint8Array {
  const head = new Uint8Array(HEAD);
  const view = new DataView(head.buffer);
  view.setUint32(0, payload.length * 256 + type);
  head[4] = flags;
  view.setUint32(5, stream);
  return concatBytes(head, payload);
}

/** The client's preface: no header table, no push (RFC 9113 §3.4). */
export function connectionStart(): Uint8Array {
  const settings = Uint8Array.from([0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0]);
  const frame = writeFrame({ type: FRAME.settings, flags: 0, stream: 0, payload: settings });
  return concatBytes(bytesOf(PREFACE), frame);
}

export function settingsAck(): Uint8Array {
  return writeFrame({ type: FRAME.settings, flags: ACK, stream: 0, payload: new Uint8Array(0) });
}

/** GET / on stream 1. */
export function getFrame(scheme: 'http' | 'https', authority: string, agent: string): Uint8Array {
  const payload = concatBytes(
    Uint8Array.of(0x82, scheme === 'https' ? 0x87 : 0x86, 0x84),
    literalField(':authority', authority),
    literalField('user-agent', agent),
    literalField('accept', '*/*'),
  );
  return writeFrame({ type: FRAME.headers, flags: 5, stream: 1, payload });
}

/** GOAWAY without error: goodbye. */
export function goAway(): Uint8Array {
  return writeFrame({ type: FRAME.goAway, flags: 0, stream: 0, payload: new Uint8Array(8) });
}

/** Complete frames of the bytes, at most 256; what follows an oversized one is not read. */
export function readFrames(bytes: Uint8Array): Frame[] {
  const frames: Frame[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  while (at + HEAD <= bytes.length && frames.length < MAX_FRAMES) {
    const length = view.getUint32(at) >>> 8;
    if (length > MAX_FRAME || at + HEAD + length > bytes.length) break;
    frames.push({
      type: bytes[at + 3] ?? 0,
      flags: bytes[at + 4] ?? 0,
      stream: view.getUint32(at + 5) & 0x7fffffff,
      payload: bytes.subarray(at + HEAD, at + HEAD + length),
    });
    at += HEAD + length;
  }
  return frames;
}

/** Whether bytes begin, as far as they go, like the SETTINGS frame that every server sends first. */
export function beginsHttp2(bytes: Uint8Array): boolean {
  const wanted = [0, null, null, FRAME.settings, 0, 0, 0, 0, 0];
  const length = ((bytes[1] ?? 0) << 8) | (bytes[2] ?? 0);
  return (
    bytes.length > 0 &&
    wanted.every((byte, at) => at >= bytes.length || byte === null || bytes[at] === byte) &&
    (bytes.length < 3 || (length % 6 === 0 && length <= 6 * 64))
  );
}

/** Names of settings (RFC 9113 §6.5.2, RFC 8441). */
const SETTINGS: Readonly<Record<number, string>> = {
  1: 'headerTableSize',
  2: 'enablePush',
  3: 'maxConcurrentStreams',
  4: 'initialWindowSize',
  5: 'maxFrameSize',
  6: 'maxHeaderListSize',
  8: 'enableConnectProtocol',
};

/** The settings of the frame that begins the bytes; null when they begin with something else. */
export function readSettings(bytes: Uint8Array): Record<string, number> | null {
  const [frame] = readFrames(bytes.subarray(0, HEAD + 6 * 64));
  if (frame === undefined || !beginsHttp2(bytes)) return null;
  const settings: Record<string, number> = {};
  const { payload } = frame;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  for (let at = 0; at + 6 <= payload.length; at += 6) {
    const id = view.getUint16(at);
    settings[SETTINGS[id] ?? `0x${id.toString(16)}`] = view.getUint32(at + 2);
  }
  return settings;
}

/** Frames the server's SETTINGS; claims at once what is something else. */
export function settingsFrame(buffered: Uint8Array): number | null {
  if (!beginsHttp2(buffered)) return buffered.length;
  if (buffered.length < HEAD) return null;
  const length = HEAD + (((buffered[1] ?? 0) << 8) | (buffered[2] ?? 0));
  return buffered.length < length ? null : length;
}

function endsResponse({ type, flags, stream }: Frame): boolean {
  if (type === FRAME.goAway) return true;
  if (stream !== 1) return false;
  const carriesEnd = type === FRAME.data || type === FRAME.headers;
  return type === FRAME.resetStream || (carriesEnd && (flags & END_STREAM) !== 0);
}

/** Claims everything once stream 1 is over, or more came than is looked at. */
export function responseFrame(buffered: Uint8Array): number | null {
  const frames = readFrames(buffered);
  const enough = buffered.length > MAX_BODY || frames.length >= MAX_FRAMES;
  return enough || frames.some(endsResponse) ? buffered.length : null;
}

/** Payload without padding and priority (RFC 9113 §6.1, §6.2). */
function contentOf({ type, flags, payload }: Frame): Uint8Array {
  const padded = (flags & PADDED) !== 0 && type !== FRAME.continuation;
  const from = (padded ? 1 : 0) + (type === FRAME.headers && (flags & PRIORITY) !== 0 ? 5 : 0);
  const padding = padded ? (payload[0] ?? 0) : 0;
  return payload.subarray(from, Math.max(from, payload.length - padding));
}

/** The response on stream 1 as HTTP/1 has it; null when no field block with a status came. */
export function readHttp2Response(bytes: Uint8Array): HttpResponse | null {
  const frames = readFrames(bytes).filter(({ stream }) => stream === 1);
  const block = frames.filter(({ type }) => type === FRAME.headers || type === FRAME.continuation);
  const fields = readFieldBlock(concatBytes(...block.map(contentOf)));
  const statuses = fields.flatMap(([name, value]) => (name === ':status' ? Number(value) : []));
  const status = statuses.findLast((code) => code >= 200) ?? statuses.at(-1);
  if (status === undefined || !(status >= 100 && status <= 999)) return null;
  const data = frames.filter(({ type }) => type === FRAME.data).map(contentOf);
  return {
    version: '2',
    status,
    reason: '',
    fields: fields.filter(([name]) => !name.startsWith(':')),
    body: concatBytes(...data).subarray(0, MAX_BODY),
    headComplete: true,
  };
}
