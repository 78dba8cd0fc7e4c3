import type { Reason } from '../../model/port.ts';
import { ERRNO } from '../../net/linux/errno.ts';
import type { Libc } from '../../net/linux/libc.ts';
import { PacketReceiver } from '../../net/linux/packet-receiver.ts';
import { type BatchSender, RawIpSender } from '../../net/linux/raw-send.ts';
import { openFrameSender } from '../../net/linux/xdp-send.ts';
import { ADDRESS_BYTES, type HostBlock } from './hosts.ts';
import { type Path, Paths } from './paths.ts';
import { SynPacket } from './syn-packet.ts';
import type { Fate, OnPacket, OnRefused, Wire } from './wire.ts';

/** Packets of one system call, and how many such runs a sender has slots for. */
const RUN = 512;
const RUNS = 4;
/** Bytes kept of a packet received: IPv6 and TCP headers with all options, or an ICMP error and its quote. */
const KEPT_BYTES = 160;

/** What a send that failed for good says of our own side. */
const REFUSALS: ReadonlyMap<number, Reason> = new Map([
  [ERRNO.EPERM, 'permission'],
  [ERRNO.EACCES, 'permission'],
  [ERRNO.ENETUNREACH, 'no-route'],
  [ERRNO.EHOSTUNREACH, 'no-route'],
  [ERRNO.ENETDOWN, 'no-route'],
  [ERRNO.EINVAL, 'no-route'],
]);
/** There is no room just now: the packet is sent later. */
const NO_ROOM: ReadonlySet<number> = new Set([ERRNO.EAGAIN, ERRNO.ENOBUFS, ERRNO.ENOMEM]);

/** One socket with its slots, for packets that differ in destination only. */
class Outlet {
  readonly #sender: BatchSender;
  readonly #packet: SynPacket;
  readonly #chunks: Int32Array;
  readonly #probes: Uint32Array;
  /** The link address that stands in each slot. */
  readonly #macs: (Uint8Array | null)[];
  /** Slots of one run: a card may still read those of the runs before. */
  readonly #run: number;
  #first = 0;
  #next = 0;
  #refused = 0;
  #droppedBefore = 0;

  constructor(sender: BatchSender, packet: SynPacket) {
    this.#sender = sender;
    this.#packet = packet;
    this.#run = sender.slots / RUNS;
    this.#chunks = new Int32Array(sender.slots);
    this.#probes = new Uint32Array(sender.slots);
    this.#macs = Array.from({ length: sender.slots }, () => null);
    for (let slot = 0; slot < sender.slots; slot++) {
      packet.layOut(sender.bytes, sender.packetAt(slot));
    }
  }

  get full(): boolean {
    return this.#next > this.#first && this.#next % this.#run === 0;
  }

  put(
    path: Path,
    block: HostBlock,
    host: number,
    sourcePort: number,
    port: number,
    sequence: number,
    stamp: number,
    chunk: number,
    probe: number,
  ): void {
    const slot = this.#next++;
    const { bytes } = this.#sender;
    const at = this.#sender.packetAt(slot);
    const from = host * ADDRESS_BYTES;
    const { mac } = path;
    if (mac !== null && this.#macs[slot] !== mac) {
      this.#macs[slot] = mac;
      this.#packet.aim(bytes, at, mac);
    }
    this.#packet.complete(bytes, at, block.addresses, from, sourcePort, port, sequence, stamp);
    this.#sender.seal(slot, this.#packet.bytes, block.scopes[host] ?? 0);
    this.#chunks[slot] = chunk;
    this.#probes[slot] = probe;
  }

  /** Sends all that is queued; what finds no room stays where it is until the next call. */
  flush(onRefused: OnRefused): void {
    while (this.#first < this.#next) {
      this.#first += this.#sender.send(this.#first, this.#next - this.#first);
      if (this.#first >= this.#next) break;
      if (NO_ROOM.has(this.#sender.error)) {
        this.#refused += 1;
        return;
      }
      const reason = REFUSALS.get(this.#sender.error) ?? 'other-local';
      onRefused(this.#chunks[this.#first] ?? 0, this.#probes[this.#first] ?? 0, reason);
      this.#first += 1;
    }
    const following = Math.ceil(this.#next / this.#run) % RUNS;
    this.#first = following * this.#run;
    this.#next = this.#first;
  }

  /** Times that packets found no room, and packets thrown away, since the last call. */
  takeDrops(): number {
    const drops = this.#refused + this.#sender.dropped - this.#droppedBefore;
    this.#refused = 0;
    this.#droppedBefore = this.#sender.dropped;
    return drops;
  }

  close(): void {
    this.#sender.close();
  }
}

/** The wire of Linux: AF_PACKET where the next hop's link address is known, raw IP sockets elsewhere. */
export class PacketWire implements Wire {
  onRefused: OnRefused = () => undefined;
  readonly #libc: Libc;
  readonly #paths: Paths;
  readonly #receiver: PacketReceiver;
  readonly #outlets = new Map<string, Outlet>();
  /** The outlet of each path. */
  readonly #outletOf: (Outlet | undefined)[] = [];

  private constructor(libc: Libc, paths: Paths, receiver: PacketReceiver) {
    this.#libc = libc;
    this.#paths = paths;
    this.#receiver = receiver;
  }

  /** `ports` are the source ports in use. Negative error number on failure: EPERM without CAP_NET_RAW. */
  static open(libc: Libc, ports: { first: number; last: number }): PacketWire | number {
    const receiver = PacketReceiver.open(libc, { tcp: ports, keep: KEPT_BYTES });
    if (typeof receiver === 'number') return receiver;
    const paths = Paths.open(libc);
    if (typeof paths !== 'number') return new PacketWire(libc, paths, receiver);
    receiver.close();
    return paths;
  }

  get fates(): readonly Fate[] {
    return this.#paths.fates;
  }

  paths(block: HostBlock): Int16Array {
    return this.#paths.of(block);
  }

  put(
    path: number,
    block: HostBlock,
    host: number,
    sourcePort: number,
    port: number,
    sequence: number,
    stamp: number,
    chunk: number,
    probe: number,
  ): boolean {
    const outlet = this.#outletOf[path] ?? this.#open(path);
    const way = this.#paths.known[path];
    if (outlet.full) outlet.flush(this.onRefused);
    if (way === undefined || outlet.full) return false;
    outlet.put(way, block, host, sourcePort, port, sequence, stamp, chunk, probe);
    return true;
  }

  /** The outlet of a path; those that differ in the next hop alone share one. */
  #open(number: number): Outlet {
    const path = this.#paths.known[number] as Path;
    const key = `${path.interfaceIndex} ${path.mac === null} ${Buffer.from(path.source).toString('hex')}`;
    const outlet = this.#outlets.get(key) ?? this.#make(path);
    this.#outlets.set(key, outlet);
    this.#outletOf[number] = outlet;
    return outlet;
  }

  #make({ family, source, mac, ourMac, interfaceIndex }: Path): Outlet {
    const framed = mac !== null;
    const packet = new SynPacket({ family, address: source, mac: framed ? ourMac : null });
    const shape = { slots: RUN * RUNS, slotBytes: packet.bytes };
    const sender = framed
      ? openFrameSender(this.#libc, interfaceIndex, shape)
      : RawIpSender.open(this.#libc, family, shape);
    if (typeof sender === 'number') throw new Error(`no socket to send from (error ${-sender})`);
    return new Outlet(sender, packet);
  }

  flush(): void {
    for (const outlet of this.#outlets.values()) outlet.flush(this.onRefused);
  }

  receive(timeoutMs: number, onPacket: OnPacket): number {
    return this.#receiver.receive(Math.ceil(timeoutMs), onPacket);
  }

  takeDrops(): { readonly sent: number; readonly received: number } {
    let sent = 0;
    for (const outlet of this.#outlets.values()) sent += outlet.takeDrops();
    return { sent, received: this.#receiver.takeDrops() };
  }

  close(): void {
    this.#receiver.close();
    this.#paths.close();
    for (const outlet of this.#outlets.values()) outlet.close();
  }
}
