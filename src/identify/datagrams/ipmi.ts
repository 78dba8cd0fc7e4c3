import { z } from 'zod';
import { ByteReader, concatBytes } from '../bytes.ts';
import { defineDatagram } from '../datagram.ts';
import { hexBytes } from '../encode.ts';

const details = z.object({
  version: z.enum(['1.5', '2.0']).describe('Newest IPMI that its sessions speak'),
  authTypes: z
    .array(z.string())
    .describe('Authentication types of IPMI 1.5: none, md2, md5, password'),
  anonymousLogin: z.boolean().describe('An account without name and password is there'),
  nullUser: z.boolean().describe('An account without a name is there'),
  perMessageAuth: z.boolean().describe('Every message of a session is authenticated'),
  defaultKey: z.boolean().optional().describe('IPMI 2.0: the BMC key is still all zeros'),
  oemId: z.number().describe('IANA enterprise number of the maker; 0: none'),
});

/** RMCP version 1.0, no acknowledgement, class IPMI; a session header without authentication (IPMI 2.0 §13.6). */
const OUTSIDE_SESSION = hexBytes('0600ff07 00 00000000 00000000');
const GET_CAPABILITIES = 0x38;
const AUTH_TYPES = ['none', 'md2', 'md5', '', 'password', 'oem'];

/** Two's complement checksum (IPMI 2.0 §13.8). */
function checksum(...bytes: readonly number[]): number {
  return -bytes.reduce((sum, byte) => sum + byte, 0) & 0xff;
}

/** Get Channel Authentication Capabilities (IPMI 2.0 §22.13): of this channel, for an administrator. */
function question(): Uint8Array {
  const head = [0x20, 0x06 << 2];
  const body = [0x81, 0, GET_CAPABILITIES, 0x8e, 0x04];
  const request = [...head, checksum(...head), ...body, checksum(...body)];
  return concatBytes(OUTSIDE_SESSION, Uint8Array.of(request.length, ...request));
}

/** IPMI over LAN: asks how one would have to log in, which is the first step of every session. */
export const ipmi = defineDatagram({
  name: 'ipmi',
  title: 'IPMI',
  ports: [623],
  questions: [{ name: 'ipmi', payload: question }],
  details,
  read(payload) {
    const reader = new ByteReader(payload);
    if (reader.u8() !== 6 || reader.u8() !== 0) return null;
    reader.skip(1);
    if (((reader.u8() ?? 0) & 0x1f) !== 7 || reader.u8() !== 0) return null;
    reader.skip(9); // sequence number, session id, length
    reader.skip(1);
    if ((reader.u8() ?? 0) >> 2 !== 7) return null;
    reader.skip(3);
    if (reader.u8() !== GET_CAPABILITIES || reader.u8() !== 0) return null;
    reader.skip(1);
    const types = reader.u8() ?? 0;
    const status = reader.u8() ?? 0;
    const extended = reader.u8() ?? 0;
    const [low = 0, middle = 0, high = 0] = reader.take(3) ?? [];
    if (reader.short) return null;
    const second = (types & 0x80) !== 0 && (extended & 2) !== 0;
    return {
      details: {
        version: second ? ('2.0' as const) : ('1.5' as const),
        authTypes: AUTH_TYPES.filter((name, bit) => name !== '' && (types & (1 << bit)) !== 0),
        anonymousLogin: (status & 1) !== 0,
        nullUser: (status & 2) !== 0,
        perMessageAuth: (status & 0x10) === 0,
        ...(second ? { defaultKey: (status & 0x20) === 0 } : {}),
        oemId: low | (middle << 8) | (high << 16),
      },
    };
  },
});
