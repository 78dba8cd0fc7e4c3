import type { Reason, StackFacts } from '../../model/port.ts';
import { icmpReason } from '../../net/icmp.ts';

const PROTOCOL_TCP = 6;
const PROTOCOL_ICMP = 1;
const PROTOCOL_ICMPV6 = 58;
const SYN = 0x02;
const RST = 0x04;
const ACK = 0x10;
const IPV6_BYTES = 40;
/** Bytes of the TCP header that an ICMP error quotes at least: ports and sequence number (RFC 792). */
const QUOTED = 8;
const MAX_STACKS = 4096;

export type AnswerKind = 'syn-ack' | 'rst' | 'icmp';

/** SYN-ACKs told apart by how they look; each look has a number, from 0. */
export class Stacks {
  readonly #numbers = new Map<string, number>();
  readonly facts: StackFacts[] = [];

  /** The number of a look; -1 when there are too many already: somebody makes them up. */
  numberOf(ttl: number, window: number, options: string): number {
    const key = `${ttl} ${window} ${options}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    if (this.facts.length >= MAX_STACKS) return -1;
    this.facts.push({ ttl, window, options });
    this.#numbers.set(key, this.facts.length - 1);
    return this.facts.length - 1;
  }
}

/**
 * Reads what came back for a SYN: a SYN-ACK or RST of the port itself, or an ICMP error that quotes
 * our probe. One instance is used again for each packet; its fields hold what the last one said.
 */
export class AnswerReader {
  kind: AnswerKind = 'rst';
  /** Where the probed address lies in the bytes read; 4 or 16 bytes. */
  addressAt = 0;
  /** The port that was probed, and ours. */
  port = 0;
  ourPort = 0;
  /** The sequence number of our probe as the answer gives it back (for RST either this or one less). */
  sequence = 0;
  reason: Reason = 'rst';
  ttl = 0;
  window = 0;
  /** Our time stamp echoed, -1 without. */
  echo = -1;
  #optionsAt = 0;
  #optionsEnd = 0;

  /** False when the bytes are neither; `family` 4 or 6, from the IP header on. Never throws. */
  read(bytes: Uint8Array, offset: number, length: number, family: 4 | 6): boolean {
    const end = offset + length;
    if (family === 6) {
      if (length < IPV6_BYTES + QUOTED) return false;
      this.ttl = bytes[offset + 7] ?? 0;
      return this.#payload(bytes, offset, offset + IPV6_BYTES, end, bytes[offset + 6] ?? 0, 6);
    }
    if (length < 20) return false;
    this.ttl = bytes[offset + 8] ?? 0;
    const header = offset + ((bytes[offset] ?? 0) & 15) * 4;
    return this.#payload(bytes, offset, header, end, bytes[offset + 9] ?? 0, 4);
  }

  /** The TCP options of the SYN-ACK read last, in words: `mss 1460,sackOK,TS,nop,wscale 7`. */
  options(bytes: Uint8Array): string {
    const words: string[] = [];
    for (let at = this.#optionsAt; at < this.#optionsEnd; ) {
      const kind = bytes[at] ?? 0;
      if (kind === 0) break;
      words.push(optionWord(bytes, at, this.#optionsEnd));
      at += kind === 1 ? 1 : Math.max(2, bytes[at + 1] ?? 2);
    }
    return words.join(',');
  }

  #payload(
    bytes: Uint8Array,
    ip: number,
    at: number,
    end: number,
    protocol: number,
    family: 4 | 6,
  ): boolean {
    if (protocol === PROTOCOL_TCP) {
      this.addressAt = ip + (family === 4 ? 12 : 8);
      return this.#tcp(bytes, at, end);
    }
    const icmp = family === 4 ? PROTOCOL_ICMP : PROTOCOL_ICMPV6;
    return protocol === icmp && this.#icmp(bytes, at, end, family);
  }

  #tcp(bytes: Uint8Array, at: number, end: number): boolean {
    if (at + 20 > end) return false;
    this.port = read16(bytes, at);
    this.ourPort = read16(bytes, at + 2);
    const flags = bytes[at + 13] ?? 0;
    if ((flags & RST) !== 0) {
      this.kind = 'rst';
      this.reason = 'rst';
    } else if ((flags & (SYN | ACK)) === (SYN | ACK)) {
      this.kind = 'syn-ack';
      this.reason = 'syn-ack';
    } else return false;
    this.sequence = (read32(bytes, at + 8) - 1) >>> 0;
    this.window = read16(bytes, at + 14);
    this.#optionsAt = at + 20;
    this.#optionsEnd = Math.min(end, at + ((bytes[at + 12] ?? 0) >> 4) * 4);
    this.echo = this.kind === 'syn-ack' ? this.#echoIn(bytes) : -1;
    return true;
  }

  /** TSecr (RFC 7323 §3.2). */
  #echoIn(bytes: Uint8Array): number {
    for (let at = this.#optionsAt; at < this.#optionsEnd; ) {
      const kind = bytes[at];
      if (kind === 8 && at + 10 <= this.#optionsEnd) return read32(bytes, at + 6);
      if (kind === 0) return -1;
      at += kind === 1 ? 1 : Math.max(2, bytes[at + 1] ?? 2);
    }
    return -1;
  }

  #icmp(bytes: Uint8Array, at: number, end: number, family: 4 | 6): boolean {
    const quoted = at + 8;
    const ipBytes = family === 4 ? ((bytes[quoted] ?? 0) & 15) * 4 : IPV6_BYTES;
    const tcp = quoted + ipBytes;
    if (ipBytes < 20 || tcp + QUOTED > end) return false;
    const protocol = bytes[quoted + (family === 4 ? 9 : 6)];
    if (protocol !== PROTOCOL_TCP) return false;
    this.kind = 'icmp';
    this.reason = icmpReason(family, bytes[at] ?? 0, bytes[at + 1] ?? 0);
    this.addressAt = quoted + (family === 4 ? 16 : 24);
    this.ourPort = read16(bytes, tcp);
    this.port = read16(bytes, tcp + 2);
    this.sequence = read32(bytes, tcp + 4);
    this.echo = -1;
    return true;
  }
}

function optionWord(bytes: Uint8Array, at: number, end: number): string {
  const kind = bytes[at] ?? 0;
  if (kind === 1) return 'nop';
  if (kind === 2 && at + 4 <= end) return `mss ${read16(bytes, at + 2)}`;
  if (kind === 3 && at + 3 <= end) return `wscale ${bytes[at + 2]}`;
  if (kind === 4) return 'sackOK';
  return kind === 8 ? 'TS' : `option ${kind}`;
}

function read16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
}

function read32(bytes: Uint8Array, at: number): number {
  return read16(bytes, at) * 65_536 + read16(bytes, at + 2);
}
