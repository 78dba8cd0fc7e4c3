import { z } from 'zod';
import { ByteReader, concatBytes, latin1Text } from '../bytes.ts';
import { cpe23 } from '../cpe.ts';
import { clip, receiveWhole } from '../dialogue.ts';
import { hexBytes, u16le } from '../encode.ts';
import { lengthFrame } from '../length-frame.ts';
import { NTLM_NEGOTIATE, type NtlmDetails, ntlmDetails, readNtlmChallenge } from '../ntlm.ts';
import { defineProtocol } from '../plugin.ts';
import { present } from '../present.ts';

const details = ntlmDetails.extend({
  answer: z.enum(['bind-ack', 'bind-nak', 'fault']).describe('Type of the answering PDU'),
  endpointMapper: z.boolean().optional().describe('The endpoint mapper interface was accepted'),
  secondaryAddress: z.string().optional().describe('Port or pipe the server names'),
});
type Details = z.infer<typeof details>;

/** Connection-oriented PDU (C706 §12.6): length of the whole at offset 8, little-endian. */
const pduFrame = lengthFrame({ at: 8, size: 2, littleEndian: true, extra: 0 });
const ANSWERS: Readonly<Record<number, Details['answer']>> = {
  3: 'fault',
  12: 'bind-ack',
  13: 'bind-nak',
};
const CALL_ID = 1;

/** bind (C706 §12.6.4.3) to the endpoint mapper in NDR, with the first NTLM message, which names nobody. */
export function bindRequest(): Uint8Array {
  const mapper = hexBytes('0883afe1 1f5d c911 91a408002b14a0fa 03000000');
  const ndr = hexBytes('045d888a eb1c c911 9fe808002b104860 02000000');
  const context = concatBytes(hexBytes('b810 b810 00000000 01000000 0000 0100'), mapper, ndr);
  const trailer = hexBytes('0a 02 00 00 00000000');
  const length = 16 + context.length + trailer.length + NTLM_NEGOTIATE.length;
  const lengths = concatBytes(u16le(length), u16le(NTLM_NEGOTIATE.length));
  const head = concatBytes(hexBytes('05 00 0b 03 10000000'), lengths, hexBytes('01000000'));
  return concatBytes(head, context, trailer, NTLM_NEGOTIATE);
}

export interface RpcAnswer {
  readonly answer: Details['answer'];
  readonly endpointMapper?: boolean;
  readonly secondaryAddress?: string;
}

/** Reads the PDU that answers `bindRequest`; null when it is none. */
export function readBindAnswer(bytes: Uint8Array): RpcAnswer | null {
  const reader = new ByteReader(bytes);
  const version = reader.u16();
  const answer = ANSWERS[reader.u8() ?? 0];
  reader.skip(5); // flags, data representation
  const whole = reader.u16(true) === bytes.length;
  reader.skip(2);
  const ours = reader.u32(true) === CALL_ID;
  if (version !== 0x0500 || bytes[4] !== 0x10 || !answer || !whole || !ours) return null;
  return answer === 'bind-ack' ? { answer, ...readBindAck(reader) } : { answer };
}

/** bind_ack (C706 §12.6.4.4) behind its header. */
function readBindAck(reader: ByteReader): Partial<RpcAnswer> {
  reader.skip(8); // fragment sizes, association group
  const address = reader.take(reader.u16(true) ?? 0) ?? new Uint8Array(0);
  reader.skip((4 - (reader.offset % 4)) % 4);
  reader.skip(4); // number of results
  const result = reader.u16(true);
  const text = latin1Text(address).split('\0')[0];
  return present({
    endpointMapper: result === undefined ? undefined : result === 0,
    secondaryAddress: clip(text ?? '') || undefined,
  });
}

function productOf({ osVersion }: NtlmDetails) {
  if (osVersion === undefined) return {};
  const cpe = cpe23('microsoft', 'windows', undefined, 'o');
  return { product: 'Microsoft Windows', version: osVersion, cpe };
}

/** Binds to the endpoint mapper, as any client must before it calls; nothing is called. */
export const msrpc = defineProtocol({
  name: 'msrpc',
  title: 'Microsoft RPC',
  transport: 'tcp',
  over: 'tcp',
  ports: [135, 593, 1025, 49152, 49153, 49154],
  manners: 'ask',
  details,

  recognises: (bytes) => readBindAnswer(bytes) !== null,

  async identify(talk) {
    talk.send(bindRequest());
    const bytes = await receiveWhole(talk, pduFrame);
    const answer = bytes && readBindAnswer(bytes);
    if (!answer) return null;
    const names = readNtlmChallenge(bytes) ?? {};
    return { ...productOf(names), details: { ...names, ...answer } };
  },
});
