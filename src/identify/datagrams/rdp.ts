import { z } from 'zod';
import { ByteReader, concatBytes } from '../bytes.ts';
import { defineDatagram } from '../datagram.ts';
import { hexBytes, u32be } from '../encode.ts';

const details = z.object({
  mtu: z.number().describe('Bytes it takes in one datagram'),
  udpVersion: z.number().optional().describe('RDP-UDP version: 1, 2 or 257 (3)'),
});

const SYN_ACK = 0x0005;
const HAS_VERSION = 0x1000;
/** SYN datagrams are padded to this, and no less may be offered (MS-RDPEUDP §3.1.5.1.1). */
const MTU = 1232;
const LEAST_MTU = 1132;

/** RDPUDP_FEC_HEADER with SYN, SYNDATA and SYNDATAEX (MS-RDPEUDP §2.2.2). */
function question(token: number): Uint8Array {
  const head = concatBytes(
    hexBytes('ffffffff 0040 1001'),
    u32be(token),
    hexBytes('04d0 04d0'),
    hexBytes('0001 0002'),
  );
  return concatBytes(head, new Uint8Array(MTU - head.length));
}

/** The UDP side of Remote Desktop: a SYN, which opens no session. */
export const rdp = defineDatagram({
  name: 'rdp',
  title: 'Remote Desktop (UDP)',
  ports: [3389],
  questions: [
    {
      name: 'rdp',
      payload: question,
      answers: (payload, token) => new ByteReader(payload).u32() === token,
    },
  ],
  details,
  read(payload) {
    const reader = new ByteReader(payload, 6);
    const flags = reader.u16() ?? 0;
    if ((flags & SYN_ACK) !== SYN_ACK || flags >= 0x8000) return null;
    reader.skip(4);
    const up = reader.u16() ?? 0;
    const mtu = reader.u16() ?? 0;
    if (up < LEAST_MTU || up > MTU || mtu < LEAST_MTU || mtu > MTU) return null;
    reader.skip(2);
    const version = (flags & HAS_VERSION) === 0 ? undefined : reader.u16();
    return { details: { mtu, ...(version === undefined ? {} : { udpVersion: version }) } };
  },
});
