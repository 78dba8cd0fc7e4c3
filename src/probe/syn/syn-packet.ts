/** Bytes of an Ethernet header. */
export const ETHERNET_BYTES = 14;
const ETHERTYPE = { 4: 0x0800, 6: 0x86dd } as const;
const IP_BYTES = { 4: 20, 6: 40 } as const;
const TCP_BYTES = 40;
const PROTOCOL_TCP = 6;
const HOPS = 64;
const SYN = 0x02;
const WINDOW = 64_240;
const MSS = { 4: 1460, 6: 1440 } as const;
/** Where the time stamp's value lies within the TCP header. */
const STAMP_AT = 28;

/** What stays the same in every SYN of one sender. */
export interface SynSource {
  readonly family: 4 | 6;
  /** Our address, 4 or 16 bytes. */
  readonly address: Uint8Array;
  /** Our link address when frames begin with an Ethernet header; null for bare IP packets. */
  readonly mac: Uint8Array | null;
}

/**
 * Writes SYN packets (RFC 9293 §3.1) as current systems send them: MSS, SACK permitted, time stamps
 * and window scale (RFC 7323, RFC 2018), in Linux' order. `layOut` writes what never changes to a
 * slot once; `complete` only what differs from probe to probe.
 */
export class SynPacket {
  /** Length of a whole packet. */
  readonly bytes: number;
  readonly #source: SynSource;
  readonly #link: number;
  readonly #tcp: number;
  /** Sums of the 16-bit words that never change, of both checksums. */
  readonly #ipSum: number;
  readonly #tcpSum: number;

  constructor(source: SynSource) {
    this.#source = source;
    this.#link = source.mac === null ? 0 : ETHERNET_BYTES;
    this.#tcp = this.#link + IP_BYTES[source.family];
    this.bytes = this.#tcp + TCP_BYTES;
    const blank = new Uint8Array(this.bytes);
    this.layOut(blank, 0);
    this.#ipSum = source.family === 4 ? sumOf(blank, this.#link, this.#link + 20) : 0;
    const pseudo = PROTOCOL_TCP + TCP_BYTES + sumOf(source.address, 0, source.address.length);
    this.#tcpSum = pseudo + sumOf(blank, this.#tcp, this.bytes);
  }

  layOut(memory: Uint8Array, at: number): void {
    const { family, address, mac } = this.#source;
    memory.fill(0, at, at + this.bytes);
    if (mac !== null) {
      memory.set(mac, at + 6);
      write16(memory, at + 12, ETHERTYPE[family]);
    }
    if (family === 4) layOutIPv4(memory, at + this.#link, address);
    else layOutIPv6(memory, at + this.#link, address);
    layOutTcp(memory, at + this.#tcp, family);
  }

  /** Writes the link address of the next hop, in front of Ethernet frames. */
  aim(memory: Uint8Array, at: number, mac: Uint8Array): void {
    for (let byte = 0; byte < 6; byte++) memory[at + byte] = mac[byte] ?? 0;
  }

  /**
   * Completes the packet at `at`: `destination` at `from` in `addresses` (4 or 16 bytes), ports,
   * sequence number and our time stamp.
   */
  complete(
    memory: Uint8Array,
    at: number,
    addresses: Uint8Array,
    from: number,
    sourcePort: number,
    port: number,
    sequence: number,
    stamp: number,
  ): void {
    const sum = this.#destination(memory, at + this.#link, addresses, from);
    const tcp = at + this.#tcp;
    write16(memory, tcp, sourcePort);
    write16(memory, tcp + 2, port);
    write16(memory, tcp + 4, sequence >>> 16);
    write16(memory, tcp + 6, sequence & 0xffff);
    write16(memory, tcp + STAMP_AT, stamp >>> 16);
    write16(memory, tcp + STAMP_AT + 2, stamp & 0xffff);
    const words = (sequence >>> 16) + (sequence & 0xffff) + (stamp >>> 16) + (stamp & 0xffff);
    write16(memory, tcp + 16, checksum(this.#tcpSum + sum + sourcePort + port + words));
  }

  /** Writes the address, in IPv4 the header's checksum too; returns the sum of the address. */
  #destination(memory: Uint8Array, ip: number, addresses: Uint8Array, from: number): number {
    const { family } = this.#source;
    const to = ip + (family === 4 ? 16 : 24);
    let sum = 0;
    for (let byte = 0; byte < (family === 4 ? 4 : 16); byte += 2) {
      const high = addresses[from + byte] ?? 0;
      const low = addresses[from + byte + 1] ?? 0;
      memory[to + byte] = high;
      memory[to + byte + 1] = low;
      sum += high * 256 + low;
    }
    if (family === 4) write16(memory, ip + 10, checksum(this.#ipSum + sum));
    return sum;
  }
}

/** RFC 791 §3.1; do not fragment, identification 0 (RFC 6864 §4.1). */
function layOutIPv4(memory: Uint8Array, ip: number, source: Uint8Array): void {
  memory[ip] = 0x45;
  write16(memory, ip + 2, IP_BYTES[4] + TCP_BYTES);
  write16(memory, ip + 6, 0x4000);
  memory[ip + 8] = HOPS;
  memory[ip + 9] = PROTOCOL_TCP;
  memory.set(source, ip + 12);
}

/** RFC 8200 §3. */
function layOutIPv6(memory: Uint8Array, ip: number, source: Uint8Array): void {
  memory[ip] = 0x60;
  write16(memory, ip + 4, TCP_BYTES);
  memory[ip + 6] = PROTOCOL_TCP;
  memory[ip + 7] = HOPS;
  memory.set(source, ip + 8);
}

function layOutTcp(memory: Uint8Array, tcp: number, family: 4 | 6): void {
  memory[tcp + 12] = (TCP_BYTES / 4) << 4;
  memory[tcp + 13] = SYN;
  write16(memory, tcp + 14, WINDOW);
  memory.set([2, 4, MSS[family] >> 8, MSS[family] & 255, 4, 2, 8, 10], tcp + 20);
  memory.set([1, 3, 3, 7], tcp + 36);
}

function write16(memory: Uint8Array, at: number, value: number): void {
  memory[at] = value >>> 8;
  memory[at + 1] = value;
}

/** Sum of the 16-bit words of an even number of bytes. */
function sumOf(memory: Uint8Array, from: number, to: number): number {
  let sum = 0;
  for (let at = from; at < to; at += 2) sum += (memory[at] ?? 0) * 256 + (memory[at + 1] ?? 0);
  return sum;
}

/** The Internet checksum of a sum of 16-bit words (RFC 1071). */
function checksum(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16);
  return ~((once & 0xffff) + (once >>> 16)) & 0xffff;
}
