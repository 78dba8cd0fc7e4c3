import { z } from 'zod';
import { CLIENT_NAME } from '../../model/agent.ts';
import { ByteReader, bytesOf, concatBytes, latin1Text } from '../bytes.ts';
import { defineDatagram } from '../datagram.ts';
import { clip } from '../dialogue.ts';
import { hexBytes, u16be } from '../encode.ts';
import { present } from '../present.ts';
import { namedProduct, type ProductMark } from '../products.ts';

const details = z.object({
  accepted: z.boolean().describe('True: it would open a tunnel for anybody who asks'),
  hostName: z.string().optional().describe('Host Name AVP'),
  vendorName: z.string().optional().describe('Vendor Name AVP'),
  firmware: z.number().optional().describe('Firmware Revision AVP'),
});

/** Control message with length and sequence numbers, version 2 (RFC 2661 §3.1). */
const CONTROL = 0xc802;
const MANDATORY = 0x8000;
const AVP = { messageType: 0, firmware: 6, hostName: 7, vendorName: 8 } as const;
const ACCEPTED = 2;
const STOPPED = 4;
const MAX_AVPS = 32;

const PRODUCTS: readonly ProductMark[] = [
  { pattern: /xelerance/i, product: 'xl2tpd', cpe: ['xelerance', 'xl2tpd'] },
  { pattern: /MikroTik/i, product: 'MikroTik' },
  { pattern: /Cisco/i, product: 'Cisco' },
  { pattern: /Microsoft/i, product: 'Microsoft Windows' },
];

function avp(type: number, value: Uint8Array): Uint8Array {
  return concatBytes(u16be(MANDATORY | (6 + value.length)), u16be(0), u16be(type), value);
}

/** Start-Control-Connection-Request (RFC 2661 §6.1); our tunnel id comes from the token. */
function question(token: number): Uint8Array {
  const body = concatBytes(
    avp(AVP.messageType, u16be(1)),
    avp(2, hexBytes('0100')), // protocol version
    avp(3, hexBytes('00000003')), // framing
    avp(AVP.hostName, bytesOf(CLIENT_NAME)),
    avp(9, u16be(token & 0xffff || 1)), // our tunnel
  );
  return concatBytes(u16be(CONTROL), u16be(12 + body.length), new Uint8Array(8), body);
}

function readAvps(reader: ByteReader): ReadonlyMap<number, Uint8Array> {
  const found = new Map<number, Uint8Array>();
  while (reader.remaining >= 6 && found.size < MAX_AVPS) {
    const length = (reader.u16() ?? 0) & 0x3ff;
    const vendor = reader.u16();
    const type = reader.u16() ?? 0;
    const value = reader.take(length - 6);
    if (value === undefined) break;
    if (vendor === 0) found.set(type, value);
  }
  return found;
}

function text(value: Uint8Array | undefined): string | undefined {
  return value === undefined ? undefined : clip(latin1Text(value));
}

/** L2TP: asks for a tunnel and leaves the answer without the last word, so that none comes about. */
export const l2tp = defineDatagram({
  name: 'l2tp',
  title: 'L2TP',
  ports: [1701],
  questions: [{ name: 'l2tp', payload: question }],
  details,
  read(payload) {
    const reader = new ByteReader(payload);
    if (((reader.u16() ?? 0) & 0xcb0f) !== CONTROL || reader.u16() !== payload.length) return null;
    reader.skip(8);
    const avps = readAvps(reader);
    const type = new ByteReader(avps.get(AVP.messageType) ?? new Uint8Array(0)).u16();
    if (type !== ACCEPTED && type !== STOPPED) return null;
    const vendorName = text(avps.get(AVP.vendorName));
    const found = present({
      accepted: type === ACCEPTED,
      hostName: text(avps.get(AVP.hostName)),
      vendorName,
      firmware: new ByteReader(avps.get(AVP.firmware) ?? new Uint8Array(0)).u16(),
    });
    return { ...namedProduct(vendorName ?? '', PRODUCTS), details: found };
  },
});
