import { z } from 'zod';
import { ByteReader, latin1Text } from '../bytes.ts';
import { defineDatagram } from '../datagram.ts';
import { clip } from '../dialogue.ts';
import { hexBytes } from '../encode.ts';

const details = z.object({
  willing: z.boolean().describe('It would show a login screen to us'),
  hostName: z.string().describe('Its name'),
  status: z.string().describe('Its words: load, or why not'),
});

const WILLING = 5;
const UNWILLING = 6;
/** Query of version 1 without authentication names (XDMCP §3). */
const QUERY = hexBytes('0001 0002 0001 00');

function readArray(reader: ByteReader): string {
  return clip(latin1Text(reader.take(reader.u16() ?? -1) ?? new Uint8Array(0)));
}

/** X Display Manager Control Protocol: asks whether it manages displays, and requests none. */
export const xdmcp = defineDatagram({
  name: 'xdmcp',
  title: 'XDMCP',
  ports: [177],
  questions: [{ name: 'xdmcp', payload: () => QUERY }],
  details,
  read(payload) {
    const reader = new ByteReader(payload);
    const version = reader.u16();
    const operation = reader.u16();
    if (version !== 1 || reader.u16() !== payload.length - 6) return null;
    if (operation !== WILLING && operation !== UNWILLING) return null;
    if (operation === WILLING) readArray(reader); // authentication name
    const hostName = readArray(reader);
    const status = readArray(reader);
    return reader.short ? null : { details: { willing: operation === WILLING, hostName, status } };
  },
});
