import { ERRNO } from './errno.ts';
import { type Libc, type Memory, rawBuffer } from './libc.ts';
import { Netlink } from './netlink.ts';
import { readAttributes, readNumber, writeAttribute } from './netlink-message.ts';
import { AF_INET, AF_INET6 } from './sockaddr.ts';

const RTM_NEWNEIGH = 28;
const RTM_GETNEIGH = 30;
const NLM_F_CREATE = 0x400;
/** `struct ndmsg`: family, interface at 4, state at 8, flags at 10 (linux/neighbour.h). */
const HEADER = 12;
const NDA_DST = 1;
const NDA_LLADDR = 2;
/** "Send a packet there": the kernel looks the link address up, with no state or address of ours (ip-neighbour(8), `use`). */
const NTF_USE = 1;
const NUD_FAILED = 0x20;
/** REACHABLE, STALE, DELAY, PROBE and PERMANENT: the link address is known. */
const NUD_KNOWN = 0x02 | 0x04 | 0x08 | 0x10 | 0x80;
/** Unanswered questions at once: the kernel's table holds 1,024 entries by default (gc_thresh3). */
const AT_ONCE = 256;
const MAC_BYTES = 6;
/** Pauses between looks at the table in milliseconds, the last one for ever. */
const PAUSES = [1, 2, 4, 8, 16, 32];

/** An entry of the neighbour table. */
export interface Neighbour {
  readonly interfaceIndex: number;
  /** 4 or 16 bytes in hexadecimal digits. */
  readonly address: string;
  /** Null while unknown. */
  readonly mac: Uint8Array | null;
  readonly failed: boolean;
}

/** Reads an entry out of RTM_NEWNEIGH; null when it is none. */
export function readNeighbour(body: Uint8Array): Neighbour | null {
  const interfaceIndex = readNumber(body, 4);
  if (body.length < HEADER || interfaceIndex === null) return null;
  const attributes = readAttributes(body, HEADER);
  const address = attributes.get(NDA_DST);
  if (address?.length !== 4 && address?.length !== 16) return null;
  const state = (body[8] ?? 0) | ((body[9] ?? 0) << 8);
  const mac = attributes.get(NDA_LLADDR);
  const known = (state & NUD_KNOWN) !== 0 && mac?.length === MAC_BYTES;
  return {
    interfaceIndex,
    address: hex(address),
    mac: known ? Uint8Array.from(mac) : null,
    failed: (state & NUD_FAILED) !== 0,
  };
}

/** Link addresses of hosts on our own links; the kernel asks for them by ARP (RFC 826) or ND (RFC 4861). */
export class Neighbours {
  readonly #libc: Libc;
  readonly #netlink: Netlink;
  readonly #nothing: Memory = rawBuffer(8);

  private constructor(libc: Libc, netlink: Netlink) {
    this.#libc = libc;
    this.#netlink = netlink;
  }

  /** Negative error number on failure. */
  static open(libc: Libc): Neighbours | number {
    const netlink = Netlink.open(libc);
    return typeof netlink === 'number' ? netlink : new Neighbours(libc, netlink);
  }

  /**
   * The link address (6 bytes) of each of `addresses` (4 or 16 bytes each) on an interface, in the
   * same order; null for those that did not answer within `timeoutMs`. Blocks, at most that long for
   * each 256 addresses. A negative error number when the kernel may not be asked: EPERM without
   * CAP_NET_ADMIN, when some are not in its table yet.
   */
  resolve(
    interfaceIndex: number,
    addresses: readonly Uint8Array[],
    timeoutMs = 1000,
  ): (Uint8Array | null)[] | number {
    const found = new Map<string, Uint8Array>();
    for (let from = 0; from < addresses.length; from += AT_ONCE) {
      const part = addresses.slice(from, from + AT_ONCE);
      const result = this.#resolvePart(interfaceIndex, part, timeoutMs, found);
      if (result < 0) return result;
    }
    return addresses.map((address) => found.get(hex(address)) ?? null);
  }

  #resolvePart(
    interfaceIndex: number,
    addresses: readonly Uint8Array[],
    timeoutMs: number,
    found: Map<string, Uint8Array>,
  ): number {
    const missing = new Map(addresses.map((address) => [hex(address), address]));
    const read = this.#look(interfaceIndex, missing, found, () => undefined);
    if (read < 0) return read;
    for (const address of missing.values()) {
      const asked = this.#ask(interfaceIndex, address);
      // A full table (ENOBUFS) leaves this one out only.
      if (asked < 0 && asked !== -ERRNO.ENOBUFS) return asked;
    }
    const end = performance.now() + timeoutMs;
    for (let turn = 0; missing.size > 0 && performance.now() < end; turn++) {
      this.#libc.poll(this.#nothing, 0, PAUSES[Math.min(turn, PAUSES.length - 1)] ?? 0);
      const result = this.#look(interfaceIndex, missing, found, (key) => missing.delete(key));
      if (result < 0) return result;
    }
    return 0;
  }

  /** Moves what the table knows from `missing` to `found`, and hands over what the kernel gave up. */
  #look(
    interfaceIndex: number,
    missing: Map<string, Uint8Array>,
    found: Map<string, Uint8Array>,
    onFailed: (key: string) => void,
  ): number {
    if (missing.size === 0) return 0;
    return this.#netlink.dump(RTM_GETNEIGH, new Uint8Array(HEADER), ({ body }) => {
      const neighbour = readNeighbour(body);
      if (neighbour?.interfaceIndex !== interfaceIndex || !missing.has(neighbour.address)) return;
      if (neighbour.failed) onFailed(neighbour.address);
      if (neighbour.mac === null) return;
      missing.delete(neighbour.address);
      found.set(neighbour.address, neighbour.mac);
    });
  }

  #ask(interfaceIndex: number, address: Uint8Array): number {
    const header = Buffer.alloc(HEADER);
    header[0] = address.length === 4 ? AF_INET : AF_INET6;
    header.writeInt32LE(interfaceIndex, 4);
    header[10] = NTF_USE;
    const request = Buffer.concat([header, writeAttribute(NDA_DST, address)]);
    return this.#netlink.order(RTM_NEWNEIGH, NLM_F_CREATE, request);
  }

  close(): void {
    this.#netlink.close();
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}
