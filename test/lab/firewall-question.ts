import { FULL_PORTS } from '../../src/firewall/boxes.ts';
import type { Family } from '../../src/firewall/layer.ts';
import type { AnswerPart, Question } from '../../src/firewall/packet.ts';
import { readNetwork } from '../../src/model/network.ts';
import type { LabFate } from './firewall-lab.ts';
import { familyOf, type LabPacket, protocolNumber } from './frames.ts';

/** The question about one packet of the lab. */
export function questionOf(packet: LabPacket): Question {
  const family: Family = familyOf(packet.source);
  const one = (port: number | undefined) => (port === undefined ? FULL_PORTS : [port, port + 1]);
  return {
    family,
    protocol: protocolNumber(packet.protocol, family),
    source: point(packet.source),
    destination: point(packet.destination),
    sourcePort: one(packet.sourcePort),
    destinationPort: one(packet.port),
    inDevice: [packet.device],
    ...(packet.protocol === 'icmp'
      ? { icmpType: packet.icmpType ?? (family === 4 ? 8 : 128) }
      : {}),
    ...(packet.tcpFlags === undefined ? {} : { tcpFlags: packet.tcpFlags }),
    ...(beginsNothing(packet) ? { state: 'invalid' } : {}),
  };
}

const SYN_ACK = 0x12;
const FIN = 0x01;

/** Connection tracking takes up a connection at an ACK, too (tcp_loose), not at these. */
function beginsNothing({ protocol, tcpFlags }: LabPacket): boolean {
  return protocol === 'tcp' && (tcpFlags === SYN_ACK || tcpFlags === FIN);
}

function point(address: string): [bigint, bigint] {
  const network = readNetwork(address);
  if (network === null) throw new Error(`no address: ${address}`);
  return [network.first, network.first + 1n];
}

/** In what an answer differs from what the kernel did; `unknown`: it makes no claim. */
export function difference(
  packet: LabPacket,
  parts: readonly AnswerPart[],
  seen: LabFate,
): string | 'unknown' | undefined {
  const said = parts.map((part) => (part.fate === 'accept' ? acceptedAs(packet, part) : part.fate));
  const words = new Set(said);
  if (words.has('unknown')) return 'unknown';
  const kernel =
    seen.fate === 'accept' ? `accept ${seen.path} ${portOf(packet, seen.port)}` : seen.fate;
  return words.size === 1 && words.has(kernel)
    ? undefined
    : `${[...words].join(' and ')}, kernel: ${kernel}`;
}

function acceptedAs(packet: LabPacket, part: AnswerPart): string {
  const port = part.translated?.port?.[0] ?? packet.port ?? 0;
  return `accept ${part.path} ${portOf(packet, port)}`;
}

/** ICMP has none. */
function portOf({ protocol }: LabPacket, port: number): number {
  return protocol === 'icmp' ? 0 : port;
}
