import { z } from 'zod';
import { ByteReader, latin1Text } from '../bytes.ts';
import { clip, receiveWhole } from '../dialogue.ts';
import { hexBytes } from '../encode.ts';
import { lengthFrame } from '../length-frame.ts';
import { defineProtocol } from '../plugin.ts';
import { present } from '../present.ts';

const details = z.object({
  unit: z.number().describe('Unit identifier that answered'),
  vendor: z.string().optional().describe('VendorName, object 0 of the device identification'),
  productCode: z.string().optional().describe('ProductCode, object 1'),
  revision: z.string().optional().describe('MajorMinorRevision, object 2'),
  exception: z.number().optional().describe('Exception code in place of the identification'),
});

/** MBAP header: transaction, protocol 0, length of the rest, unit (Modbus on TCP/IP guide §3.1.3). */
const messageFrame = lengthFrame({ at: 4, size: 2, extra: 6 });
/**
 * Read Device Identification, basic, from object 0 (Modbus application protocol §6.21), to unit 255,
 * which stands for the device itself. It reads names; no register is touched.
 */
const REQUEST = hexBytes('7073 0000 0005 ff 2b 0e 01 00');
const FUNCTION = 0x2b;

/** Reads the answer to `REQUEST`; null when it is none. */
export function readDeviceIdentification(bytes: Uint8Array): z.infer<typeof details> | null {
  const reader = new ByteReader(bytes);
  if (reader.u16() !== 0x7073 || reader.u16() !== 0 || reader.u16() !== bytes.length - 6)
    return null;
  const unit = reader.u8();
  const code = reader.u8();
  if (unit === undefined) return null;
  if (code === FUNCTION + 0x80) {
    const exception = reader.u8() ?? 0;
    return exception >= 1 && exception <= 11 && reader.remaining === 0 ? { unit, exception } : null;
  }
  if (code !== FUNCTION || reader.u8() !== 0x0e) return null;
  reader.skip(4); // read code, conformity, more follows, next object
  const objects = readObjects(reader);
  const [vendor, productCode, revision] = [0, 1, 2].map((id) => objects.get(id));
  return present({ unit, vendor, productCode, revision });
}

function readObjects(reader: ByteReader): ReadonlyMap<number, string> {
  const objects = new Map<number, string>();
  for (let left = reader.u8() ?? 0; left > 0 && !reader.short; left -= 1) {
    const id = reader.u8() ?? 0;
    const value = reader.take(reader.u8() ?? 0);
    if (value) objects.set(id, clip(latin1Text(value)));
  }
  return objects;
}

export const modbus = defineProtocol({
  name: 'modbus',
  title: 'Modbus',
  transport: 'tcp',
  over: 'tcp',
  ports: [502],
  tlsPorts: [802],
  manners: 'ask',
  details,

  async identify(talk) {
    talk.send(REQUEST);
    const bytes = await receiveWhole(talk, messageFrame);
    const device = bytes && readDeviceIdentification(bytes);
    if (!device) return null;
    const product = [device.vendor, device.productCode].filter(Boolean).join(' ') || undefined;
    return present({ product, version: device.revision, details: device });
  },
});
