import type { Conversation, Framing } from '../net/conversation.ts';
import { latin1Text, lineFrame, utf8Text } from './bytes.ts';

/** Longest text and longest list kept in details. */
export const MAX_TEXT = 1024;
export const MAX_ITEMS = 256;

/** Longest reply a line protocol gets to finish; a longer one is taken as it stands. */
const MAX_REPLY = 64 * 1024;

/** Text of at most 1,024 characters. */
export function clip(text: string): string {
  return text.length > MAX_TEXT ? text.slice(0, MAX_TEXT) : text;
}

/** At most 256 items. */
export function clipList<Item>(items: readonly Item[]): Item[] {
  return items.slice(0, MAX_ITEMS);
}

/** The lines of a text, without their ends (CRLF or LF) and without the empty one after the last. */
export function linesOf(bytes: Uint8Array): string[] {
  const lines = utf8Text(bytes).split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
}

/** A reply of FTP, SMTP and NNTP kind (RFC 959 §4.2, RFC 5321 §4.2.1). */
export interface CodedReply {
  readonly code: number;
  /** Text of each line, without the code where the line has it. */
  readonly lines: readonly string[];
}

const DIGIT_ZERO = 0x30;
const DIGIT_NINE = 0x39;
const DASH = 0x2d;

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= DIGIT_ZERO && byte <= DIGIT_NINE;
}

/** Whether the bytes begin with three digits followed by a space, a dash or the line's end. */
export function startsWithCode(bytes: Uint8Array): boolean {
  const after = bytes[3];
  const ended = after === 0x20 || after === DASH || after === 0x0d || after === 0x0a;
  return isDigit(bytes[0]) && isDigit(bytes[1]) && isDigit(bytes[2]) && ended;
}

/** Whether the line at `start` carries the first line's code and no dash: the last of its reply. */
function endsCoded(buffered: Uint8Array, start: number): boolean {
  if (!startsWithCode(buffered.subarray(start, start + 4))) return false;
  const sameCode = [0, 1, 2].every((at) => buffered[start + at] === buffered[at]);
  return sameCode && buffered[start + 3] !== DASH;
}

/** Frames a reply of one or more lines; text that is no such reply ends at its first line. */
export function codedFrame(buffered: Uint8Array): number | null {
  const single = !startsWithCode(buffered) || buffered[3] !== DASH;
  let start = 0;
  for (;;) {
    const end = buffered.indexOf(0x0a, start);
    if (end < 0) return buffered.length > MAX_REPLY ? buffered.length : null;
    if (single || endsCoded(buffered, start)) return end + 1;
    start = end + 1;
  }
}

/** Reads a whole reply; null when the bytes are none. An unfinished one gives the lines it has. */
export function readCodedReply(bytes: Uint8Array): CodedReply | null {
  if (!startsWithCode(bytes)) return null;
  const lines = linesOf(bytes);
  const code = lines[0]?.slice(0, 3) ?? '';
  const texts = lines.map((line) => {
    const coded = line.startsWith(code) && /^[ -]?$/.test(line.slice(3, 4));
    return clip(coded ? line.slice(4) : line);
  });
  return { code: Number(code), lines: clipList(texts) };
}

/** Frames a multi-line answer that ends with a dot on a line of its own (RFC 1939 §3). */
export function dotFrame(buffered: Uint8Array): number | null {
  if (buffered.length > MAX_REPLY) return buffered.length;
  let start = 0;
  for (;;) {
    const end = buffered.indexOf(0x0a, start);
    if (end < 0) return null;
    const dotted = buffered[start] === 0x2e && (end === start + 1 || buffered[start + 1] === 0x0d);
    if (dotted && end <= start + 2) return end + 1;
    start = end + 1;
  }
}

/** What `until` claimed, or null when the wait ended otherwise and what had come is lost. */
export async function receiveWhole(
  talk: Conversation,
  until: Framing,
  waitMs?: number,
): Promise<Uint8Array | null> {
  const { bytes, end } = await talk.receive(until, waitMs);
  return end === 'complete' ? bytes : null;
}

/** Sends one line (CRLF added) and waits for a framed answer; null when none came whole. */
export function ask(
  talk: Conversation,
  line: string,
  until: Framing = lineFrame,
  waitMs?: number,
): Promise<Uint8Array | null> {
  talk.send(`${line}\r\n`);
  return receiveWhole(talk, until, waitMs);
}

/** As `ask`, for coded replies. */
export async function askCoded(talk: Conversation, line: string): Promise<CodedReply | null> {
  const answer = await ask(talk, line, codedFrame);
  return answer === null ? null : readCodedReply(answer);
}

/** The beginning of a peer's answer as text, for patterns: one character a byte, at most 2,048. */
export function headText(bytes: Uint8Array): string {
  return latin1Text(bytes.subarray(0, 2048));
}
