import { z } from 'zod';
import { ByteReader, concatBytes, latin1Text } from '../bytes.ts';
import { defineDatagram } from '../datagram.ts';
import { hexBytes, hexText, u16be } from '../encode.ts';
import { present } from '../present.ts';

const details = z.object({
  names: z
    .array(
      z.object({
        name: z.string().describe('NetBIOS name without its padding'),
        suffix: z
          .number()
          .describe('16th byte: 0 workstation, 32 file server, 28 domain controllers'),
        group: z.boolean().describe('Shared by several machines: a workgroup or domain'),
      }),
    )
    .describe('The node’s names (RFC 1002 §4.2.18)'),
  computer: z.string().optional().describe('Its own name'),
  workgroup: z.string().optional().describe('Its workgroup or domain'),
  mac: z.string().optional().describe('Hardware address; Samba tells none'),
});

const NODE_STATUS = 0x21;
const NAME_BYTES = 34;
const MAX_NAMES = 64;

/** Node status request for the name `*` (RFC 1002 §4.2.17), which every node answers. */
function question(token: number): Uint8Array {
  const name = concatBytes(hexBytes('20 434b'), new Uint8Array(30).fill(0x41), Uint8Array.of(0));
  return concatBytes(
    u16be(token),
    hexBytes('0000 0001 0000 0000 0000'),
    name,
    hexBytes('0021 0001'),
  );
}

function readNames(reader: ByteReader) {
  const count = Math.min(MAX_NAMES, reader.u8() ?? 0);
  return Array.from({ length: count }, () => {
    const name = latin1Text(reader.take(15) ?? new Uint8Array(0)).replace(/[\0 ]+$/, '');
    const suffix = reader.u8() ?? 0;
    return { name, suffix, group: ((reader.u16() ?? 0) & 0x8000) !== 0 };
  });
}

/** NetBIOS name service: asks a machine for its names. */
export const netbiosNs = defineDatagram({
  name: 'netbios-ns',
  title: 'NetBIOS name service',
  ports: [137],
  questions: [{ name: 'netbios-ns', payload: question }],
  details,
  read(payload) {
    const reader = new ByteReader(payload, 2);
    const flags = reader.u16() ?? 0;
    if ((flags & 0xf800) !== 0x8000 || reader.u16() !== 0 || reader.u16() !== 1) return null;
    reader.skip(4 + NAME_BYTES);
    if (reader.u16() !== NODE_STATUS || reader.u16() !== 1) return null;
    reader.skip(6); // time to live, length
    const names = readNames(reader);
    const address = reader.take(6);
    if (reader.short || address === undefined) return null;
    const mac = hexText(address).replace(/(..)(?!$)/g, '$1:');
    const known = /[1-9a-f]/.test(mac);
    const found = present({
      names,
      computer: names.find(({ suffix, group }) => suffix === 0 && !group)?.name,
      workgroup: names.find(({ suffix, group }) => suffix === 0 && group)?.name,
      mac: known ? mac : undefined,
    });
    return { ...(known ? {} : { product: 'Samba' }), details: found };
  },
});
