import { z } from 'zod';
import { ByteReader, bytesOf, concatBytes, latin1Text } from '../bytes.ts';
import { clip, receiveWhole } from '../dialogue.ts';
import { hexBytes } from '../encode.ts';
import { lengthFrame } from '../length-frame.ts';
import { defineProtocol } from '../plugin.ts';

const details = z.object({
  vendorId: z.number().describe('ODVA vendor id: 1 Rockwell Automation'),
  deviceType: z.number().describe('CIP device profile: 14 programmable logic controller'),
  productCode: z.number().describe('Product code, given by the vendor'),
  productName: z.string().describe('Product name, given by the vendor'),
  revision: z.string().describe('Major and minor revision'),
  serialNumber: z.string().describe('Hexadecimal'),
  state: z.number().optional().describe('Device state (CIP identity object, attribute 8)'),
});
type Details = z.infer<typeof details>;

/** Encapsulation header (CIP volume 2 §2-3.1): command, length, session, status, context, options. */
const packetFrame = lengthFrame({ at: 2, size: 2, littleEndian: true, extra: 24 });
const LIST_IDENTITY = 0x63;
const IDENTITY_ITEM = 0x0c;
const CONTEXT = 'postern\0';
const REQUEST = concatBytes(
  hexBytes('6300 0000 00000000 00000000'),
  bytesOf(CONTEXT),
  new Uint8Array(4),
);

/** Reads a ListIdentity reply (CIP volume 2 §2-4.3.3); null when it is none. */
export function readIdentity(bytes: Uint8Array): Details | null {
  const reader = new ByteReader(bytes);
  if (reader.u16(true) !== LIST_IDENTITY || reader.u16(true) !== bytes.length - 24) return null;
  reader.offset = 24;
  const items = reader.u16(true) ?? 0;
  if (items === 0 || reader.u16(true) !== IDENTITY_ITEM) return null;
  reader.skip(2 + 2 + 16); // item length, protocol version, socket address
  const vendorId = reader.u16(true);
  const deviceType = reader.u16(true);
  const productCode = reader.u16(true);
  const revision = `${reader.u8()}.${reader.u8()}`;
  reader.skip(2);
  const serial = reader.u32(true);
  const name = reader.take(reader.u8() ?? 0);
  if (vendorId === undefined || deviceType === undefined || productCode === undefined) return null;
  if (serial === undefined || name === undefined) return null;
  const identity = {
    vendorId,
    deviceType,
    productCode,
    productName: clip(latin1Text(name)),
    revision,
  };
  const state = reader.u8();
  const serialNumber = serial.toString(16).padStart(8, '0');
  return { ...identity, serialNumber, ...(state === undefined ? {} : { state }) };
}

/** Asks for the identity, as configuration tools do of every device on the network. */
export const ethernetIp = defineProtocol({
  name: 'ethernet-ip',
  title: 'EtherNet/IP',
  transport: 'tcp',
  over: 'tcp',
  ports: [44818],
  manners: 'ask',
  details,

  async identify(talk) {
    talk.send(REQUEST);
    const bytes = await receiveWhole(talk, packetFrame);
    const identity = bytes && readIdentity(bytes);
    return (
      identity && { product: identity.productName, version: identity.revision, details: identity }
    );
  },
});
