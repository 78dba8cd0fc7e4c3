import { z } from 'zod';
import type { TlsDetails } from '../model/service.ts';
import type { Conversation } from '../net/conversation.ts';
import { ByteReader, concatBytes, utf8Text } from './bytes.ts';
import { clip, receiveWhole } from './dialogue.ts';
import { u24le, u32le } from './encode.ts';
import { lengthFrame } from './length-frame.ts';
import { present } from './present.ts';

/** Details that MySQL and MariaDB share: they greet in the same format. */
export const mysqlGreetingDetails = z.object({
  serverVersion: z.string().optional().describe('Version text of the greeting, as it was sent'),
  distribution: z
    .string()
    .optional()
    .describe('What follows the version number: packaging, flavour'),
  authPlugin: z.string().optional().describe('Default authentication plugin of the greeting'),
  characterSet: z.number().optional().describe('Default collation id of the greeting'),
  startTls: z
    .boolean()
    .optional()
    .describe('CLIENT_SSL capability: TLS is offered in the protocol'),
  error: z
    .object({ code: z.number().describe('Server error number'), message: z.string() })
    .optional()
    .describe('It refused the connection itself, for instance 1130: host not allowed'),
});

/** Packets of the MySQL client/server protocol: 3 bytes length, 1 byte sequence number. */
export const mysqlFrame = lengthFrame({ at: 0, size: 3, littleEndian: true, extra: 4 });

const CLIENT_SSL = 0x0800;
const CLIENT_PLUGIN_AUTH = 0x0008_0000;
/** LONG_PASSWORD, PROTOCOL_41, SSL, SECURE_CONNECTION, PLUGIN_AUTH. */
const OUR_CAPABILITIES = 0x0008_8a01;
const UTF8MB4 = 45;

export interface MysqlGreeting {
  readonly serverVersion?: string;
  readonly startTls?: boolean;
  readonly characterSet?: number;
  readonly authPlugin?: string;
  readonly error?: { readonly code: number; readonly message: string };
}

/**
 * Reads the first packet of a server: HandshakeV10, HandshakeV9 or ERR (MySQL internals, "Connection
 * Phase Packets"). Null when it is none.
 */
export function readMysqlGreeting(bytes: Uint8Array): MysqlGreeting | null {
  const reader = new ByteReader(bytes);
  const head = reader.u32(true);
  if (head === undefined || head >>> 24 > 1) return null;
  if ((head & 0xff_ffff) > bytes.length - 4) return null;
  const kind = reader.u8();
  const first = head >>> 24 === 0;
  if (kind === 10 && first) return readHandshake(reader);
  if (kind === 9 && first) return readOldHandshake(reader);
  return kind === 0xff ? readError(reader) : null;
}

function versionText(reader: ByteReader): string | null {
  const text = utf8Text(reader.cString() ?? new Uint8Array(0));
  return /^\d{1,4}\.[ -~]{1,250}$/.test(text) ? text : null;
}

/** Protocol 9: MySQL 3.20 and before, without capabilities. */
function readOldHandshake(reader: ByteReader): MysqlGreeting | null {
  const serverVersion = versionText(reader);
  return serverVersion === null ? null : { serverVersion };
}

function readHandshake(reader: ByteReader): MysqlGreeting | null {
  const serverVersion = versionText(reader);
  reader.skip(4 + 8 + 1); // connection id, first part of the challenge, filler
  const lower = reader.u16(true);
  if (serverVersion === null || lower === undefined) return null;
  const characterSet = reader.u8();
  reader.skip(2); // status
  const upper = reader.u16(true) ?? 0;
  const challenge = reader.u8() ?? 0;
  reader.skip(10 + Math.max(13, challenge - 8));
  const named = ((upper << 16) & CLIENT_PLUGIN_AUTH) !== 0 && !reader.short;
  return present({
    serverVersion,
    startTls: (lower & CLIENT_SSL) !== 0,
    characterSet,
    authPlugin: named ? pluginName(reader) : undefined,
  });
}

/** Some servers leave out the NUL at the end. */
function pluginName(reader: ByteReader): string | undefined {
  const rest = reader.take(reader.remaining) ?? new Uint8Array(0);
  const end = rest.indexOf(0);
  return clip(utf8Text(end < 0 ? rest : rest.subarray(0, end))) || undefined;
}

function readError(reader: ByteReader): MysqlGreeting | null {
  const code = reader.u16(true);
  const text = utf8Text(reader.take(reader.remaining) ?? new Uint8Array(0));
  // Server errors 1000 to 1999 and 3000 to 4999 (errmsg-utf8.txt); others are not a server's.
  if (code === undefined || code < 1000 || code > 4999 || text === '') return null;
  const message = text.startsWith('#') ? text.slice(6) : text;
  return { error: { code, message: clip(message) } };
}

/** MariaDB says so in its version text and in its error messages. */
export function saysMariadb({ serverVersion, error }: MysqlGreeting): boolean {
  const text = serverVersion ?? error?.message ?? '';
  return /mariadb/i.test(text.slice(0, 512)) || text.startsWith('5.5.5-');
}

/** Version number and the rest of a version text: `10.11.6`, `MariaDB-0+deb12u1`. */
export function splitVersion(text: string): { version?: string; rest?: string } {
  // Before 11.0 MariaDB hid its version from replication clients behind this one.
  const shown = text.startsWith('5.5.5-') ? text.slice(6) : text;
  const match = /^(\d{1,4}(?:\.\d{1,6}){1,3}[a-z]?)(?:[-+~_ ](.*))?$/.exec(shown);
  return present({ version: match?.[1], rest: match?.[2] });
}

/**
 * SSLRequest: the start of a handshake response with the CLIENT_SSL bit, after which the client
 * begins TLS. It holds no user name. The certificate comes before any credential would be sent.
 */
export function sslRequest(): Uint8Array {
  const body = concatBytes(
    u32le(OUR_CAPABILITIES),
    u32le(0x0100_0000),
    Uint8Array.of(UTF8MB4),
    new Uint8Array(23),
  );
  return concatBytes(u24le(body.length), Uint8Array.of(1), body);
}

/**
 * Reads the greeting and, where it offers TLS, switches to it for the certificate. Sends no user name
 * and no password. A server counts this as an interrupted handshake; after `max_connect_errors` of
 * them in a row (100 by default) it refuses our address until somebody logs in from there.
 */
export async function converse(
  talk: Conversation,
): Promise<{ greeting: MysqlGreeting; layer: TlsDetails | null } | null> {
  const bytes = await receiveWhole(talk, mysqlFrame);
  const greeting = bytes && readMysqlGreeting(bytes);
  if (!greeting) return null;
  if (greeting.startTls !== true || talk.tls !== undefined) return { greeting, layer: null };
  talk.send(sslRequest());
  return { greeting, layer: await talk.startTls() };
}
