import type { Memory } from './libc.ts';

/** One `struct sock_filter` (linux/filter.h): jumps are counted from the next instruction. */
export interface Instruction {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

/** Opcodes of classic BPF (linux/bpf_common.h, McCanne and Jacobson 1993), as far as we use them. */
export const OPCODE = {
  loadHalf: 0x28, // A = 16 bits at k
  loadByte: 0x30, // A = 8 bits at k
  loadHalfIndexed: 0x48, // A = 16 bits at X + k
  loadByteIndexed: 0x50, // A = 8 bits at X + k
  headerLength: 0xb1, // X = 4 * (low 4 bits of the byte at k)
  and: 0x54, // A &= k
  ifEqual: 0x15,
  ifGreater: 0x25,
  ifAtLeast: 0x35,
  ifAnyBit: 0x45,
  accept: 0x06, // return k: bytes to keep, 0 drops
} as const;

/** A statement, a jump whose targets are labels (null: the next line), or a label. */
type Line =
  | { readonly op: keyof typeof OPCODE; readonly k: number }
  | {
      readonly op: keyof typeof OPCODE;
      readonly k: number;
      readonly yes: string | null;
      readonly no: string | null;
    }
  | { readonly label: string };

/** Ports of our own side, both ends included. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** Which answers to let through. */
export interface AnswerFilter {
  /** SYN-ACK and RST to these ports. */
  readonly tcp?: PortRange;
  /** Any datagram to these ports. */
  readonly udp?: PortRange;
  /** Bytes to keep of a packet, from the IP header on. */
  readonly keep: number;
}

const TCP = 6;
const UDP = 17;
const ICMP = 1;
const ICMPV6 = 58;
const FRAGMENT = 0x3fff; // more fragments, or an offset (RFC 791 §3.1)
const RST = 0x04;
const SYN_ACK = 0x12;
const FLAGS_AT = 13;
const IPV6_HEADER = 40;

/**
 * The program for a socket that sees whole IPv4 packets: TCP answers and datagrams to our ports, and
 * ICMP destination unreachable (3) and time exceeded (11). Fragments are refused.
 */
export function answersIPv4(filter: AnswerFilter): Instruction[] {
  return assemble([
    { op: 'loadHalf', k: 6 },
    { op: 'ifAnyBit', k: FRAGMENT, yes: 'drop', no: null },
    { op: 'headerLength', k: 0 },
    { op: 'loadByte', k: 9 },
    ...protocols(filter, ICMP),
    ...transports(filter, 'Indexed', 0),
    { label: 'icmp' },
    { op: 'loadByteIndexed', k: 0 },
    { op: 'ifEqual', k: 3, yes: 'keep', no: null },
    { op: 'ifEqual', k: 11, yes: 'keep', no: 'drop' },
    ...ends(filter.keep),
  ]);
}

/**
 * The same for IPv6: ICMPv6 destination unreachable (1), time exceeded (3) and parameter problem (4)
 * (RFC 4443). Packets with extension headers are refused.
 */
export function answersIPv6(filter: AnswerFilter): Instruction[] {
  return assemble([
    { op: 'loadByte', k: 6 },
    ...protocols(filter, ICMPV6),
    ...transports(filter, '', IPV6_HEADER),
    { label: 'icmp' },
    { op: 'loadByte', k: IPV6_HEADER },
    { op: 'ifEqual', k: 1, yes: 'keep', no: null },
    { op: 'ifEqual', k: 3, yes: 'keep', no: null },
    { op: 'ifEqual', k: 4, yes: 'keep', no: 'drop' },
    ...ends(filter.keep),
  ]);
}

function protocols({ tcp, udp }: AnswerFilter, icmp: number): Line[] {
  return [
    ...(tcp === undefined ? [] : [{ op: 'ifEqual', k: TCP, yes: 'tcp', no: null } as const]),
    ...(udp === undefined ? [] : [{ op: 'ifEqual', k: UDP, yes: 'udp', no: null } as const]),
    { op: 'ifEqual', k: icmp, yes: 'icmp', no: 'drop' },
  ];
}

function transports({ tcp, udp }: AnswerFilter, indexed: '' | 'Indexed', base: number): Line[] {
  const half = `loadHalf${indexed}` as const;
  const byte = `loadByte${indexed}` as const;
  const flags: Line[] = [
    { op: byte, k: base + FLAGS_AT },
    { op: 'ifAnyBit', k: RST, yes: 'keep', no: null },
    { op: 'and', k: SYN_ACK },
    { op: 'ifEqual', k: SYN_ACK, yes: 'keep', no: 'drop' },
  ];
  const port: Line = { op: half, k: base + 2 };
  return [
    ...(tcp === undefined ? [] : [{ label: 'tcp' }, port, ...within(tcp, null), ...flags]),
    ...(udp === undefined ? [] : [{ label: 'udp' }, port, ...within(udp, 'keep')]),
  ];
}

function within({ first, last }: PortRange, then: string | null): Line[] {
  return [
    { op: 'ifAtLeast', k: first, yes: null, no: 'drop' },
    { op: 'ifGreater', k: last, yes: 'drop', no: then },
  ];
}

function ends(keep: number): Line[] {
  return [{ label: 'keep' }, { op: 'accept', k: keep }, { label: 'drop' }, { op: 'accept', k: 0 }];
}

/** Labels lie behind the jumps to them, at most 255 instructions away: classic BPF only jumps forward. */
function assemble(lines: readonly Line[]): Instruction[] {
  const labels = new Map<string, number>();
  const code: Exclude<Line, { label: string }>[] = [];
  for (const line of lines) {
    if ('label' in line) labels.set(line.label, code.length);
    else code.push(line);
  }
  return code.map((line, at) => {
    const distance = (label: string | null) =>
      label === null ? 0 : (labels.get(label) ?? 0) - at - 1;
    const [jt, jf] = 'yes' in line ? [distance(line.yes), distance(line.no)] : [0, 0];
    return { code: OPCODE[line.op], jt, jf, k: line.k };
  });
}

/** Writes the program as the kernel reads it, 8 bytes per instruction. */
export function writeProgram(program: readonly Instruction[], memory: Memory, at: number): void {
  program.forEach(({ code, jt, jf, k }, index) => {
    const to = at + index * 8;
    memory.writeUInt16LE(code, to);
    memory.writeUInt8(jt, to + 2);
    memory.writeUInt8(jf, to + 3);
    memory.writeUInt32LE(k, to + 4);
  });
}
