import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnswerReader, Stacks } from './answer.ts';
import { SynPacket } from './syn-packet.ts';

const US = Uint8Array.of(192, 0, 2, 1);
const THEM = Uint8Array.of(198, 51, 100, 7);

function syn(family: 4 | 6): Uint8Array {
  const [us, them] =
    family === 4 ? [US, THEM] : [new Uint8Array(16).fill(1), new Uint8Array(16).fill(2)];
  const packet = new SynPacket({ family, address: us, mac: null });
  const memory = new Uint8Array(packet.bytes);
  packet.layOut(memory, 0);
  packet.complete(memory, 0, them, 0, 40_000, 443, 0xfffffffe, 9);
  return memory;
}

/** The SYN turned round into an answer: addresses and ports swapped, flags, acknowledgement. */
function answer(
  family: 4 | 6,
  flags: number,
  acknowledgement: number,
  options?: number[],
): Uint8Array {
  const bytes = syn(family).slice();
  const source = bytes.slice(family === 4 ? 12 : 8, family === 4 ? 16 : 24);
  const target = bytes.slice(family === 4 ? 16 : 24, family === 4 ? 20 : 40);
  bytes.set(target, family === 4 ? 12 : 8);
  bytes.set(source, family === 4 ? 16 : 24);
  const tcp = family === 4 ? 20 : 40;
  const view = new DataView(bytes.buffer);
  view.setUint16(tcp, 443);
  view.setUint16(tcp + 2, 40_000);
  view.setUint32(tcp + 8, acknowledgement);
  view.setUint8(tcp + 13, flags);
  view.setUint16(tcp + 14, 65_160);
  if (options !== undefined) bytes.set(options, tcp + 20);
  return bytes;
}

function icmp(family: 4 | 6, type: number, code: number, quoted: Uint8Array): Uint8Array {
  const outer = family === 4 ? 20 : 40;
  const bytes = new Uint8Array(outer + 8 + quoted.length);
  bytes[0] = family === 4 ? 0x45 : 0x60;
  bytes[family === 4 ? 9 : 6] = family === 4 ? 1 : 58;
  bytes.set([type, code], outer);
  bytes.set(quoted, outer + 8);
  return bytes;
}

function read(bytes: Uint8Array, family: 4 | 6, offset = 0): AnswerReader | null {
  const reader = new AnswerReader();
  return reader.read(bytes, offset, bytes.length - offset, family) ? reader : null;
}

describe('AnswerReader', () => {
  it.each([4, 6] as const)('reads SYN-ACK and RST over IPv%i', (family) => {
    const open = read(answer(family, 0x12, 0xffffffff), family);
    expect(open).toMatchObject({ kind: 'syn-ack', port: 443, ourPort: 40_000, ttl: 64 });
    expect(open).toMatchObject({ sequence: 0xfffffffe, window: 65_160, echo: 0 });
    expect(read(answer(family, 0x14, 0), family)).toMatchObject({
      kind: 'rst',
      sequence: 0xffffffff,
    });
  });

  it('finds the probed address', () => {
    const bytes = answer(4, 0x12, 1);
    const reader = read(bytes, 4);
    const at = reader?.addressAt ?? 0;
    expect([...bytes.subarray(at, at + 4)]).toEqual([...THEM]);
  });

  it.each([
    [4, 3, 3, 'icmp-port-unreachable'],
    [4, 3, 13, 'icmp-admin-prohibited'],
    [4, 11, 0, 'icmp-unreachable'],
    [6, 1, 3, 'icmp-host-unreachable'],
  ] as const)('reads an ICMP error over IPv%i, type %i, code %i', (family, type, code, reason) => {
    const probe = syn(family);
    const bytes = icmp(family, type, code, probe.subarray(0, (family === 4 ? 20 : 40) + 8));
    const reader = read(bytes, family);
    expect(reader).toMatchObject({ kind: 'icmp', reason, port: 443, sequence: 0xfffffffe });
    const at = reader?.addressAt ?? 0;
    const size = family === 4 ? 4 : 16;
    expect(bytes.subarray(at, at + size)).toEqual(family === 4 ? THEM : new Uint8Array(16).fill(2));
  });

  it('tells options in their order, and the echoed time stamp', () => {
    const options = [2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 1, 2, 3, 4, 1, 3, 3, 7];
    const bytes = answer(4, 0x12, 1, options);
    const reader = read(bytes, 4);
    expect(reader?.options(bytes)).toBe('mss 1460,sackOK,TS,nop,wscale 7');
    expect(reader?.echo).toBe(0x01020304);
  });

  it('takes a SYN, a bare ACK and data for no answer', () => {
    for (const flags of [0x02, 0x10, 0x18]) expect(read(answer(4, flags, 1), 4)).toBeNull();
  });

  it('reads back every SYN that an ICMP error quotes, to the bit', () => {
    const reader = new AnswerReader();
    const port = fc.nat(65_535);
    const word = fc.nat(0xffff_ffff);
    const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 });
    const families = fc.constantFrom<4 | 6>(4, 6);
    fc.assert(
      fc.property(families, bytes, bytes, port, port, word, (family, us, them, ...numbers) => {
        const size = family === 4 ? 4 : 16;
        const packet = new SynPacket({ family, address: us.subarray(0, size), mac: null });
        const memory = new Uint8Array(packet.bytes);
        packet.layOut(memory, 0);
        const [ourPort, theirPort, sequence] = numbers;
        packet.complete(memory, 0, them, 0, ourPort, theirPort, sequence, 1);
        const quoted = memory.subarray(0, (family === 4 ? 20 : 40) + 8);
        const error = icmp(family, family === 4 ? 3 : 1, 0, quoted);
        expect(reader.read(error, 0, error.length, family)).toBe(true);
        expect(reader).toMatchObject({ kind: 'icmp', ourPort, port: theirPort, sequence });
        const at = reader.addressAt;
        expect(error.subarray(at, at + size)).toEqual(them.subarray(0, size));
        expect(reader.read(error, 0, error.length - 1, family)).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });

  it('reads any bytes, and stays within them', () => {
    const reader = new AnswerReader();
    const families = fc.constantFrom<4 | 6>(4, 6);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 128 }), families, fc.nat(20), (bytes, family, at) => {
        const length = Math.max(0, bytes.length - at);
        if (!reader.read(bytes, at, length, family)) return;
        expect(reader.addressAt + (family === 4 ? 4 : 16)).toBeLessThanOrEqual(bytes.length);
        if (reader.kind === 'syn-ack') expect(reader.options(bytes).length).toBeLessThan(1000);
      }),
      { numRuns: 20_000 },
    );
  });

  it('reads mutated answers', () => {
    const reader = new AnswerReader();
    const base = answer(4, 0x12, 1, [2, 4, 5, 0xb4, 8, 10]);
    fc.assert(
      fc.property(
        fc.nat(base.length - 1),
        fc.nat(255),
        fc.nat(base.length),
        (at, value, length) => {
          const bytes = base.slice(0, length);
          if (at < length) bytes[at] = value;
          if (reader.read(bytes, 0, bytes.length, 4)) reader.options(bytes);
          expect(reader.port).toBeLessThan(65_536);
        },
      ),
      { numRuns: 20_000 },
    );
  });
});

describe('Stacks', () => {
  it('numbers looks, and stops where somebody makes them up', () => {
    const stacks = new Stacks();
    expect([
      stacks.numberOf(64, 1, 'a'),
      stacks.numberOf(64, 2, 'a'),
      stacks.numberOf(64, 1, 'a'),
    ]).toEqual([0, 1, 0]);
    for (let window = 0; window < 5000; window++) stacks.numberOf(1, window, '');
    expect(stacks.facts).toHaveLength(4096);
    expect(stacks.numberOf(9, 9, 'new')).toBe(-1);
  });
});
