import { z } from 'zod';
import { ByteReader, concatBytes } from '../bytes.ts';
import { cpe23 } from '../cpe.ts';
import { receiveWhole } from '../dialogue.ts';
import { hexBytes, u16be } from '../encode.ts';
import { lengthFrame } from '../length-frame.ts';
import { defineProtocol } from '../plugin.ts';
import { present } from '../present.ts';

const details = z.object({
  clearTextLogin: z
    .boolean()
    .optional()
    .describe(
      'True: no encryption at all, so that the password crosses the wire merely obfuscated',
    ),
  startTls: z.boolean().optional().describe('TLS inside TDS packets is offered'),
  encryption: z
    .enum(['login-only', 'on', 'not-supported', 'required'])
    .optional()
    .describe('Answer to ENCRYPT_OFF; login-only: a session may go on in clear text'),
  release: z.string().optional().describe('Marketing name of the version: 2019'),
  federatedAuthRequired: z.boolean().optional().describe('PRELOGIN FEDAUTHREQUIRED option'),
});
type Details = z.infer<typeof details>;

/** TDS packet header (MS-TDS §2.2.3.1): type, status, length of the whole, channel, number, window. */
const packetFrame = lengthFrame({ at: 2, size: 2, extra: 0 });
const PRELOGIN = 0x12;
const TABULAR_RESULT = 0x04;
const VERSION = 0;
const ENCRYPTION = 1;
const FEDERATED_AUTH = 6;
const TERMINATOR = 0xff;
const MAX_OPTIONS = 16;

/**
 * PRELOGIN (MS-TDS §2.2.6.5): our version 0, encryption "off" (for the login only, to which a server
 * answers what it insists on), the default instance, thread id 0, no MARS.
 */
export function preloginRequest(): Uint8Array {
  const offsets = hexBytes('00 001a 0006 01 0020 0001 02 0021 0001 03 0022 0004 04 0026 0001 ff');
  const values = hexBytes('000000000000 00 00 00000000 00');
  const body = concatBytes(offsets, values);
  const head = concatBytes(
    Uint8Array.of(PRELOGIN, 1),
    u16be(body.length + 8),
    hexBytes('00000000'),
  );
  return concatBytes(head, body);
}

export type PreloginOptions = ReadonlyMap<number, Uint8Array>;

/** Reads the options of a PRELOGIN answer by token; null when it is none or names no version. */
export function readPrelogin(bytes: Uint8Array): PreloginOptions | null {
  const packet = new ByteReader(bytes);
  const type = packet.u8();
  packet.skip(1);
  const length = packet.u16() ?? 0;
  if (type !== TABULAR_RESULT || length > bytes.length || length < 8) return null;
  const payload = bytes.subarray(8, length);
  const reader = new ByteReader(payload);
  const options = new Map<number, Uint8Array>();
  for (let token = reader.u8(); token !== TERMINATOR; token = reader.u8()) {
    const value = new ByteReader(payload, reader.u16() ?? payload.length).take(reader.u16() ?? 0);
    if (token === undefined || value === undefined || options.size >= MAX_OPTIONS) return null;
    options.set(token, value);
  }
  return options.get(VERSION)?.length === 6 ? options : null;
}

/** Release by major version and minor version (Microsoft, "SQL Server build versions"). */
const RELEASES: Readonly<Record<string, string>> = {
  '8.0': '2000',
  '9.0': '2005',
  '10.0': '2008',
  '10.50': '2008 R2',
  '11.0': '2012',
  '12.0': '2014',
  '13.0': '2016',
  '14.0': '2017',
  '15.0': '2019',
  '16.0': '2022',
  '17.0': '2025',
};
const ENCRYPTIONS: readonly Details['encryption'][] = [
  'login-only',
  'on',
  'not-supported',
  'required',
];

function versionOf(options: PreloginOptions): { version: string; release?: string } {
  const reader = new ByteReader(options.get(VERSION) ?? new Uint8Array(6));
  const [major, minor, build] = [reader.u8(), reader.u8(), reader.u16()];
  return present({
    version: `${major}.${minor}.${build}`,
    release: RELEASES[`${major}.${minor}`],
  });
}

/**
 * Sends PRELOGIN and reads the answer; the login that would follow is not sent. TDS 7 wraps the TLS
 * handshake in its own packets, so the certificate is not looked at here; TDS 8 begins with TLS.
 */
export const mssql = defineProtocol({
  name: 'mssql',
  title: 'Microsoft SQL Server',
  transport: 'tcp',
  over: 'tcp',
  ports: [1433, 1434, 2433],
  manners: 'ask',
  details,

  recognises: (bytes) => readPrelogin(bytes) !== null,

  async identify(talk) {
    talk.send(preloginRequest());
    const bytes = await receiveWhole(talk, packetFrame);
    const options = bytes && readPrelogin(bytes);
    if (!options) return null;
    const { version, release } = versionOf(options);
    const encryption = ENCRYPTIONS[options.get(ENCRYPTION)?.[0] ?? ENCRYPTIONS.length];
    const federated = options.get(FEDERATED_AUTH)?.[0];
    const bare = talk.tls === undefined;
    return {
      product: 'Microsoft SQL Server',
      version,
      cpe: cpe23('microsoft', 'sql_server', version),
      details: present({
        clearTextLogin: bare && encryption ? encryption === 'not-supported' : undefined,
        startTls: bare && encryption ? encryption !== 'not-supported' : undefined,
        encryption,
        release,
        federatedAuthRequired: federated === undefined ? undefined : federated !== 0,
      }),
    };
  },
});
