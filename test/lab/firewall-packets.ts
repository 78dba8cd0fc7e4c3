import fc from 'fast-check';
import { evaluate } from '../../src/firewall/evaluate.ts';
import type { Layer } from '../../src/firewall/layer.ts';
import type { AnswerPart, Question } from '../../src/firewall/packet.ts';
import type { Machine } from '../../src/model/machine.ts';
import { readNetwork } from '../../src/model/network.ts';
import type { LabFate } from './firewall-lab.ts';
import { familyOf, type LabPacket, protocolNumber } from './frames.ts';

/** Addresses that packets come from and go to; rules are written about these. */
export const PLACES = {
  4: {
    sources: [
      '203.0.113.9',
      '203.0.113.77',
      '198.51.100.7',
      '10.1.2.3',
      '10.200.0.1',
      '192.168.1.5',
    ],
    own: ['192.0.2.1', '198.51.100.1', '172.17.0.1'],
    others: ['172.17.0.2', '198.51.100.99', '203.0.113.200'],
  },
  6: {
    sources: ['2001:db8:9::9', '2001:db8:9::77', '2001:db8:1::7', 'fd12::3', 'fd12:1::1'],
    own: ['2001:db8::1', '2001:db8:1::1', 'fd00:17::1'],
    others: ['fd00:17::2', '2001:db8:1::99', '2001:db8:ffff::1'],
  },
} as const;

export const PORTS = [22, 25, 53, 80, 443, 1024, 5432, 8080, 30080, 65_535];
export const DEVICES = ['eth0', 'eth1', 'docker0'];
const SOURCE_PORTS = [53, 123, 1023, 1024, 5353, 20_000, 32_768, 50_000, 65_535];

const SYN = 2;
const ACK = 16;
/** Flags of packets that begin a connection for the kernel: ACK is taken up in the middle of one. */
const NEW_FLAGS: readonly number[] = [SYN, ACK];
/** Flags that begin none: none, SYN-ACK, RST, FIN with PSH and URG. */
const INVALID_FLAGS = [0, 18, 4, 41];

/** Mostly to the host itself and mostly new connections. */
function arbitraryPacket(family: 4 | 6): fc.Arbitrary<LabPacket> {
  const { sources, own, others } = PLACES[family];
  const echo = family === 4 ? 8 : 128;
  return fc.record({
    device: fc.constantFrom(...DEVICES),
    source: fc.constantFrom(...sources),
    destination: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...own) },
      { weight: 1, arbitrary: fc.constantFrom(...others) },
    ),
    protocol: fc.oneof(
      { weight: 5, arbitrary: fc.constant('tcp' as const) },
      { weight: 4, arbitrary: fc.constant('udp' as const) },
      { weight: 1, arbitrary: fc.constant('icmp' as const) },
    ),
    sourcePort: fc.oneof(fc.constantFrom(...SOURCE_PORTS), fc.integer({ min: 1025, max: 65_534 })),
    port: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...PORTS) },
      fc.integer({ min: 1, max: 65_535 }),
    ),
    tcpFlags: fc.oneof(
      { weight: 8, arbitrary: fc.constant(SYN) },
      { weight: 1, arbitrary: fc.constant(ACK) },
      { weight: 1, arbitrary: fc.constantFrom(...INVALID_FLAGS) },
    ),
    icmpType: fc.constantFrom(echo, echo, echo, ...(family === 4 ? [13] : [])),
  });
}

/** No two of them share source address and port: what a translation makes of them stays apart. */
export function arbitraryPackets(count: number): fc.Arbitrary<LabPacket[]> {
  const one = fc.oneof(arbitraryPacket(4), arbitraryPacket(6));
  const packets = fc.uniqueArray(one, {
    minLength: count,
    maxLength: count,
    selector: ({ protocol, source, sourcePort }) => `${protocol} ${source} ${sourcePort}`,
  });
  return fc.noShrink(packets);
}

function addressValue(text: string): bigint {
  const network = readNetwork(text);
  if (network === null) throw new Error(`${text} is no address`);
  return network.first;
}

/** What is to be asked about a packet. */
export function questionOf(packet: LabPacket): Question {
  const family = familyOf(packet.source);
  const source = addressValue(packet.source);
  const destination = addressValue(packet.destination);
  const hasPorts = packet.protocol !== 'icmp';
  const port = (value: number | undefined) =>
    hasPorts ? [value ?? 0, (value ?? 0) + 1] : [0, 65_536];
  const flags = packet.tcpFlags ?? SYN;
  const invalid = packet.protocol === 'tcp' && !NEW_FLAGS.includes(flags);
  return {
    family,
    protocol: protocolNumber(packet.protocol, family),
    source: [source, source + 1n],
    destination: [destination, destination + 1n],
    sourcePort: port(packet.sourcePort),
    destinationPort: port(packet.port),
    inDevice: [packet.device],
    state: invalid ? 'invalid' : 'new',
    ...(packet.protocol === 'tcp' ? { tcpFlags: flags } : {}),
    ...(hasPorts ? {} : { icmpType: packet.icmpType ?? (family === 4 ? 8 : 128) }),
  };
}

export interface Disagreement {
  readonly packet: LabPacket;
  readonly kernel: LabFate;
  readonly said: readonly AnswerPart[];
}

/** What `evaluate` made of packets, held against what the kernel did with them. */
export interface Comparison {
  readonly wrong: readonly Disagreement[];
  /** Packets of which `evaluate` said that it cannot tell. */
  readonly unknown: readonly Disagreement[];
}

export function compareFates(
  layers: readonly Layer[],
  machine: Machine,
  packets: readonly LabPacket[],
  fates: readonly LabFate[],
): Comparison {
  const wrong: Disagreement[] = [];
  const unknown: Disagreement[] = [];
  packets.forEach((packet, at) => {
    const kernel = fates[at] ?? { fate: 'drop' };
    const said = evaluate(layers, questionOf(packet), machine);
    const entry = { packet, kernel, said };
    if (said.some(({ fate }) => fate === 'unknown')) unknown.push(entry);
    else if (said.length !== 1 || !said.every((part) => agrees(part, kernel, packet)))
      wrong.push(entry);
  });
  return { wrong, unknown };
}

function agrees(part: AnswerPart, kernel: LabFate, packet: LabPacket): boolean {
  if (kernel.fate !== 'accept') {
    if (part.fate === kernel.fate) return true;
    return part.fate !== 'accept' && !tellsRefusal(packet);
  }
  if (part.fate !== 'accept' || part.path !== kernel.path) return false;
  const port = part.translated?.port;
  const wanted = packet.protocol === 'icmp' ? [0, 1] : (port ?? part.destinationPort);
  return wanted[0] === kernel.port && wanted[1] === kernel.port + 1;
}

/** A reset names a SYN it answers; of other packets a refusal cannot be told from silence. */
function tellsRefusal({ protocol, tcpFlags = SYN }: LabPacket): boolean {
  return protocol !== 'tcp' || tcpFlags === SYN;
}

/** For a failed test: the packet, what the kernel did, what was said. */
export function describeDisagreement({ packet, kernel, said }: Disagreement): string {
  const parts = said.map(({ fate, path, translated, decisions }) => ({
    fate,
    path,
    translated,
    decisions,
  }));
  const text = JSON.stringify({ packet, kernel, said: parts }, (_, value) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
  return text.slice(0, 1500);
}
