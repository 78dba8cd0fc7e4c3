import type { Namespace } from './namespace.ts';
import { openTun, type Tun } from './tun.ts';

/** What a peer does that only completes handshakes. */
export type RawBehaviour =
  /** SYN-ACK with a window of 0, and so every acknowledgement after it. */
  | 'zero-window'
  /** SYN-ACK with a window, and silence after it. */
  | 'never-acknowledges';

const IP_HEADER = 20;
const TCP_HEADER = 20;
const MSS_OPTION = Buffer.from([2, 4, 5, 180]);
const SYN = 0x02;
const RST = 0x04;
const ACK = 0x10;
const TCP = 6;
const FIRST_SEQUENCE = 0x1000_0000;

let made = 0;

export interface RawPeer {
  readonly address: string;
  /** Ports to which the peer is not there: they are refused. */
  readonly closed: Set<number>;
  close(): void;
}

/**
 * A host behind `namespace` that answers every SYN to `address` as a device does that knows no
 * service: packets come to this process through a TUN device, so that no kernel answers for it.
 */
export async function startRawPeer(
  namespace: Namespace,
  address: string,
  behaviour: RawBehaviour,
): Promise<RawPeer> {
  made += 1;
  const name = `pt${process.pid.toString(36)}x${made}`;
  const closed = new Set<number>();
  const peer = new Answerer(behaviour, closed);
  const tun = await openTun(name, (packet, device) => peer.answer(packet, device));
  namespace.adopt(name, address);
  return { address, closed, close: () => tun.close() };
}

class Answerer {
  readonly #behaviour: RawBehaviour;
  readonly #closed: ReadonlySet<number>;
  /** What is acknowledged on each connection, for ever: all up to the SYN. */
  readonly #taken = new Map<string, number>();

  constructor(behaviour: RawBehaviour, closed: ReadonlySet<number>) {
    this.#behaviour = behaviour;
    this.#closed = closed;
  }

  answer(packet: Buffer, tun: Tun): void {
    if (packet.length < IP_HEADER + TCP_HEADER || packet[0] !== 0x45 || packet[9] !== TCP) return;
    const flags = packet[IP_HEADER + 13] ?? 0;
    const flow = packet.toString('latin1', IP_HEADER, IP_HEADER + 4);
    if ((flags & RST) !== 0) this.#taken.delete(flow);
    else if ((flags & SYN) !== 0) this.#greet(packet, flow, tun);
    else this.#refuseData(packet, flow, tun);
  }

  #greet(packet: Buffer, flow: string, tun: Tun): void {
    const taken = (packet.readUInt32BE(IP_HEADER + 4) + 1) >>> 0;
    const refused = this.#closed.has(packet.readUInt16BE(IP_HEADER + 2));
    if (refused)
      return tun.send(reply(packet, { flags: RST | ACK, sequence: 0, taken, window: 0 }));
    this.#taken.set(flow, taken);
    const window = this.#behaviour === 'zero-window' ? 0 : 29_200;
    tun.send(reply(packet, { flags: SYN | ACK, sequence: FIRST_SEQUENCE, taken, window }));
  }

  /** A window probe is an old byte or none at all (RFC 9293 §3.8.6.1): the answer takes nothing. */
  #refuseData(packet: Buffer, flow: string, tun: Tun): void {
    const taken = this.#taken.get(flow);
    if (this.#behaviour !== 'zero-window' || taken === undefined) return;
    const isProbe = packet.readUInt32BE(IP_HEADER + 4) !== taken || dataBytes(packet) > 0;
    if (!isProbe) return;
    tun.send(reply(packet, { flags: ACK, sequence: FIRST_SEQUENCE + 1, taken, window: 0 }));
  }
}

function dataBytes(packet: Buffer): number {
  return packet.length - IP_HEADER - ((packet[IP_HEADER + 12] ?? 0) >> 4) * 4;
}

interface Reply {
  readonly flags: number;
  readonly sequence: number;
  /** The acknowledgement. */
  readonly taken: number;
  readonly window: number;
}

/** IPv4 and TCP headers back to the sender of a packet. */
function reply(to: Buffer, { flags, sequence, taken, window }: Reply): Buffer {
  const options = (flags & SYN) === 0 ? Buffer.alloc(0) : MSS_OPTION;
  const packet = Buffer.alloc(IP_HEADER + TCP_HEADER + options.length);
  packet.set([0x45, 0]);
  packet.writeUInt16BE(packet.length, 2);
  packet.set([64, TCP], 8);
  to.copy(packet, 12, 16, 20);
  to.copy(packet, 16, 12, 16);
  packet.writeUInt16BE(checksum(packet.subarray(0, IP_HEADER)), 10);
  const tcp = packet.subarray(IP_HEADER);
  to.copy(tcp, 0, IP_HEADER + 2, IP_HEADER + 4);
  to.copy(tcp, 2, IP_HEADER, IP_HEADER + 2);
  tcp.writeUInt32BE(sequence, 4);
  tcp.writeUInt32BE(taken, 8);
  tcp.set([((TCP_HEADER + options.length) / 4) << 4, flags], 12);
  tcp.writeUInt16BE(window, 14);
  options.copy(tcp, TCP_HEADER);
  tcp.writeUInt16BE(checksum(pseudoHeader(packet), tcp), 16);
  return packet;
}

function pseudoHeader(packet: Buffer): Buffer {
  const length = packet.length - IP_HEADER;
  return Buffer.from([...packet.subarray(12, 20), 0, TCP, length >> 8, length & 0xff]);
}

/** RFC 1071, over parts of even length. */
function checksum(...parts: readonly Buffer[]): number {
  let sum = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length; at += 2) sum += part.readUInt16BE(at);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
