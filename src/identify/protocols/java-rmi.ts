import { z } from 'zod';
import { ByteReader, concatBytes, utf8Text } from '../bytes.ts';
import { clip } from '../dialogue.ts';
import { hexBytes } from '../encode.ts';
import { defineProtocol } from '../plugin.ts';

const details = z.object({
  seenAs: z.string().describe('Address under which the server sees us: shows NAT on the way'),
});

/** JRMI, version 2, StreamProtocol (Java RMI specification §10.2). */
const HEADER = concatBytes(hexBytes('4a524d49 0002 4b'));
const PROTOCOL_ACK = 0x4e;

/** Reads ProtocolAck and the host of the endpoint it names; null when it is none. Nothing may follow. */
export function readProtocolAck(bytes: Uint8Array): string | null {
  const reader = new ByteReader(bytes);
  if (reader.u8() !== PROTOCOL_ACK) return null;
  const host = reader.take(reader.u16() ?? 0);
  const port = reader.u32();
  if (!host || host.length === 0 || port === undefined || port > 0xffff) return null;
  const text = utf8Text(host);
  return reader.remaining === 0 && /^[\w.:%-]+$/.test(text) ? clip(text) : null;
}

/** Opens the stream and hangs up: no object is called, not even the registry's list. */
export const javaRmi = defineProtocol({
  name: 'java-rmi',
  title: 'Java RMI',
  transport: 'tcp',
  over: 'tcp',
  ports: [1099, 1090, 1098, 7199, 9010, 9999],
  manners: 'ask',
  details,

  recognises: (bytes) => readProtocolAck(bytes) !== null,

  async identify(talk) {
    talk.send(HEADER);
    const { bytes } = await talk.receive((buffered) => {
      const size = new ByteReader(buffered, 1).u16();
      if (buffered[0] !== PROTOCOL_ACK) return buffered.length;
      return size === undefined || buffered.length < size + 7 ? null : buffered.length;
    });
    const seenAs = readProtocolAck(bytes);
    return seenAs === null ? null : { details: { seenAs } };
  },
});
