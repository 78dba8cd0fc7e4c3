import { z } from 'zod';
import { ByteReader, latin1Text } from '../bytes.ts';
import { defineDatagram } from '../datagram.ts';
import { clip } from '../dialogue.ts';
import { hexBytes } from '../encode.ts';
import { present } from '../present.ts';

const details = z.object({
  model: z.string().optional().describe('Model, in full where it says so'),
  firmware: z.string().optional().describe('Firmware'),
  hostName: z.string().optional().describe('Its name'),
  network: z.string().optional().describe('Name of its wireless network'),
});

/** Version 1, command 0, no body: how the makers' own discovery tools ask. */
const REQUEST = hexBytes('01000000');
const FIELD = {
  firmware: 0x03,
  hostName: 0x0b,
  shortModel: 0x0c,
  network: 0x0d,
  model: 0x14,
} as const;
const MAX_FIELDS = 64;

function readFields(reader: ByteReader): ReadonlyMap<number, string> {
  const fields = new Map<number, string>();
  while (reader.remaining >= 3 && fields.size < MAX_FIELDS) {
    const type = reader.u8() ?? 0;
    const value = reader.take(reader.u16() ?? -1);
    if (value === undefined) break;
    fields.set(type, clip(latin1Text(value)));
  }
  return fields;
}

/** Discovery of Ubiquiti devices. */
export const ubiquiti = defineDatagram({
  name: 'ubiquiti',
  title: 'Ubiquiti discovery',
  ports: [10001],
  questions: [{ name: 'ubiquiti', payload: () => REQUEST }],
  details,
  read(payload) {
    const reader = new ByteReader(payload);
    if (reader.u8() !== 1 || reader.u8() !== 0 || reader.u16() !== payload.length - 4) return null;
    const fields = readFields(reader);
    const model = fields.get(FIELD.model) ?? fields.get(FIELD.shortModel);
    const firmware = fields.get(FIELD.firmware);
    if (model === undefined && firmware === undefined) return null;
    const hostName = fields.get(FIELD.hostName);
    const network = fields.get(FIELD.network);
    return {
      product: model === undefined ? 'Ubiquiti' : `Ubiquiti ${model}`,
      details: present({ model, firmware, hostName, network }),
    };
  },
});
