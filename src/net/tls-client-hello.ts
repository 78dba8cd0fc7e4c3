import { isIP } from 'node:net';
import type { TlsVersion } from '../model/service.ts';

/** Version numbers on the wire (RFC 6101 §5.2.1, RFC 8446 §4.1.2). */
export const WIRE_VERSIONS: Readonly<Record<TlsVersion, number>> = {
  SSLv3: 0x0300,
  'TLSv1.0': 0x0301,
  'TLSv1.1': 0x0302,
  'TLSv1.2': 0x0303,
  'TLSv1.3': 0x0304,
};

const SUITES_13 = [0x1301, 0x1302, 0x1303, 0x1304, 0x1305];
/** AEAD and SHA-2 suites, which only TLS 1.2 knows (RFC 5246, 5288, 5289, 6655, 7905). */
const SUITES_12 = [
  0xc02f, 0xc030, 0xc02b, 0xc02c, 0xcca8, 0xcca9, 0xccaa, 0x009c, 0x009d, 0x009e, 0x009f, 0xc027,
  0xc028, 0xc023, 0xc024, 0x003c, 0x003d, 0x0067, 0x006b, 0xc09c, 0xc09d, 0xc0ac, 0xc0ad, 0x00a2,
  0x00a3,
];
/**
 * Suites of SSL 3.0 to TLS 1.2, also the weak ones: what is asked is whether the peer takes the
 * version, and an old device may know nothing better than RC4, single DES, an export cipher or none.
 */
const SUITES_OLD = [
  0xc013, 0xc014, 0xc009, 0xc00a, 0x0033, 0x0039, 0x0032, 0x0038, 0x002f, 0x0035, 0x0041, 0x0084,
  0x0096, 0x0007, 0xc012, 0xc008, 0x0016, 0x0013, 0x000a, 0xc011, 0xc007, 0x0005, 0x0004, 0x0015,
  0x0012, 0x0009, 0x0014, 0x0011, 0x0008, 0x0006, 0x0003, 0xc018, 0x0034, 0x0018, 0x0081, 0xc010,
  0xc006, 0x0002, 0x0001,
];
/** Signals secure renegotiation without an extension (RFC 5746 §3.3). */
const RENEGOTIATION_SCSV = 0x00ff;

/** x25519, P-256, P-384, P-521, x448, ffdhe2048, ffdhe3072. */
const GROUPS = [0x001d, 0x0017, 0x0018, 0x0019, 0x001e, 0x0100, 0x0101];
/** ECDSA, RSA-PSS, Ed25519, Ed448, RSA PKCS #1, and the SHA-1 ones (RFC 8446 §4.2.3). */
const SIGNATURES = [
  0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0809, 0x080a, 0x080b, 0x0401,
  0x0501, 0x0601, 0x0301, 0x0203, 0x0201, 0x0202,
];

function u16(value: number): number[] {
  return [value >> 8, value & 0xff];
}

function withLength16(bytes: readonly number[]): number[] {
  return [...u16(bytes.length), ...bytes];
}

function extension(type: number, content: readonly number[]): number[] {
  return [...u16(type), ...withLength16(content)];
}

function suitesFor(version: TlsVersion): readonly number[] {
  if (version === 'TLSv1.3') return SUITES_13;
  if (version === 'TLSv1.2') return [...SUITES_12, ...SUITES_OLD, RENEGOTIATION_SCSV];
  return [...SUITES_OLD, RENEGOTIATION_SCSV];
}

/** server_name (RFC 6066 §3); none for addresses, which it forbids. */
function serverNameExtension(name: string | undefined): number[] {
  if (name === undefined || name.length > 253 || isIP(name) !== 0) return [];
  const host = [...new TextEncoder().encode(name)];
  return extension(0, withLength16([0, ...withLength16(host)]));
}

/**
 * supported_versions with the one version, and a key share for x25519. The share is a random point:
 * the handshake ends with the ServerHello, so nobody needs its secret.
 */
function tls13Extensions(random: (count: number) => number[]): number[] {
  return [
    ...extension(43, [2, 3, 4]),
    ...extension(45, [1, 1]),
    ...extension(51, withLength16([...u16(0x001d), ...withLength16(random(32))])),
  ];
}

function extensionsFor(
  version: TlsVersion,
  serverName: string | undefined,
  random: (count: number) => number[],
): number[] {
  if (version === 'SSLv3') return [];
  const newer = version === 'TLSv1.2' || version === 'TLSv1.3';
  return [
    ...serverNameExtension(serverName),
    ...extension(10, withLength16(GROUPS.flatMap(u16))),
    ...extension(11, [1, 0]),
    ...(newer ? extension(13, withLength16(SIGNATURES.flatMap(u16))) : []),
    ...(version === 'TLSv1.3' ? tls13Extensions(random) : []),
  ];
}

/** Handshake messages of 256 to 511 bytes hang some load balancers; padding to 512 avoids it (RFC 7685). */
function padding(length: number): number[] {
  return length > 255 && length < 512
    ? extension(
        21,
        Array.from({ length: Math.max(0, 508 - length) }, () => 0),
      )
    : [];
}

function randomBytes(count: number): number[] {
  return [...crypto.getRandomValues(new Uint8Array(count))];
}

/**
 * A ClientHello that offers exactly one version (RFC 8446 §4.1.2, RFC 5246 §7.4.1.2, RFC 6101
 * §5.6.1.2), in one record. `random` gives `count` bytes.
 */
export function clientHello(
  version: TlsVersion,
  serverName?: string,
  random: (count: number) => number[] = randomBytes,
): Uint8Array {
  const legacy = Math.min(WIRE_VERSIONS[version], WIRE_VERSIONS['TLSv1.2']);
  const session = version === 'TLSv1.3' ? random(32) : [];
  const start = [
    ...u16(legacy),
    ...random(32),
    session.length,
    ...session,
    ...withLength16(suitesFor(version).flatMap(u16)),
    1,
    0,
  ];
  const wanted = extensionsFor(version, serverName, random);
  const extensions = [...wanted, ...padding(start.length + wanted.length + 6)];
  const body = extensions.length === 0 ? start : [...start, ...withLength16(extensions)];
  const handshake = [1, 0, ...u16(body.length), ...body];
  const record = version === 'SSLv3' ? WIRE_VERSIONS.SSLv3 : WIRE_VERSIONS['TLSv1.0'];
  return Uint8Array.from([22, ...u16(record), ...withLength16(handshake)]);
}
