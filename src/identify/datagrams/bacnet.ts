import { z } from 'zod';
import { ByteReader, utf8Text } from '../bytes.ts';
import { defineDatagram } from '../datagram.ts';
import { clip } from '../dialogue.ts';
import { present } from '../present.ts';

const details = z.object({
  instance: z.number().optional().describe('Device instance'),
  vendorName: z.string().optional().describe('Property vendor-name'),
  modelName: z.string().optional().describe('Property model-name'),
  firmware: z.string().optional().describe('Property firmware-revision'),
  objectName: z.string().optional().describe('Property object-name'),
  refused: z.boolean().optional().describe('It answered with an error, a rejection or an abort'),
});

/** Properties of the device object (ASHRAE 135 clause 21). */
const PROPERTY = { firmware: 44, modelName: 70, objectName: 77, vendorName: 121 } as const;
const BVLC = 0x81;
const ORIGINAL_UNICAST = 0x0a;
const READ_PROPERTY = 0x0c;
const COMPLEX_ACK = 3;
/** Error, reject and abort (clause 20.1). */
const REFUSALS = [5, 6, 7];

/** ReadProperty of the device object with the wildcard instance 4194303 (clause 15.5). */
function readProperty(property: number): Uint8Array {
  const npdu = [0x01, 0x04];
  const apdu = [0x00, 0x05, 0x01, READ_PROPERTY, 0x0c, 0x02, 0x3f, 0xff, 0xff, 0x19, property];
  return Uint8Array.of(BVLC, ORIGINAL_UNICAST, 0, 4 + npdu.length + apdu.length, ...npdu, ...apdu);
}

interface Answer {
  readonly refused: boolean;
  readonly instance?: number | undefined;
  readonly text?: string | undefined;
}

/** A character string in the answer: application tag 7 with an extended length, then the character set. */
function readText(reader: ByteReader): string | undefined {
  if (reader.u8() !== 0x3e) return undefined;
  const tag = reader.u8() ?? 0;
  if (tag >> 4 !== 7) return undefined;
  const length = (tag & 7) === 5 ? (reader.u8() ?? 0) : tag & 7;
  const characters = reader.take(length)?.subarray(1);
  return characters === undefined ? undefined : clip(utf8Text(characters));
}

/** Reads the answer to `readProperty`; null when it is none. */
export function readBacnet(bytes: Uint8Array): Answer | null {
  const reader = new ByteReader(bytes);
  if (reader.u8() !== BVLC || reader.u8() !== ORIGINAL_UNICAST) return null;
  if (reader.u16() !== bytes.length || reader.u8() !== 1) return null;
  if (((reader.u8() ?? 0xff) & 0xa8) !== 0) return null; // routed or network messages
  const kind = (reader.u8() ?? 0) >> 4;
  reader.skip(1);
  if (REFUSALS.includes(kind)) return reader.short ? null : { refused: true };
  if (kind !== COMPLEX_ACK || reader.u8() !== READ_PROPERTY || reader.u8() !== 0x0c) return null;
  const instance = (reader.u32() ?? 0) & 0x3f_ffff;
  reader.skip(2); // the property
  return { refused: false, instance, text: readText(reader) };
}

/** BACnet/IP: reads what names the device. Nothing is written, and no broadcast asked for. */
export const bacnet = defineDatagram({
  name: 'bacnet',
  title: 'BACnet',
  ports: [47808],
  questions: [{ name: 'bacnet', payload: () => readProperty(PROPERTY.vendorName) }],
  details,
  read(payload) {
    const answer = readBacnet(payload);
    if (answer === null) return null;
    if (answer.refused) return { details: { refused: true } };
    return { details: present({ instance: answer.instance, vendorName: answer.text }) };
  },
  async follow(identity, ask) {
    if (identity.details.refused === true) return identity;
    const textOf = async (property: number): Promise<string | undefined> => {
      const payload = await ask(readProperty(property));
      return payload === null ? undefined : readBacnet(payload)?.text;
    };
    const modelName = await textOf(PROPERTY.modelName);
    const firmware = await textOf(PROPERTY.firmware);
    const objectName = await textOf(PROPERTY.objectName);
    const product = [identity.details.vendorName, modelName].filter((word) => word !== undefined);
    return {
      ...(modelName === undefined ? {} : { product: product.join(' ') }),
      ...(firmware === undefined ? {} : { version: firmware }),
      details: { ...identity.details, ...present({ modelName, firmware, objectName }) },
    };
  },
});
