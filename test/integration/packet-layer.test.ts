import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Libc, loadLibc } from '../../src/net/linux/libc.ts';
import { PacketReceiver } from '../../src/net/linux/packet-receiver.ts';
import { type BatchSender, PacketSender, RawIpSender } from '../../src/net/linux/raw-send.ts';
import { encodeAddress } from '../../src/net/linux/sockaddr.ts';
import { openFrameSender, XdpSender } from '../../src/net/linux/xdp-send.ts';
import { findCommand } from '../helpers/needs.ts';
import { makeNamespace, type Namespace, namespacesMet } from '../lab/namespace.ts';

const OUR_PORT = 31_000;
const OPEN = 8080;
const REJECTED = 8081;
const CLOSED = 8082;
const EBUSY = 16;
const ENODEV = 19;
const EACCES = 13;
const ENETDOWN = 100;
const shape = { slots: 64, slotBytes: 128 };
const filter = {
  tcp: { first: OUR_PORT, last: OUR_PORT + 9 },
  udp: { first: OUR_PORT, last: OUR_PORT },
  keep: 100,
};

interface Answer {
  readonly family: 4 | 6;
  readonly interfaceIndex: number;
  readonly protocol: number;
  /** From the header behind IP on. */
  readonly transport: Buffer;
}

function addressBytes(text: string): Buffer {
  const address = encodeAddress(text, () => 0)?.bytes ?? Buffer.alloc(0);
  return address.length === 16 ? address.subarray(4, 8) : address.subarray(8, 24);
}

function checksum(...parts: Uint8Array[]): number {
  const bytes = Buffer.concat(parts);
  let sum = 0;
  for (let at = 0; at + 1 < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return 0xffff - sum;
}

/** A TCP header with SYN (RFC 9293 §3.1), summed up with the pseudo header of either family. */
function syn(from: Buffer, to: Buffer, port: number): Buffer {
  const tcp = Buffer.alloc(20);
  tcp.writeUInt16BE(OUR_PORT, 0);
  tcp.writeUInt16BE(port, 2);
  tcp.writeUInt32BE(0x12345678, 4);
  tcp.writeUInt16BE(0x5002, 12);
  tcp.writeUInt16BE(1024, 14);
  tcp.writeUInt16BE(checksum(from, to, Uint8Array.of(0, 6, 0, 20), tcp), 16);
  return tcp;
}

function datagram(port: number): Buffer {
  const udp = Buffer.alloc(8);
  udp.writeUInt16BE(OUR_PORT, 0);
  udp.writeUInt16BE(port, 2);
  udp.writeUInt16BE(8, 4);
  return udp;
}

/** An IPv4 or IPv6 packet around `payload`. */
function packet(from: Buffer, to: Buffer, protocol: number, payload: Buffer): Buffer {
  if (from.length === 16) {
    const ip = Buffer.from([0x60, 0, 0, 0, 0, payload.length, protocol, 64]);
    return Buffer.concat([ip, from, to, payload]);
  }
  const ip = Buffer.from([0x45, 0, 0, 20 + payload.length, 0, 1, 0, 0, 64, protocol, 0, 0]);
  ip.writeUInt16BE(checksum(ip, from, to), 10);
  return Buffer.concat([ip, from, to, payload]);
}

function synPacket(from: string, to: string, port: number): Buffer {
  const [source, target] = [addressBytes(from), addressBytes(to)];
  return packet(source, target, 6, syn(source, target, port));
}

function put(sender: BatchSender, slot: number, bytes: Uint8Array): void {
  sender.bytes.set(bytes, sender.packetAt(slot));
  sender.seal(slot, bytes.length);
}

function opened<T extends object>(result: T | number): T {
  if (typeof result === 'number') throw new Error(`error number ${-result}`);
  return result;
}

/** A queue is free again some milliseconds after its last socket was closed. */
function openPatiently<T>(open: () => T | number): T | number {
  for (let attempt = 0; attempt < 100; attempt++) {
    const result = open();
    if (result !== -EBUSY) return result;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  }
  return -EBUSY;
}

/** The filter lets all ICMP errors through; those that quote another port answer other tests. */
function isOurs(protocol: number, family: 4 | 6, transport: Buffer): boolean {
  if (protocol === 6 || protocol === 17) return true;
  const quotedPortAt = 8 + (family === 4 ? 20 : 40);
  if (transport.length < quotedPortAt + 2) return false;
  const port = transport.readUInt16BE(quotedPortAt);
  return port >= OUR_PORT && port <= OUR_PORT + 9;
}

/** Everything until `count` answers have come, or nothing more does for 1 s. */
function answers(receiver: PacketReceiver, count: number): Answer[] {
  const got: Answer[] = [];
  while (got.length < count) {
    const taken = receiver.receive(1000, (bytes, offset, length, family, interfaceIndex) => {
      const [protocolAt, header] = family === 4 ? [9, 20] : [6, 40];
      const transport = Buffer.from(bytes.subarray(offset + header, offset + length));
      const protocol = bytes[offset + protocolAt] ?? 0;
      if (!isOurs(protocol, family, transport)) return;
      got.push({ family, interfaceIndex, protocol, transport });
    });
    if (taken <= 0) break;
  }
  return got;
}

/** Source port and flags of TCP answers, in the order of the ports. */
function flagsByPort(got: readonly Answer[]): string[] {
  return got
    .filter(({ protocol }) => protocol === 6)
    .map(({ transport }) => `${transport.readUInt16BE(0)} ${transport[13]?.toString(16)}`)
    .sort();
}

describe.skipIf(!namespacesMet('nft'))('packets', () => {
  let libc: Libc;
  let namespace: Namespace;
  let receiver: PacketReceiver;
  let linkHeaderIPv4: Buffer;

  beforeAll(async () => {
    libc = await loadLibc();
    namespace = makeNamespace();
    namespace.nft(`table inet t {
      chain c {
        type filter hook input priority 0
        tcp dport ${REJECTED} reject with icmpx admin-prohibited
      }
    }`);
    await namespace.listen([OPEN]);
    receiver = opened(PacketReceiver.open(libc, filter));
    linkHeaderIPv4 = linkHeader(4);
  });

  afterAll(() => {
    receiver?.close();
    namespace?.close();
  });

  function linkHeader(family: 4 | 6): Buffer {
    const { near, far } = namespace;
    const to = namespace.exec('cat', `/sys/class/net/${far.device}/address`);
    const from = readFileSync(`/sys/class/net/${near.device}/address`, 'utf8');
    const hex = `${to}${from}${family === 4 ? '0800' : '86dd'}`;
    return Buffer.from(hex.replaceAll(/[^0-9a-f]/g, ''), 'hex');
  }

  function ends(family: 4 | 6): [string, string] {
    const { near, far } = namespace;
    return family === 4 ? [near.v4, far.v4] : [near.v6, far.v6];
  }

  describe.each([
    ['AF_PACKET', PacketSender],
    ['AF_XDP', XdpSender],
  ])('over %s', (_, kind) => {
    it.each([4, 6] as const)('IPv%i frames bring SYN-ACK, RST and ICMP back', (family) => {
      const index = libc.interfaceIndex(namespace.near.device);
      const sender = opened<BatchSender>(openPatiently(() => kind.open(libc, index, shape)));
      const [from, to] = ends(family);
      const header = linkHeader(family);
      [OPEN, CLOSED, REJECTED].forEach((port, slot) => {
        put(sender, slot, Buffer.concat([header, synPacket(from, to, port)]));
      });
      expect(sender.send(0, 3)).toBe(3);
      expect([sender.error, sender.dropped]).toEqual([0, 0]);
      sender.close();
      const got = answers(receiver, 3);
      expect(flagsByPort(got)).toEqual([`${OPEN} 12`, `${CLOSED} 14`]);
      const icmp = got.filter(({ protocol }) => protocol === (family === 4 ? 1 : 58));
      const said = family === 4 ? [3, 13] : [1, 1];
      expect(icmp.map(({ transport }) => [...transport.subarray(0, 2)])).toEqual([said]);
      expect(new Set(got.map((answer) => answer.family))).toEqual(new Set([family]));
      expect(new Set(got.map(({ interfaceIndex }) => interfaceIndex))).toEqual(new Set([index]));
    });

    it('sends every slot as it is when its run goes out', () => {
      const index = libc.interfaceIndex(namespace.near.device);
      const sender = opened<BatchSender>(openPatiently(() => kind.open(libc, index, shape)));
      const [from, to] = ends(4);
      const ports: number[] = [];
      for (let run = 0; run < 100; run++) {
        const first = (run * 16) % 64;
        for (let slot = first; slot < first + 16; slot++) {
          const port = 20_000 + ports.length;
          put(sender, slot, Buffer.concat([linkHeaderIPv4, synPacket(from, to, port)]));
          ports.push(port);
        }
        expect(sender.send(first, 16)).toBe(16);
      }
      sender.close();
      const expected = ports.map((port) => `${port} 14`);
      expect(flagsByPort(answers(receiver, ports.length))).toEqual(expected);
    });

    it('says why it cannot send', () => {
      expect(kind.open(libc, 0x7fff_ffff, shape)).toBe(-ENODEV);
      const downed = makeNamespace();
      const index = libc.interfaceIndex(downed.near.device);
      const sender = opened<BatchSender>(kind.open(libc, index, shape));
      execFileSync(findCommand('ip') ?? '', ['link', 'set', 'dev', downed.near.device, 'down']);
      put(sender, 0, Buffer.alloc(60));
      expect([sender.send(0, 1), sender.error]).toEqual([0, ENETDOWN]);
      sender.close();
      downed.close();
    });
  });

  it('takes AF_PACKET when another has the queue', () => {
    const index = libc.interfaceIndex(namespace.near.device);
    const first = opened(openPatiently(() => XdpSender.open(libc, index, shape)));
    expect(XdpSender.open(libc, index, shape)).toBe(-EBUSY);
    const second = opened(openFrameSender(libc, index, shape));
    expect([first, second].map(({ constructor }) => constructor)).toEqual([
      XdpSender,
      PacketSender,
    ]);
    first.close();
    second.close();
    const third = opened(openFrameSender(libc, index, shape));
    expect(third).toBeInstanceOf(XdpSender);
    third.close();
  });

  it.each([4, 6] as const)('IPv%i packets find their way by routing', (family) => {
    const sender = opened(RawIpSender.open(libc, family, shape));
    const [from, to] = ends(family);
    [OPEN, CLOSED].forEach((port, slot) => put(sender, slot, synPacket(from, to, port)));
    expect(sender.send(0, 2)).toBe(2);
    sender.close();
    expect(flagsByPort(answers(receiver, 2))).toEqual([`${OPEN} 12`, `${CLOSED} 14`]);
  });

  it.each([
    [4, '127.0.0.1'],
    [6, '::1'],
  ] as const)('IPv%i packets reach ourselves', (family, address) => {
    const sender = opened(RawIpSender.open(libc, family, shape));
    put(sender, 0, synPacket(address, address, 1));
    expect(sender.send(0, 1)).toBe(1);
    sender.close();
    const [got] = answers(receiver, 1);
    expect(got?.interfaceIndex).toBe(libc.interfaceIndex('lo'));
    expect(got?.transport[13]).toBe(0x14);
  });

  it('reaches a link-local address by its interface', () => {
    const sender = opened(RawIpSender.open(libc, 6, shape));
    const linkLocal = (text: string) => /inet6 (fe80[^/]+)/.exec(text)?.[1] ?? '';
    const { near, far } = namespace;
    const to = linkLocal(namespace.exec('ip', '-6', 'addr', 'show', 'dev', far.device));
    const bytes = synPacket(near.v6, to, CLOSED);
    sender.bytes.set(bytes, sender.packetAt(0));
    sender.seal(0, bytes.length, libc.interfaceIndex(near.device));
    let got: Answer[] = [];
    // The address answers only after duplicate address detection (RFC 4862 §5.4), one to two seconds.
    for (let attempt = 0; attempt < 5 && got.length === 0; attempt++) {
      expect(sender.send(0, 1)).toBe(1);
      got = answers(receiver, 6);
    }
    sender.close();
    expect(new Set(flagsByPort(got))).toEqual(new Set([`${CLOSED} 14`]));
  });

  it('stops at the packet that was refused, tells why, and goes on behind it', () => {
    const sender = opened(RawIpSender.open(libc, 4, shape));
    const [from, to] = ends(4);
    const last = to.split('.').map(Number);
    const broadcast = [...last.slice(0, 3), (last[3] ?? 0) + 1].join('.');
    [to, broadcast, to].forEach((target, slot) =>
      put(sender, slot, synPacket(from, target, CLOSED)),
    );
    expect([sender.send(0, 3), sender.error]).toEqual([1, EACCES]);
    expect([sender.send(2, 1), sender.error]).toEqual([1, 0]);
    sender.close();
    expect(answers(receiver, 2)).toHaveLength(2);
  });

  it('counts what there was no room for', () => {
    const narrow = opened(PacketReceiver.open(libc, filter, 4096));
    const sender = opened(RawIpSender.open(libc, 4, shape));
    const home = addressBytes('127.0.0.1');
    for (let slot = 0; slot < 64; slot++) {
      put(sender, slot, packet(home, home, 17, datagram(OUR_PORT)));
    }
    expect(sender.send(0, 64)).toBe(64);
    sender.close();
    const kept = answers(narrow, 64).filter(({ protocol }) => protocol === 17).length;
    expect(kept).toBeGreaterThan(0);
    expect(kept + narrow.takeDrops()).toBeGreaterThanOrEqual(64);
    expect(narrow.takeDrops()).toBe(0);
    narrow.close();
    expect(receiver.takeDrops()).toBe(0);
    expect(answers(receiver, 64).length).toBeGreaterThanOrEqual(64);
  });

  it('sees nothing but answers to its ports', () => {
    const other = opened(PacketReceiver.open(libc, { tcp: { first: 1, last: 9 }, keep: 100 }));
    const sender = opened(RawIpSender.open(libc, 4, shape));
    const [from, to] = ends(4);
    put(sender, 0, synPacket(from, to, OPEN));
    put(sender, 1, synPacket(from, to, CLOSED));
    expect(sender.send(0, 2)).toBe(2);
    sender.close();
    expect(answers(receiver, 2)).toHaveLength(2);
    expect(other.receive(0, () => undefined)).toBe(0);
    other.close();
  });
});
