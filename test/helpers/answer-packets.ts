import { ADDRESS_BYTES, type HostBlock } from '../../src/probe/syn/hosts.ts';

const IP_BYTES = { 4: 20, 6: 40 } as const;
const TCP = 6;
const ICMP = { 4: 1, 6: 58 } as const;
/** Destination unreachable, administratively prohibited: type and code (RFC 1812, RFC 4443). */
const PROHIBITED = { 4: [3, 13], 6: [1, 1] } as const;
const FLAGS = { open: 0x12, closed: 0x14 } as const;

/** An answer to a SYN. */
export interface Answer {
  readonly kind: 'open' | 'closed' | 'prohibited';
  readonly block: HostBlock;
  readonly host: number;
  /** Our port. */
  readonly sourcePort: number;
  readonly port: number;
  /** Sequence number and time stamp of the SYN. */
  readonly sequence: number;
  readonly stamp: number;
}

/**
 * Writes the packet that answers a SYN, from the IP header on, without checksums: the kernel has
 * checked those before a receiver sees anything. Returns its length.
 */
export function writeAnswer(bytes: Uint8Array, answer: Answer): number {
  const family = answer.block.families[answer.host] === 4 ? 4 : 6;
  bytes.fill(0, 0, 128);
  return answer.kind === 'prohibited'
    ? writeIcmp(bytes, answer, family)
    : writeTcp(bytes, answer, answer.kind, family);
}

/** The same as bytes of its own. */
export function answerPacket(answer: Answer): Uint8Array {
  const bytes = new Uint8Array(128);
  return bytes.slice(0, writeAnswer(bytes, answer));
}

/** From and to ports, acknowledgement of the SYN, NOP NOP and our time stamp echoed (RFC 7323). */
function writeTcp(
  bytes: Uint8Array,
  answer: Answer,
  kind: 'open' | 'closed',
  family: 4 | 6,
): number {
  const tcp = writeIp(bytes, 0, TCP, family);
  writeAddress(bytes, family === 4 ? 12 : 8, answer, family);
  write16(bytes, tcp, answer.port);
  write16(bytes, tcp + 2, answer.sourcePort);
  write32(bytes, tcp + 8, (answer.sequence + 1) >>> 0);
  bytes[tcp + 12] = (kind === 'open' ? 8 : 5) << 4;
  bytes[tcp + 13] = FLAGS[kind];
  if (kind === 'closed') return tcp + 20;
  bytes.set([1, 1, 8, 10], tcp + 20);
  write32(bytes, tcp + 28, answer.stamp);
  return tcp + 32;
}

/** Quotes the SYN's IP header and the first 8 bytes of its TCP header (RFC 792). */
function writeIcmp(bytes: Uint8Array, answer: Answer, family: 4 | 6): number {
  const icmp = writeIp(bytes, 0, ICMP[family], family);
  bytes.set(PROHIBITED[family], icmp);
  const tcp = writeIp(bytes, icmp + 8, TCP, family);
  writeAddress(bytes, icmp + 8 + (family === 4 ? 16 : 24), answer, family);
  write16(bytes, tcp, answer.sourcePort);
  write16(bytes, tcp + 2, answer.port);
  write32(bytes, tcp + 4, answer.sequence);
  return tcp + 8;
}

/** Returns where the header ends. */
function writeIp(bytes: Uint8Array, at: number, protocol: number, family: 4 | 6): number {
  bytes[at] = family === 4 ? 0x45 : 0x60;
  bytes[at + (family === 4 ? 9 : 6)] = protocol;
  bytes[at + (family === 4 ? 8 : 7)] = 64;
  return at + IP_BYTES[family];
}

function writeAddress(bytes: Uint8Array, to: number, { block, host }: Answer, family: 4 | 6): void {
  const from = host * ADDRESS_BYTES;
  for (let byte = 0; byte < (family === 4 ? 4 : 16); byte++) {
    bytes[to + byte] = block.addresses[from + byte] ?? 0;
  }
}

function write16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

function write32(bytes: Uint8Array, at: number, value: number): void {
  write16(bytes, at, value >>> 16);
  write16(bytes, at + 2, value & 0xffff);
}
