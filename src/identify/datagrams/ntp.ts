import { z } from 'zod';
import { ByteReader, concatBytes, latin1Text } from '../bytes.ts';
import { defineDatagram } from '../datagram.ts';
import { clip } from '../dialogue.ts';
import { hexBytes, u32be } from '../encode.ts';
import { present } from '../present.ts';
import { namedProduct, type ProductMark } from '../products.ts';
import { standsAt } from '../token.ts';

const details = z.object({
  version: z.number().describe('NTP version of the answer'),
  stratum: z.number().describe('1: has a clock of its own; 16 or 0: not synchronised'),
  leap: z.number().describe('Leap indicator (RFC 5905 §7.3); 3: not synchronised'),
  referenceId: z
    .string()
    .describe('Stratum 1: name of the clock (GPS); above: IPv4 address of its source, or a hash'),
  precision: z.number().describe('Of its clock, as the exponent of 2 in seconds'),
  control: z
    .boolean()
    .optional()
    .describe(
      'True: it tells its variables to anybody (mode 6, RFC 9327), which multiplies traffic',
    ),
  daemon: z.string().optional().describe('Variable version'),
  system: z.string().optional().describe('Variable system: operating system and release'),
  processor: z.string().optional().describe('Variable processor'),
});

const CLIENT = 3;
const SERVER = 4;
const TRANSMIT_AT = 40;
const ORIGIN_AT = 24;
const PACKET = 48;
/** Control message, version 2: read the system's variables (RFC 9327 §2). */
const READ_VARIABLES = hexBytes('16 02 0001 0000 0000 0000 0000');
const CONTROL_HEADER = 12;

const PRODUCTS: readonly ProductMark[] = [
  { pattern: /ntpsec-(\d[\w.]{0,20})/, product: 'NTPsec', cpe: ['ntpsec', 'ntpsec'] },
  { pattern: /^ntpd (\d[\w.]{0,20})/, product: 'ntpd', cpe: ['ntp', 'ntp'] },
  { pattern: /^openntpd/i, product: 'OpenNTPD' },
];

/** Client packet of version 4; the transmit time is a number nobody can guess and comes back (RFC 5905 §7.3). */
function question(token: number): Uint8Array {
  const head = Uint8Array.of((4 << 3) | CLIENT);
  return concatBytes(head, new Uint8Array(TRANSMIT_AT - 1), u32be(token), u32be(~token));
}

function referenceText(stratum: number, id: Uint8Array): string {
  if (stratum > 1) return [...id].join('.');
  return latin1Text(id)
    .replace(/[^\x20-\x7e]/g, '')
    .trim();
}

/** The text of an answer to READ_VARIABLES; null when it is none. */
export function readVariables(bytes: Uint8Array): ReadonlyMap<string, string> | null {
  const [flags = 0, operation] = bytes;
  if ((flags & 7) !== 6 || operation === undefined || (operation & 0x9f) !== 0x82) return null;
  const length = new ByteReader(bytes, 10).u16() ?? 0;
  const text = latin1Text(bytes.subarray(CONTROL_HEADER, CONTROL_HEADER + length));
  const found = new Map<string, string>();
  for (const [, name = '', quoted, bare] of text.matchAll(
    /(\w{1,32})=(?:"([^"]{0,256})"|([^,\s]{0,64}))/g,
  )) {
    found.set(name, clip(quoted ?? bare ?? ''));
  }
  return found;
}

/** NTP (RFC 5905): asks for the time, then for the server's variables. Lists of clients are not asked for. */
export const ntp = defineDatagram({
  name: 'ntp',
  title: 'NTP',
  ports: [123],
  questions: [
    {
      name: 'ntp',
      payload: question,
      answers: (payload, token) => standsAt(payload, ORIGIN_AT, u32be(token)),
    },
  ],
  details,
  read(payload) {
    const [flags = 0, stratum = 0] = payload;
    const version = (flags >> 3) & 7;
    if (payload.length < PACKET || (flags & 7) !== SERVER || version < 1 || version > 4)
      return null;
    if (stratum > 16) return null;
    const precision = ((payload[3] ?? 0) << 24) >> 24;
    const referenceId = referenceText(stratum, payload.subarray(12, 16));
    return { details: { version, stratum, leap: flags >> 6, referenceId, precision } };
  },
  async follow(identity, ask) {
    const payload = await ask(READ_VARIABLES);
    const variables = payload === null ? null : readVariables(payload);
    if (variables === null) return identity;
    const daemon = variables.get('version');
    const more = { daemon, system: variables.get('system'), processor: variables.get('processor') };
    return {
      ...namedProduct(daemon ?? '', PRODUCTS),
      details: { ...identity.details, control: true, ...present(more) },
    };
  },
});
