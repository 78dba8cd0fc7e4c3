import { z } from 'zod';
import { ByteReader, bytesOf, concatBytes, latin1Text } from './bytes.ts';
import { clip } from './dialogue.ts';
import { hexBytes } from './encode.ts';

export const cipDetails = z.object({
  vendorId: z.number().describe('ODVA vendor id: 1 Rockwell Automation'),
  deviceType: z.number().describe('CIP device profile: 14 programmable logic controller'),
  productCode: z.number().describe('Product code, given by the vendor'),
  productName: z.string().describe('Product name, given by the vendor'),
  revision: z.string().describe('Major and minor revision'),
  serialNumber: z.string().describe('Hexadecimal'),
  state: z.number().optional().describe('Device state (CIP identity object, attribute 8)'),
});
type CipDetails = z.infer<typeof cipDetails>;

const LIST_IDENTITY = 0x63;
const IDENTITY_ITEM = 0x0c;
const CONTEXT = 'postern\0';
/** ListIdentity (CIP volume 2 §2-4.3), the same over TCP and UDP. */
export const LIST_IDENTITY_REQUEST = concatBytes(
  hexBytes('6300 0000 00000000 00000000'),
  bytesOf(CONTEXT),
  new Uint8Array(4),
);

/** Reads a ListIdentity reply (CIP volume 2 §2-4.3.3); null when it is none. */
export function readIdentity(bytes: Uint8Array): CipDetails | null {
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
