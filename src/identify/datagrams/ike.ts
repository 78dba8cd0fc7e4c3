import { z } from 'zod';
import { ByteReader, concatBytes } from '../bytes.ts';
import { defineDatagram } from '../datagram.ts';
import { hexBytes, hexText, u16be, u32be } from '../encode.ts';
import { present } from '../present.ts';
import { namedProduct, type ProductMark } from '../products.ts';
import { standsAt, tokenBytes } from '../token.ts';

const details = z.object({
  version: z.enum(['1', '2']).describe('IKE version of the answer'),
  exchange: z.number().describe('Exchange type: 2 main mode, 5 informational, 34 IKE_SA_INIT'),
  agreed: z.boolean().describe('True: it took one of our proposals'),
  notify: z
    .number()
    .optional()
    .describe('Notify type: 14 NO_PROPOSAL_CHOSEN, 17 INVALID_KE_PAYLOAD, 16390 COOKIE'),
  vendorIds: z.array(z.string()).describe('Vendor id payloads, hexadecimal'),
});

const HEADER = 28;
const IKE_SA_INIT = 34;
const MAIN_MODE = 2;
const PAYLOAD = { sa1: 1, vendor1: 13, notify1: 11, sa: 33, notify: 41, vendor: 43 } as const;
const MAX_PAYLOADS = 32;
/** UDP encapsulation on port 4500 puts four zeros before IKE (RFC 3948 §2.2). */
const NON_ESP_MARKER = new Uint8Array(4);

/** By the vendor ids that implementations publish. */
const PRODUCTS: readonly ProductMark[] = [
  {
    pattern: /882fe56d6fd20dbc2251613b2ebe5beb/,
    product: 'strongSwan',
    cpe: ['strongswan', 'strongswan'],
  },
  { pattern: /4f45[0-9a-f]{20}/, product: 'Libreswan', cpe: ['libreswan', 'libreswan'] },
  { pattern: /1e2b516905991c7d7c96fcbfb587e461/, product: 'Microsoft Windows' },
  { pattern: /12f5f28c457168a9702d9fe274cc0100/, product: 'Cisco Unity' },
  { pattern: /8299031757a36082c6a621de/, product: 'Fortinet FortiGate' },
];

function payloadOf(next: number, body: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(next, 0), u16be(body.length + 4), body);
}

function message(
  token: number,
  { first, version, exchange, flags }: Record<'first' | 'version' | 'exchange' | 'flags', number>,
  body: Uint8Array,
): Uint8Array {
  const kind = Uint8Array.of(first, version, exchange, flags);
  const spis = concatBytes(tokenBytes(token, 8), new Uint8Array(8));
  return concatBytes(spis, kind, u32be(0), u32be(HEADER + body.length), body);
}

/** Transforms of RFC 7296 §3.3.2: type, id, and the key length where the cipher has several. */
const TRANSFORMS = [
  '01 0014 800e0100', // ENCR AES-GCM-16, 256 bits
  '01 000c 800e0100', // ENCR AES-CBC, 256 bits
  '01 000c 800e0080',
  '02 0005', // PRF HMAC-SHA2-256
  '02 0002',
  '03 000c', // INTEG HMAC-SHA2-256-128
  '03 0002',
  '04 001f', // curve25519
  '04 0013', // P-256
  '04 000e', // MODP 2048
].map(hexBytes);

function transforms(): Uint8Array {
  const parts = TRANSFORMS.map((transform, at) => {
    const more = at === TRANSFORMS.length - 1 ? 0 : 3;
    const [type = 0, ...rest] = transform;
    const length = 5 + transform.length;
    return concatBytes(Uint8Array.of(more, 0), u16be(length), Uint8Array.of(type, 0, ...rest));
  });
  return concatBytes(...parts);
}

/** IKE_SA_INIT (RFC 7296 §1.2): a proposal, a share for curve25519 and a nonce. */
function initiation(token: number): Uint8Array {
  const offered = transforms();
  const proposal = concatBytes(
    hexBytes('0000'),
    u16be(8 + offered.length),
    Uint8Array.of(1, 1, 0, TRANSFORMS.length),
    offered,
  );
  const body = concatBytes(
    payloadOf(34, proposal),
    payloadOf(40, concatBytes(hexBytes('001f 0000'), tokenBytes(token, 32))),
    payloadOf(0, tokenBytes(~token, 32)),
  );
  return message(
    token,
    { first: PAYLOAD.sa, version: 0x20, exchange: IKE_SA_INIT, flags: 8 },
    body,
  );
}

/** Main mode, first message (RFC 2408 §4.5, RFC 2409 §5): AES, SHA-1, shared key, MODP 2048 and 1024. */
function mainMode(token: number): Uint8Array {
  const proposals = ['8004000e', '80040002'].map((group, at, { length }) => {
    const attributes = hexBytes(`80010007 800e0100 80020002 80030001 ${group} 800b0001 800c7080`);
    const head = Uint8Array.of(
      at === length - 1 ? 0 : 3,
      0,
      0,
      8 + attributes.length,
      at + 1,
      1,
      0,
      0,
    );
    return concatBytes(head, attributes);
  });
  const offered = concatBytes(...proposals);
  const proposal = concatBytes(
    hexBytes('0000'),
    u16be(8 + offered.length),
    Uint8Array.of(1, 1, 0, proposals.length),
    offered,
  );
  const body = payloadOf(0, concatBytes(u32be(1), u32be(1), proposal));
  return message(token, { first: PAYLOAD.sa1, version: 0x10, exchange: MAIN_MODE, flags: 0 }, body);
}

interface Payload {
  readonly type: number;
  readonly body: Uint8Array;
}

function readPayloads(bytes: Uint8Array, first: number): Payload[] {
  const reader = new ByteReader(bytes, HEADER);
  const payloads: Payload[] = [];
  let type = first;
  while (type !== 0 && payloads.length < MAX_PAYLOADS) {
    const next = reader.u8();
    reader.skip(1);
    const body = reader.take((reader.u16() ?? 0) - 4);
    if (next === undefined || body === undefined) break;
    payloads.push({ type, body });
    type = next;
  }
  return payloads;
}

/** The notify type stands after protocol and SPI size (RFC 7296 §3.10), in version 1 after the DOI too. */
function notifyOf(payloads: readonly Payload[]): number | undefined {
  for (const { type, body } of payloads) {
    if (type === PAYLOAD.notify) return new ByteReader(body, 2).u16();
    if (type === PAYLOAD.notify1) return new ByteReader(body, 6).u16();
  }
  return undefined;
}

function read(payload: Uint8Array) {
  const bytes = standsAt(payload, 0, NON_ESP_MARKER) ? payload.subarray(4) : payload;
  const reader = new ByteReader(bytes, 16);
  const [first, version, exchange, flags] = [reader.u8(), reader.u8(), reader.u8(), reader.u8()];
  reader.skip(4);
  if (reader.u32() !== bytes.length || first === undefined || exchange === undefined) return null;
  const major = (version ?? 0) >> 4;
  if (major !== 1 && major !== 2) return null;
  // version 2 marks answers (RFC 7296 §3.1)
  if (major === 2 && ((flags ?? 0) & 0x20) === 0) return null;
  const payloads = readPayloads(bytes, first);
  const vendorIds = payloads
    .filter(({ type }) => type === PAYLOAD.vendor || type === PAYLOAD.vendor1)
    .map(({ body }) => hexText(body.subarray(0, 64)));
  const agreed = payloads.some(({ type }) => type === PAYLOAD.sa || type === PAYLOAD.sa1);
  const found = present({ exchange, agreed, notify: notifyOf(payloads), vendorIds });
  const word = major === 1 ? ('1' as const) : ('2' as const);
  return { ...namedProduct(vendorIds.join(' '), PRODUCTS), details: { version: word, ...found } };
}

const natTraversal = (token: number): Uint8Array => concatBytes(NON_ESP_MARKER, initiation(token));

/** IKE, the key exchange of IPsec, versions 2 and 1: a first message, to which no second is sent. */
export const ike = defineDatagram({
  name: 'ike',
  title: 'IKE (IPsec key exchange)',
  ports: [500, 4500],
  questions: [
    {
      name: 'ike-v2',
      ports: [500],
      payload: initiation,
      answers: (payload, token) => standsAt(payload, 0, tokenBytes(token, 8)),
    },
    { name: 'ike-v1', ports: [500], payload: mainMode },
    { name: 'ike-nat-traversal', ports: [4500], payload: natTraversal },
  ],
  details,
  read,
});
