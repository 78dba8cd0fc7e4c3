import { z } from 'zod';
import type { Conversation } from '../../net/conversation.ts';
import { ByteReader, bytesOf, concatBytes, latin1Text } from '../bytes.ts';
import { cpe23 } from '../cpe.ts';
import { clip, receiveWhole } from '../dialogue.ts';
import { hexBytes, u16be } from '../encode.ts';
import { lengthFrame } from '../length-frame.ts';
import { defineProtocol } from '../plugin.ts';
import { present } from '../present.ts';

const details = z.object({
  answer: z
    .enum(['accept', 'refuse', 'redirect', 'resend'])
    .describe('Type of the answering packet'),
  alias: z.string().optional().describe('Name of the listener'),
  errorCode: z
    .number()
    .optional()
    .describe('ERR of a refusal; 0 after a ping, 12514 unknown service'),
  redirect: z.string().optional().describe('Address the listener sends clients to'),
});
type Details = z.infer<typeof details>;

/** TNS packet header: length of the whole, checksum, type, flags, header checksum. */
const packetFrame = lengthFrame({ at: 0, size: 2, extra: 0 });
const CONNECT = 1;
const ANSWERS: Readonly<Record<number, Details['answer']>> = {
  2: 'accept',
  4: 'refuse',
  5: 'redirect',
  11: 'resend',
};

/**
 * CONNECT with the command that `tnsping` sends: version 312, compatible with 300, SDU 8,192, TDU
 * 32,767, connect data from offset 58. No service is named and no user.
 */
export function pingRequest(): Uint8Array {
  const data = bytesOf('(CONNECT_DATA=(COMMAND=ping)(CID=(PROGRAM=postern)))');
  const fields = concatBytes(
    hexBytes('0138 012c 0000 2000 7fff c60e 0000 0001'),
    u16be(data.length),
    hexBytes('003a 00000000 4141'),
    new Uint8Array(24),
  );
  const head = concatBytes(u16be(8 + fields.length + data.length), hexBytes('0000'));
  return concatBytes(head, Uint8Array.of(CONNECT, 0, 0, 0), fields, data);
}

export interface TnsAnswer {
  readonly type: Details['answer'];
  /** Connect data of a refusal or a redirect: `(DESCRIPTION=…)`. */
  readonly data: string;
}

/** Bytes between the header and the text: reasons and length of a refusal, length of a redirect. */
const DATA_OFFSET: Readonly<Record<Details['answer'], number>> = {
  accept: 24,
  refuse: 12,
  redirect: 10,
  resend: 8,
};

/** Reads the packet that answers a CONNECT; null when it is none. */
export function readTnsAnswer(bytes: Uint8Array): TnsAnswer | null {
  const reader = new ByteReader(bytes);
  const length = reader.u16();
  reader.skip(2);
  const type = ANSWERS[reader.u8() ?? 0];
  reader.skip(3);
  if (reader.short || length !== bytes.length || !type) return null;
  // Flags are zero but for 0x04 and 0x08 of newer listeners; the checksums are not in use.
  const plain = bytes[2] === 0 && bytes[3] === 0 && bytes[6] === 0 && bytes[7] === 0;
  if (!plain || (length < 10 && type !== 'resend')) return null;
  const data = latin1Text(bytes.subarray(DATA_OFFSET[type]));
  const described = data.startsWith('(') || data === '';
  return type === 'accept' || described || type === 'redirect' ? { type, data: clip(data) } : null;
}

function value(data: string, key: string): string | undefined {
  const at = data.indexOf(`(${key}=`);
  if (at < 0) return undefined;
  const start = at + key.length + 2;
  const end = data.indexOf(')', start);
  return end < 0 ? undefined : data.slice(start, end);
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

/**
 * Decodes VSNNUM: five parts of 8, 4, 8, 4, 8 bits; since version 18 of 8, 8, 4, 8, 4 bits.
 */
export function decodeVersion(number: number): string {
  const part = (shift: number, bits: number) => Math.floor(number / 2 ** shift) % 2 ** bits;
  const parts =
    part(24, 8) >= 18
      ? [part(24, 8), part(16, 8), part(12, 4), part(4, 8), part(0, 4)]
      : [part(24, 8), part(20, 4), part(12, 8), part(8, 4), part(0, 8)];
  return parts.join('.');
}

async function ping(talk: Conversation): Promise<TnsAnswer | null> {
  talk.send(pingRequest());
  const bytes = await receiveWhole(talk, packetFrame);
  return bytes && readTnsAnswer(bytes);
}

/** Pings the listener, as `tnsping` does; its refusal carries the version. */
export const oracleTns = defineProtocol({
  name: 'oracle-tns',
  title: 'Oracle TNS listener',
  transport: 'tcp',
  over: 'tcp',
  ports: [1521, 1522, 1526],
  tlsPorts: [2484],
  manners: 'ask',
  details,

  recognises: (bytes) => readTnsAnswer(bytes)?.type === 'refuse',

  async identify(talk) {
    const first = await ping(talk);
    const again = first?.type === 'resend' ? await ping(talk) : null;
    const answer = again ?? first;
    if (!answer) return null;
    const number = wholeNumber(value(answer.data, 'VSNNUM'));
    const version = number ? decodeVersion(number) : undefined;
    return {
      product: 'Oracle Database',
      ...(version && { version }),
      cpe: cpe23('oracle', 'database_server', version),
      details: present({
        answer: answer.type,
        alias: value(answer.data, 'ALIAS'),
        errorCode: wholeNumber(value(answer.data, 'ERR')),
        redirect: answer.type === 'redirect' ? answer.data : undefined,
      }),
    };
  },
});
