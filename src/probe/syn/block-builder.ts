import { isIP } from 'node:net';
import { ADDRESS_BYTES, type HostBlock } from './hosts.ts';

/** Gives the 16 bytes and the interface of an IPv6 address; null when it is none. */
export type ReadIPv6 = (text: string) => { bytes: Uint8Array; scope: number } | null;

/** Collects addresses into a block. */
export class BlockBuilder {
  readonly loopback: boolean;
  readonly texts: string[] = [];
  readonly #room: number;
  readonly #ports: readonly number[];
  readonly #families: Uint8Array;
  readonly #addresses: Uint8Array;
  readonly #scopes: Uint32Array;
  readonly #readIPv6: ReadIPv6;
  #left: Uint32Array | null = null;

  /** At most `room` addresses. */
  constructor(room: number, ports: readonly number[], loopback: boolean, readIPv6: ReadIPv6) {
    this.loopback = loopback;
    this.#room = room;
    this.#ports = ports;
    this.#readIPv6 = readIPv6;
    this.#families = new Uint8Array(room);
    this.#addresses = new Uint8Array(room * ADDRESS_BYTES);
    this.#scopes = new Uint32Array(room);
  }

  get full(): boolean {
    return this.texts.length === this.#room;
  }

  /** False when `address` is no IP address. `wanted` are the ports to ask of it. */
  add(address: string, wanted: readonly number[]): boolean {
    const host = this.texts.length;
    if (!this.#write(address, host)) return false;
    this.texts.push(address);
    if (wanted !== this.#ports) this.#leaveOut(host, new Set(wanted));
    return true;
  }

  block(): HostBlock {
    const count = this.texts.length;
    const bits = Math.ceil((count * this.#ports.length) / 32);
    return {
      count,
      families: this.#families.slice(0, count),
      addresses: this.#addresses.slice(0, count * ADDRESS_BYTES),
      scopes: this.#scopes.slice(0, count),
      loopback: this.loopback,
      left: this.#left?.slice(0, bits) ?? null,
    };
  }

  #write(address: string, host: number): boolean {
    const at = host * ADDRESS_BYTES;
    if (isIP(address) === 4) {
      this.#families[host] = 4;
      return this.#writeIPv4(address, at);
    }
    const read = this.#readIPv6(address);
    if (read === null) return false;
    this.#families[host] = 6;
    this.#addresses.set(read.bytes, at);
    this.#scopes[host] = read.scope;
    return true;
  }

  #writeIPv4(address: string, at: number): boolean {
    let part = 0;
    let value = 0;
    for (let index = 0; index < address.length; index++) {
      const code = address.charCodeAt(index);
      if (code === 0x2e) {
        this.#addresses[at + part++] = value;
        value = 0;
      } else value = value * 10 + code - 0x30;
    }
    this.#addresses[at + part] = value;
    return true;
  }

  #leaveOut(host: number, wanted: ReadonlySet<number>): void {
    const size = this.#ports.length;
    this.#left ??= new Uint32Array(Math.ceil((this.#room * size) / 32));
    for (const [index, port] of this.#ports.entries()) {
      if (wanted.has(port)) continue;
      const probe = host * size + index;
      this.#left[probe >>> 5] = (this.#left[probe >>> 5] ?? 0) | (1 << (probe & 31));
    }
  }
}
