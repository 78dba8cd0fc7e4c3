import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SynPacket } from './syn-packet.ts';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const port = fc.integer({ min: 0, max: 65_535 });
const word = fc.integer({ min: 0, max: 0xffff_ffff });

/** RFC 1071, the slow way: over all words, the result of a right checksum included, it is 0. */
function verified(...parts: readonly Uint8Array[]): number {
  let sum = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length; at += 2) sum += (part[at] ?? 0) * 256 + (part[at + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 65_536);
  return ~sum & 0xffff;
}

function hex(memory: Uint8Array): string {
  return Buffer.from(memory).toString('hex');
}

describe('SynPacket', () => {
  it('writes the packet of a known host byte for byte', () => {
    const packet = new SynPacket({ family: 4, address: Uint8Array.of(192, 0, 2, 1), mac: null });
    const memory = new Uint8Array(packet.bytes);
    packet.layOut(memory, 0);
    packet.complete(memory, 0, Uint8Array.of(198, 51, 100, 7), 0, 40_000, 443, 0x01020304, 5);
    expect(hex(memory.subarray(0, 20))).toBe('4500003c0000400040064e80c0000201c6336407');
    expect(hex(memory.subarray(20, 36))).toBe('9c4001bb0102030400000000a002faf0');
    expect(hex(memory.subarray(38))).toBe('0000020405b40402080a000000050000000001030307');
  });

  it('sums up right over IPv4, at any place, in or without a frame', () => {
    const mac = fc.option(bytes(6), { nil: null });
    fc.assert(
      fc.property(bytes(4), bytes(4), mac, port, port, word, word, fc.nat(40), (...drawn) => {
        const [source, target, link, from, to, sequence, stamp, at] = drawn;
        const packet = new SynPacket({ family: 4, address: source, mac: link });
        const memory = new Uint8Array(at + packet.bytes);
        packet.layOut(memory, at);
        if (link !== null) packet.aim(memory, at, link);
        packet.complete(memory, at, target, 0, from, to, sequence, stamp);
        const ip = memory.subarray(at + (link === null ? 0 : 14));
        const tcp = ip.subarray(20);
        expect(verified(ip.subarray(0, 20))).toBe(0);
        expect(verified(source, target, Uint8Array.of(0, 6, 0, 40), tcp)).toBe(0);
        expect(hex(ip.subarray(16, 20))).toBe(hex(target));
        const view = new DataView(tcp.buffer, tcp.byteOffset);
        expect(view.getUint16(0)).toBe(from);
        expect(view.getUint16(2)).toBe(to);
        expect(view.getUint32(4)).toBe(sequence);
        if (link !== null)
          expect(hex(memory.subarray(at, at + 14))).toBe(`${hex(link).repeat(2)}0800`);
      }),
    );
  });

  it('sums up right over IPv6, and again when a slot is used again', () => {
    fc.assert(
      fc.property(bytes(16), bytes(32), port, word, (source, targets, to, sequence) => {
        const packet = new SynPacket({ family: 6, address: source, mac: null });
        const memory = new Uint8Array(packet.bytes);
        packet.layOut(memory, 0);
        for (const from of [0, 16]) {
          packet.complete(memory, 0, targets, from, 40_000, to, sequence, 77);
          const target = targets.subarray(from, from + 16);
          expect(verified(source, target, Uint8Array.of(0, 6, 0, 40), memory.subarray(40))).toBe(0);
          expect(hex(memory.subarray(24, 40))).toBe(hex(target));
        }
      }),
    );
  });
});
