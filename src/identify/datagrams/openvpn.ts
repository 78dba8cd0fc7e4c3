import { z } from 'zod';
import { ByteReader, concatBytes } from '../bytes.ts';
import { cpe23 } from '../cpe.ts';
import { defineDatagram } from '../datagram.ts';
import { hexBytes } from '../encode.ts';
import { standsAt, tokenBytes } from '../token.ts';

const details = z.object({
  tlsAuth: z
    .boolean()
    .describe(
      'False: it answers anybody; with tls-auth or tls-crypt it is silent to who has no key',
    ),
});

/** Opcode in the upper five bits (OpenVPN protocol, "Packet Format"). */
const HARD_RESET_CLIENT_V2 = 7 << 3;
const HARD_RESET_SERVER_V2 = 8 << 3;
const ACKNOWLEDGEMENT = 5 << 3;

/** The first packet of a session: opcode, session id, no acknowledgements, packet id 0. */
function question(token: number): Uint8Array {
  return concatBytes(
    Uint8Array.of(HARD_RESET_CLIENT_V2),
    tokenBytes(token, 8),
    hexBytes('00 00000000'),
  );
}

/** OpenVPN over UDP: begins a session and leaves it; the server forgets it after a minute. */
export const openvpn = defineDatagram({
  name: 'openvpn',
  title: 'OpenVPN',
  ports: [1194, 1195],
  questions: [
    {
      name: 'openvpn',
      payload: question,
      answers: (payload, token) => standsAt(payload, 14, tokenBytes(token, 8)),
    },
  ],
  details,
  read(payload) {
    const reader = new ByteReader(payload);
    const operation = (reader.u8() ?? 0) & 0xf8;
    if (operation !== HARD_RESET_SERVER_V2 && operation !== ACKNOWLEDGEMENT) return null;
    reader.skip(8);
    // it acknowledges our packet 0 and names our session
    if (reader.u8() !== 1 || reader.u32() !== 0) return null;
    reader.skip(8);
    // the packet number of its own reset
    if (operation === HARD_RESET_SERVER_V2 && reader.u32() !== 0) return null;
    if (reader.short || reader.remaining !== 0) return null;
    return {
      product: 'OpenVPN',
      cpe: cpe23('openvpn', 'openvpn'),
      details: { tlsAuth: false },
    };
  },
});
