import { z } from 'zod';
import { ByteReader, latin1Text } from '../bytes.ts';
import { defineDatagram } from '../datagram.ts';
import { clip } from '../dialogue.ts';
import { hexBytes, hexText } from '../encode.ts';

const details = z.object({
  name: z.string().describe('Friendly name'),
  address: z.string().describe('Individual address on the bus: area.line.device'),
  serialNumber: z.string().describe('Hexadecimal'),
});

/**
 * DESCRIPTION_REQUEST (KNX 03_08_02 §7.5.3) over IPv4 UDP; the zero address means: answer to
 * where this came from.
 */
const REQUEST = hexBytes('0610 0203 000e 0801 00000000 0000');
const DESCRIPTION_RESPONSE = 0x0204;
const DEVICE_INFORMATION = 1;
const NAME_BYTES = 30;

/** KNXnet/IP, the gateway to a building's bus: asks what it is, and opens no connection. */
export const knx = defineDatagram({
  name: 'knx',
  title: 'KNXnet/IP',
  ports: [3671],
  questions: [{ name: 'knx', payload: () => REQUEST }],
  details,
  read(payload) {
    const reader = new ByteReader(payload);
    if (reader.u16() !== 0x0610 || reader.u16() !== DESCRIPTION_RESPONSE) return null;
    reader.skip(3); // length, and that of the block
    if (reader.u8() !== DEVICE_INFORMATION) return null;
    reader.skip(2); // medium, status
    const bus = reader.u16() ?? 0;
    reader.skip(2); // project
    const serial = reader.take(6);
    reader.skip(4 + 6); // multicast and hardware address
    const name = reader.take(NAME_BYTES);
    if (serial === undefined || name === undefined) return null;
    return {
      details: {
        name: clip(latin1Text(name)).replace(/\0.*$/s, ''),
        address: `${bus >> 12}.${(bus >> 8) & 15}.${bus & 255}`,
        serialNumber: hexText(serial),
      },
    };
  },
});
