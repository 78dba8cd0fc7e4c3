import { z } from 'zod';
import { type BerElement, ber, berInteger, berNumber, readBer } from '../ber.ts';
import { ByteReader, bytesOf, utf8Text } from '../bytes.ts';
import { cpe23 } from '../cpe.ts';
import { defineDatagram } from '../datagram.ts';
import { clip } from '../dialogue.ts';
import { hexBytes, hexText } from '../encode.ts';
import type { Identity } from '../plugin.ts';
import { present } from '../present.ts';
import { randomToken } from '../token.ts';

const details = z.object({
  versions: z.array(z.enum(['v1', 'v2c', 'v3'])).describe('Versions that answered'),
  authRequired: z
    .boolean()
    .optional()
    .describe(
      'False: the community "public" was answered, the default that stands for no password',
    ),
  engineId: z.string().optional().describe('snmpEngineID (RFC 3411 §5), hexadecimal'),
  enterprise: z.number().optional().describe('IANA enterprise number of the engine id'),
  vendor: z.string().optional().describe('Whose number that is'),
  boots: z.number().optional().describe('snmpEngineBoots: starts since it was set up'),
  uptimeSeconds: z.number().optional().describe('snmpEngineTime: seconds since the last start'),
  sysDescr: z.string().optional().describe('sysDescr.0 (RFC 3418)'),
  sysObjectId: z.string().optional().describe('sysObjectID.0: the vendor’s word for the device'),
  sysName: z.string().optional().describe('sysName.0'),
});
type Details = z.infer<typeof details>;
type Version = Details['versions'][number];

/** IANA private enterprise numbers of those met most often. */
const VENDORS: Readonly<Record<number, string>> = {
  9: 'Cisco',
  11: 'Hewlett-Packard',
  236: 'Samsung',
  253: 'Xerox',
  311: 'Microsoft',
  318: 'APC',
  674: 'Dell',
  1347: 'Kyocera',
  1602: 'Canon',
  1916: 'Extreme Networks',
  2011: 'Huawei',
  2435: 'Brother',
  2636: 'Juniper',
  3375: 'F5',
  4413: 'Broadcom',
  6876: 'VMware',
  8072: 'Net-SNMP',
  12356: 'Fortinet',
  14988: 'MikroTik',
  25461: 'Palo Alto Networks',
  25506: 'H3C',
  41112: 'Ubiquiti',
};
const NET_SNMP = 8072;

const SEQUENCE = 0x30;
const OCTETS = 0x04;
const OBJECT_ID = 0x06;
const GET = 0xa0;
const RESPONSE = 0xa2;
const REPORT = 0xa8;
/** sysDescr.0, sysObjectID.0 and sysName.0 under 1.3.6.1.2.1.1 (RFC 3418). */
const SYSTEM = [1, 2, 5].map((number) => Uint8Array.of(0x2b, 6, 1, 2, 1, 1, number, 0));
/** The community that agents are delivered with: it stands for "anybody". */
const COMMUNITY = 'public';

/** Request ids are positive and of 31 bits. */
const idOf = (token: number): number => (token >>> 1) & 0x3fff_ffff;

/** Engine discovery (RFC 3414 §4): a request without user, which is answered by a report. */
function discovery(token: number): Uint8Array {
  const id = berInteger(idOf(token));
  const empty = ber(OCTETS);
  const zero = berInteger(0);
  const header = ber(
    SEQUENCE,
    id,
    berInteger(65_507),
    ber(OCTETS, Uint8Array.of(4)),
    berInteger(3),
  );
  const security = ber(SEQUENCE, empty, zero, zero, empty, empty, empty);
  const scoped = ber(SEQUENCE, empty, empty, ber(GET, id, zero, zero, ber(SEQUENCE)));
  return ber(SEQUENCE, berInteger(3), header, ber(OCTETS, security), scoped);
}

/** GetRequest of three fields that say what the system is (RFC 1157 §4.1.2, RFC 3416 §4.2.1). */
function get(token: number, version: 0 | 1): Uint8Array {
  const fields = SYSTEM.map((id) => ber(SEQUENCE, ber(OBJECT_ID, id), hexBytes('0500')));
  const zero = berInteger(0);
  const request = ber(GET, berInteger(idOf(token)), zero, zero, ber(SEQUENCE, ...fields));
  return ber(SEQUENCE, berInteger(version), ber(OCTETS, bytesOf(COMMUNITY)), request);
}

/** Dotted text of an object identifier (X.690 §8.19). */
function objectId(content: Uint8Array): string {
  const numbers: number[] = [];
  let value = 0;
  for (const byte of content.subarray(0, 64)) {
    value = value * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    if (numbers.length === 0) numbers.push(Math.min(2, Math.floor(value / 40)));
    numbers.push(numbers.length === 1 ? value - 40 * (numbers[0] ?? 0) : value);
    value = 0;
  }
  return numbers.join('.');
}

function textOf(value: BerElement | undefined): string | undefined {
  if (value?.tag === OCTETS) return clip(utf8Text(value.content));
  return value?.tag === OBJECT_ID ? objectId(value.content) : undefined;
}

/** Fields of a GetResponse, in the order of the question. */
function readCommunity(message: BerElement, version: Version): Details | null {
  const pdu = message.children[2];
  if (message.children[1]?.tag !== OCTETS || pdu?.tag !== RESPONSE) return null;
  const values = (pdu.children[3]?.children ?? []).map(({ children }) => textOf(children[1]));
  const [sysDescr, sysObjectId, sysName] = values;
  const answered = values.some((value) => value !== undefined);
  const authRequired = answered ? false : undefined;
  return present({ versions: [version], authRequired, sysDescr, sysObjectId, sysName });
}

/** The security parameters of a report: which engine it is, and how long it runs (RFC 3414 §2.4). */
function readReport(message: BerElement): Details | null {
  const security = readBer(message.children[2]?.content ?? new Uint8Array(0));
  const [engine, boots, time] = security?.children ?? [];
  const pdu = message.children[3]?.children[2];
  if (engine?.tag !== OCTETS) return null;
  if (message.children[3]?.tag === SEQUENCE && pdu?.tag !== REPORT && pdu?.tag !== RESPONSE)
    return null;
  const first = new ByteReader(engine.content).u32();
  const enterprise = first === undefined ? undefined : first & 0x7fff_ffff;
  return present({
    versions: ['v3' as const],
    engineId: hexText(engine.content.subarray(0, 32)),
    enterprise,
    vendor: VENDORS[enterprise ?? 0],
    boots: berNumber(boots),
    uptimeSeconds: berNumber(time),
  });
}

/** Reads an SNMP message of any version (RFC 1157, RFC 3416, RFC 3412 §6); null when it is none. */
export function readSnmp(bytes: Uint8Array): Details | null {
  const message = readBer(bytes);
  if (message?.tag !== SEQUENCE || message.children[0]?.tag !== 0x02) return null;
  const version = berNumber(message.children[0]);
  if (version === 3) return readReport(message);
  if (version === 0) return readCommunity(message, 'v1');
  return version === 1 ? readCommunity(message, 'v2c') : null;
}

function identityOf(found: Details): Identity<Details> {
  const netSnmp =
    found.enterprise === NET_SNMP || found.sysObjectId?.startsWith(`1.3.6.1.4.1.${NET_SNMP}.`);
  const product = netSnmp ? { product: 'Net-SNMP', cpe: cpe23('net-snmp', 'net-snmp') } : {};
  return { ...product, details: found };
}

const OTHERS = [
  ['v3', discovery],
  ['v2c', (token: number) => get(token, 1)],
  ['v1', (token: number) => get(token, 0)],
] as const;

/**
 * SNMP (RFC 3411 and others). Engine discovery needs no secret; the system group is asked for with
 * the community "public", the anonymous default. No other community is ever tried.
 */
export const snmp = defineDatagram({
  name: 'snmp',
  title: 'SNMP',
  ports: [161],
  questions: [
    { name: 'snmp-v3', payload: discovery },
    { name: 'snmp-v2c', payload: (token) => get(token, 1) },
    { name: 'snmp-v1', payload: (token) => get(token, 0) },
  ],
  details,
  read(payload) {
    const found = readSnmp(payload);
    return found === null ? null : identityOf(found);
  },
  async follow({ details: known }, ask) {
    let all = known;
    for (const [version, question] of OTHERS) {
      if (known.versions.includes(version)) continue;
      const payload = await ask(question(randomToken()));
      const found = payload === null ? null : readSnmp(payload);
      if (found !== null)
        all = { ...found, ...all, versions: [...all.versions, ...found.versions] };
    }
    return identityOf({ ...all, versions: [...new Set(all.versions)].sort() });
  },
});
