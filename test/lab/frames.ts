import ipaddr from 'ipaddr.js';

/** A packet to be sent. Ports are used by TCP and UDP, type and code by ICMP. */
export interface LabPacket {
  /** Device of the host that it comes in on. */
  readonly device: string;
  readonly source: string;
  /** Of the family of `source`. */
  readonly destination: string;
  readonly protocol: 'tcp' | 'udp' | 'icmp';
  readonly sourcePort?: number;
  readonly port?: number;
  /** SYN alone unless said otherwise. */
  readonly tcpFlags?: number;
  /** Echo request of its family unless said otherwise. */
  readonly icmpType?: number;
  readonly icmpCode?: number;
}

/** What can be told of a packet that came out again. */
export interface Seen {
  readonly id: number;
  /** Destination port. */
  readonly port: number;
}

/** Numbers of packets are this far apart: a reset acknowledges the number, or one more of SYN and FIN. */
export const ID_STEP = 2;

const ETHERNET = 14;
const IPV4 = 20;
const IPV6 = 40;
const SYN = 2;
/** RST and ACK: a reset that answers; a bare one may be a packet of ours. */
const RESET = 20;
const TCP = 6;
const UDP = 17;
const ICMP = 1;
const ICMPV6 = 58;
const ETH_P_IP = 0x0800;
const ETH_P_IPV6 = 0x86dd;

export function familyOf(address: string): 4 | 6 {
  return address.includes(':') ? 6 : 4;
}

/** An Ethernet frame with the packet; TCP carries `id` as its sequence number, the others as payload. */
export function frameOf(packet: LabPacket, id: number, from: Buffer, to: Buffer): Buffer {
  const family = familyOf(packet.source);
  const payload = transportOf(packet, family, id);
  const source = ipaddr.parse(packet.source).toByteArray();
  const destination = ipaddr.parse(packet.destination).toByteArray();
  const number = protocolNumber(packet.protocol, family);
  const pseudo = family === 6 || number !== ICMP ? [...source, ...destination] : [];
  const addend = pseudo.length === 0 ? 0 : number + payload.length;
  payload.writeUInt16BE(
    checksum(Buffer.from(pseudo), payload, addend),
    CHECKSUM_AT[packet.protocol],
  );
  const ethertype = family === 4 ? ETH_P_IP : ETH_P_IPV6;
  const header = family === 4 ? headerV4(payload.length, number) : headerV6(payload.length, number);
  header.set([...source, ...destination], family === 4 ? 12 : 8);
  if (family === 4) header.writeUInt16BE(checksum(header, Buffer.alloc(0), 0), 10);
  return Buffer.concat([
    to,
    from,
    Buffer.from([ethertype >> 8, ethertype & 0xff]),
    header,
    payload,
  ]);
}

const CHECKSUM_AT = { tcp: 16, udp: 6, icmp: 2 } as const;

export function protocolNumber(protocol: LabPacket['protocol'], family: 4 | 6): number {
  if (protocol === 'icmp') return family === 4 ? ICMP : ICMPV6;
  return protocol === 'tcp' ? TCP : UDP;
}

function transportOf(packet: LabPacket, family: 4 | 6, id: number): Buffer {
  if (packet.protocol === 'icmp') return icmpOf(packet, family, id);
  const bytes = Buffer.alloc(packet.protocol === 'tcp' ? 20 : 12);
  bytes.writeUInt16BE(packet.sourcePort ?? 0, 0);
  bytes.writeUInt16BE(packet.port ?? 0, 2);
  if (packet.protocol === 'udp') {
    bytes.writeUInt16BE(bytes.length, 4);
    bytes.writeUInt32BE(id, 8);
    return bytes;
  }
  bytes.writeUInt32BE(id, 4);
  bytes.set([0x50, packet.tcpFlags ?? SYN, 4, 0], 12);
  return bytes;
}

function icmpOf(packet: LabPacket, family: 4 | 6, id: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.set([packet.icmpType ?? (family === 4 ? 8 : 128), packet.icmpCode ?? 0]);
  // The echo identifier is part of what connection tracking tells flows apart by.
  bytes.writeUInt16BE(id & 0xffff, 4);
  bytes.writeUInt32BE(id, 8);
  return bytes;
}

function headerV4(length: number, protocol: number): Buffer {
  const header = Buffer.alloc(IPV4);
  header.writeUInt16BE(0x4500, 0);
  header.writeUInt16BE(IPV4 + length, 2);
  header.set([64, protocol], 8);
  return header;
}

function headerV6(length: number, protocol: number): Buffer {
  const header = Buffer.alloc(IPV6);
  header[0] = 0x60;
  header.writeUInt16BE(length, 4);
  header.set([protocol, 64], 6);
  return header;
}

/** RFC 1071, over parts of even length. */
function checksum(first: Buffer, second: Buffer, addend: number): number {
  let sum = addend;
  for (const part of [first, second]) {
    for (let at = 0; at < part.length; at += 2) sum += part.readUInt16BE(at);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** Reads a transport header and what follows it; null when it is too short. */
export function readTransport(bytes: Buffer, protocol: number): Seen | null {
  const idAt = protocol === TCP ? 4 : 8;
  if (bytes.length < idAt + 4) return null;
  const port = protocol === TCP || protocol === UDP ? bytes.readUInt16BE(2) : 0;
  return { id: bytes.readUInt32BE(idAt), port };
}

/** Reads a frame that left the host: the packet itself, or the refusal of one. */
export function readFrame(frame: Buffer): (Seen & { readonly refusal: boolean }) | null {
  const packet = readIp(frame.subarray(ETHERNET));
  if (packet === null) return null;
  const { protocol, payload } = packet;
  if (isReset(payload, protocol)) {
    const acknowledged = payload.readUInt32BE(8);
    return { id: acknowledged - (acknowledged % ID_STEP), port: 0, refusal: true };
  }
  if (isIcmpError(payload, protocol)) {
    const inner = readIp(payload.subarray(8));
    const seen = inner && readTransport(inner.payload, inner.protocol);
    return seen && { ...seen, refusal: true };
  }
  const seen = readTransport(payload, protocol);
  return seen && { ...seen, refusal: false };
}

function readIp(bytes: Buffer): { readonly protocol: number; readonly payload: Buffer } | null {
  const version = (bytes[0] ?? 0) >> 4;
  if (version === 4 && bytes.length >= IPV4) {
    return { protocol: bytes[9] ?? 0, payload: bytes.subarray(((bytes[0] ?? 0) & 15) * 4) };
  }
  if (version === 6 && bytes.length >= IPV6) {
    return { protocol: bytes[6] ?? 0, payload: bytes.subarray(IPV6) };
  }
  return null;
}

function isReset(payload: Buffer, protocol: number): boolean {
  return protocol === TCP && payload.length >= 20 && ((payload[13] ?? 0) & RESET) === RESET;
}

/** Destination unreachable and what else quotes the packet (RFC 792, RFC 4443). */
function isIcmpError(payload: Buffer, protocol: number): boolean {
  const type = payload[0] ?? 0;
  if (protocol === ICMPV6) return type > 0 && type < 5;
  return protocol === ICMP && [3, 4, 11, 12].includes(type) && payload.length > 8 + IPV4;
}
