import { z } from 'zod';
import { ByteReader, bytesOf, concatBytes, latin1Text } from '../bytes.ts';
import { defineDatagram } from '../datagram.ts';
import { clip, clipList } from '../dialogue.ts';
import { hexBytes, u16be } from '../encode.ts';

const details = z.object({
  error: z.number().describe('Error code (RFC 2608 §7); 0: none'),
  types: z.array(z.string()).describe('Service types it knows'),
});

const TYPES_REQUEST = 9;
const TYPES_REPLY = 10;
const VERSION = 2;
const HEADER = 14;

const text16 = (text: string): Uint8Array => concatBytes(u16be(text.length), bytesOf(text));
const idOf = (token: number): number => token & 0xffff || 1;

/** Service Type Request (RFC 2608 §10.1): all naming authorities, the default scope. */
function question(token: number): Uint8Array {
  const body = concatBytes(text16(''), hexBytes('ffff'), text16('default'));
  const rest = concatBytes(hexBytes('0000 000000'), u16be(idOf(token)), text16('en'), body);
  const length = 5 + rest.length;
  return concatBytes(Uint8Array.of(VERSION, TYPES_REQUEST, 0), u16be(length), rest);
}

/** Service Location Protocol: asks which kinds of services there are, and registers none. */
export const slp = defineDatagram({
  name: 'slp',
  title: 'Service Location Protocol',
  ports: [427],
  questions: [
    {
      name: 'slp',
      payload: question,
      answers: (payload, token) => new ByteReader(payload, 10).u16() === idOf(token),
    },
  ],
  details,
  read(payload) {
    if (payload[0] !== VERSION || payload[1] !== TYPES_REPLY || payload[2] !== 0) return null;
    if (new ByteReader(payload, 3).u16() !== payload.length) return null;
    const reader = new ByteReader(payload, HEADER - 2);
    reader.skip(reader.u16() ?? 0); // language
    const error = reader.u16();
    if (error === undefined) return null;
    const list = latin1Text(reader.take(reader.u16() ?? 0) ?? new Uint8Array(0));
    const types = list.split(',').filter((word) => word !== '');
    return { details: { error, types: clipList(types.map(clip)) } };
  },
});
