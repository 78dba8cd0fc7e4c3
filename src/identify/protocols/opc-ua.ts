import { z } from 'zod';
import { ByteReader, bytesOf, concatBytes, startsWith, utf8Text } from '../bytes.ts';
import { clip, receiveWhole } from '../dialogue.ts';
import { u32le } from '../encode.ts';
import { lengthFrame } from '../length-frame.ts';
import { defineProtocol } from '../plugin.ts';
import { present } from '../present.ts';

const details = z.object({
  protocolVersion: z.number().optional().describe('ProtocolVersion of the Acknowledge message'),
  receiveBufferSize: z.number().optional().describe('Bytes'),
  sendBufferSize: z.number().optional().describe('Bytes'),
  error: z
    .object({ code: z.number().describe('StatusCode'), reason: z.string() })
    .optional()
    .describe('Error message in place of the Acknowledge'),
});

/** OPC UA part 6 §7.1.2.2: type in 3 letters, chunk letter, size of the whole. */
const messageFrame = lengthFrame({ at: 4, size: 4, littleEndian: true, extra: 0 });

/** Hello (§7.1.2.3): version 0, buffers of 64 KB, no limits, our endpoint URL. */
function hello(url: string): Uint8Array {
  const text = bytesOf(url);
  const limits = [0, 65_536, 65_536, 0, 0].map(u32le);
  const body = concatBytes(...limits, u32le(text.length), text);
  return concatBytes(bytesOf('HELF'), u32le(body.length + 8), body);
}

/** Reads an Acknowledge (§7.1.2.4) or an Error (§7.1.2.5); null when it is neither. */
export function readHelloAnswer(bytes: Uint8Array): z.infer<typeof details> | null {
  const reader = new ByteReader(bytes, 4);
  if (reader.u32(true) !== bytes.length) return null;
  if (startsWith(bytes, 'ACKF')) {
    const [protocolVersion, receiveBufferSize, sendBufferSize] = [
      reader.u32(true),
      reader.u32(true),
      reader.u32(true),
    ];
    return reader.short ? null : present({ protocolVersion, receiveBufferSize, sendBufferSize });
  }
  if (!startsWith(bytes, 'ERRF')) return null;
  const code = reader.u32(true);
  const reason = reader.take(reader.u32(true) ?? 0) ?? new Uint8Array(0);
  return code === undefined ? null : { error: { code, reason: clip(utf8Text(reason)) } };
}

/** Hello and Acknowledge; no secure channel is opened and no session. */
export const opcUa = defineProtocol({
  name: 'opc-ua',
  title: 'OPC UA',
  transport: 'tcp',
  over: 'tcp',
  ports: [4840, 4843],
  manners: 'ask',
  details,

  recognises: (bytes) => readHelloAnswer(bytes) !== null,

  async identify(talk) {
    const host = talk.serverName ?? talk.authority;
    talk.send(hello(`opc.tcp://${host}:${talk.port}/`));
    const bytes = await receiveWhole(talk, messageFrame);
    const answer = bytes && readHelloAnswer(bytes);
    return answer && { details: answer };
  },
});
