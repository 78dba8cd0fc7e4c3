import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AnswerFilter, answersIPv4, answersIPv6, type Instruction, OPCODE } from './bpf.ts';

const filter: AnswerFilter = {
  tcp: { first: 40_000, last: 40_999 },
  udp: { first: 41_000, last: 41_009 },
  keep: 192,
};

/** What the kernel does with a program: reading past the end of a packet drops it (bpf_prog_run). */
function run(program: readonly Instruction[], packet: Uint8Array): number {
  let [a, x, at] = [0, 0, 0];
  const byte = (offset: number): number => packet[offset] ?? Number.NaN;
  const half = (offset: number): number => byte(offset) * 256 + byte(offset + 1);
  for (;;) {
    const { code, jt, jf, k } = program[at] ?? { code: -1, jt: 0, jf: 0, k: 0 };
    at += 1;
    const jump = (holds: boolean) => {
      at += holds ? jt : jf;
    };
    switch (code) {
      case OPCODE.loadHalf:
        a = half(k);
        break;
      case OPCODE.loadByte:
        a = byte(k);
        break;
      case OPCODE.loadHalfIndexed:
        a = half(x + k);
        break;
      case OPCODE.loadByteIndexed:
        a = byte(x + k);
        break;
      case OPCODE.headerLength:
        x = (byte(k) % 16) * 4;
        break;
      case OPCODE.and:
        a = a & k;
        break;
      case OPCODE.ifEqual:
        jump(a === k);
        break;
      case OPCODE.ifGreater:
        jump(a > k);
        break;
      case OPCODE.ifAtLeast:
        jump(a >= k);
        break;
      case OPCODE.ifAnyBit:
        jump((a & k) !== 0);
        break;
      case OPCODE.accept:
        return k;
      default:
        throw new Error(`no such instruction at ${at - 1}: ${code}`);
    }
    if (Number.isNaN(a) || Number.isNaN(x)) return 0;
  }
}

function isOurs(port: number, range: { first: number; last: number } | undefined): boolean {
  return range !== undefined && port >= range.first && port <= range.last;
}

/** The same question in plain words: `transport` begins with the header behind IP. */
function wanted(
  protocol: number,
  transport: Uint8Array,
  icmp: readonly [number, ...number[]],
  asked: AnswerFilter,
): boolean {
  const view = new DataView(transport.buffer, transport.byteOffset, transport.length);
  if (protocol === icmp[0]) return icmp.slice(1).includes(transport[0] ?? -1);
  if (transport.length < 4) return false;
  const port = view.getUint16(2);
  if (protocol === 17) return isOurs(port, asked.udp);
  const flags = transport[13];
  if (protocol !== 6 || !isOurs(port, asked.tcp) || flags === undefined) return false;
  return (flags & 4) !== 0 || ((flags & 2) !== 0 && (flags & 16) !== 0);
}

const filters = fc.constantFrom<AnswerFilter>(
  filter,
  { tcp: { first: 1024, last: 1024 }, keep: 64 },
  { udp: { first: 0, last: 65_535 }, keep: 1500 },
);

const transports = fc
  .record({
    port: fc.oneof(
      fc.constantFrom(1023, 1024, 1025, 39_999, 40_000, 40_999, 41_000, 41_009, 41_010),
      fc.nat(65_535),
    ),
    flags: fc.oneof(fc.constantFrom(0x02, 0x10, 0x12, 0x14, 0x04, 0x52, 0x18), fc.nat(255)),
    type: fc.nat(15),
    length: fc.nat(40),
  })
  .map(({ port, flags, type, length }) => {
    const bytes = new Uint8Array(40);
    bytes.set([type, 0, port >> 8, port & 255]);
    bytes[13] = flags;
    return bytes.subarray(0, length);
  });

const protocolNumbers = fc.oneof(fc.constantFrom(1, 6, 17, 58, 44), fc.nat(255));

describe('answersIPv4', () => {
  it('keeps answers to our ports, whatever the options of the IP header', () => {
    const headers = fc.record({
      words: fc.integer({ min: 0, max: 15 }),
      fragment: fc.constantFrom(0, 0x4000, 0x2000, 0x0001, 0x1fff, 0x8000),
    });
    fc.assert(
      fc.property(
        filters,
        headers,
        protocolNumbers,
        transports,
        (asked, header, protocol, rest) => {
          const packet = new Uint8Array(Math.max(10, header.words * 4) + rest.length);
          packet[0] = 0x40 + header.words;
          packet.set([header.fragment >> 8, header.fragment & 255, 64, protocol], 6);
          // A header of fewer than three words would overlap itself: IP forbids it, the kernel drops it.
          fc.pre(header.words >= 3);
          packet.set(rest, header.words * 4);
          const whole = (header.fragment & 0x3fff) === 0;
          const expected = whole && wanted(protocol, rest, [1, 3, 11], asked);
          expect(run(answersIPv4(asked), packet)).toBe(expected ? asked.keep : 0);
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('ends with an answer on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (packet) => {
        expect([0, 192]).toContain(run(answersIPv4(filter), packet));
        expect([0, 192]).toContain(run(answersIPv6(filter), packet));
      }),
    );
  });
});

describe('answersIPv6', () => {
  it('keeps answers to our ports', () => {
    fc.assert(
      fc.property(filters, protocolNumbers, transports, (asked, protocol, rest) => {
        const packet = new Uint8Array(40 + rest.length);
        packet[0] = 0x60;
        packet[6] = protocol;
        packet.set(rest, 40);
        const expected = wanted(protocol, rest, [58, 1, 3, 4], asked);
        expect(run(answersIPv6(asked), packet)).toBe(expected ? asked.keep : 0);
      }),
      { numRuns: 3000 },
    );
  });
});
