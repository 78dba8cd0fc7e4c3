import { z } from 'zod';
import { ByteReader, concatBytes } from '../bytes.ts';
import { defineDatagram } from '../datagram.ts';
import { hexBytes, u16be } from '../encode.ts';
import { present } from '../present.ts';
import { tokenBytes } from '../token.ts';

const details = z.object({
  answer: z
    .enum(['hello-verify-request', 'server-hello', 'alert'])
    .describe('hello-verify-request: it checks the sender before it answers at length'),
  version: z
    .string()
    .describe('DTLS version of the answer’s record: 1.0 in a first answer says little'),
  alert: z.number().optional().describe('Alert description (RFC 8446 §6): 40 handshake_failure'),
});

const VERSIONS: Readonly<Record<number, string>> = { 0xfeff: '1.0', 0xfefd: '1.2', 0xfefc: '1.3' };
const ALERT = 21;
const HANDSHAKE = 22;
const SERVER_HELLO = 2;
const HELLO_VERIFY_REQUEST = 3;
const RECORD_HEADER = 13;

/** ECDHE and RSA suites with AES-GCM, CCM and CBC, and pre-shared keys, which small devices use. */
const SUITES = hexBytes(
  'c02b c02f c02c c030 cca9 cca8 c0ac c0ae c009 c013 c00a c014 009c 002f 0035 00a8 c0a8 00ae 008c 00ff',
);
const EXTENSIONS = concatBytes(
  hexBytes('000a 0008 0006 001d 0017 0018'), // supported groups
  hexBytes('000b 0002 0100'), // point formats
  hexBytes('000d 0010 000e 0403 0804 0401 0503 0805 0501 0203'), // signature algorithms
);

/** ClientHello of DTLS 1.2 without cookie (RFC 6347 §4.2.1), in one record. */
function question(token: number): Uint8Array {
  const hello = concatBytes(
    hexBytes('fefd'),
    tokenBytes(token, 32),
    hexBytes('00 00'), // no session, no cookie
    u16be(SUITES.length),
    SUITES,
    hexBytes('01 00'),
    u16be(EXTENSIONS.length),
    EXTENSIONS,
  );
  const length = concatBytes(Uint8Array.of(0), u16be(hello.length));
  const handshake = concatBytes(hexBytes('01'), length, hexBytes('0000 000000'), length, hello);
  const record = hexBytes('16 feff 0000 000000000000');
  return concatBytes(record, u16be(handshake.length), handshake);
}

/** DTLS, whatever is inside: a first ClientHello, to which no second is sent. */
export const dtls = defineDatagram({
  name: 'dtls',
  title: 'DTLS',
  ports: [4433, 5061, 5349, 5684, 10161],
  questions: [{ name: 'dtls', payload: question }],
  details,
  read(payload) {
    const reader = new ByteReader(payload);
    const type = reader.u8();
    const version = VERSIONS[reader.u16() ?? 0];
    reader.skip(8); // epoch, sequence number
    const length = reader.u16() ?? 0;
    if (version === undefined || payload.length < RECORD_HEADER + length) return null;
    const first = reader.u8();
    const second = reader.u8();
    if (type === ALERT && length === 2 && (first === 1 || first === 2)) {
      return { details: present({ answer: 'alert' as const, version, alert: second }) };
    }
    if (type !== HANDSHAKE) return null;
    if (first === SERVER_HELLO) return { details: { answer: 'server-hello' as const, version } };
    if (first !== HELLO_VERIFY_REQUEST) return null;
    return { details: { answer: 'hello-verify-request' as const, version } };
  },
});
