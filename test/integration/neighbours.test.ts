import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Libc, loadLibc } from '../../src/net/linux/libc.ts';
import { readLinks, speaksEthernet } from '../../src/net/linux/links.ts';
import { Neighbours } from '../../src/net/linux/neighbours.ts';
import { encodeAddress } from '../../src/net/linux/sockaddr.ts';
import { makeNamespace, type Namespace, namespacesMet } from '../lab/namespace.ts';

function bytesOf(text: string): Uint8Array {
  const address = encodeAddress(text, () => 0)?.bytes ?? Buffer.alloc(0);
  return address.length === 16 ? address.subarray(4, 8) : address.subarray(8, 24);
}

function macText(mac: Uint8Array | null | undefined): string | null {
  return mac ? (Buffer.from(mac).toString('hex').match(/../g)?.join(':') ?? '') : null;
}

describe.skipIf(!namespacesMet())('next hops', () => {
  let libc: Libc;
  let namespace: Namespace;
  let neighbours: Neighbours;
  let index: number;
  let farMac: string;

  beforeAll(async () => {
    libc = await loadLibc();
    namespace = makeNamespace();
    index = libc.interfaceIndex(namespace.near.device);
    const { device } = namespace.far;
    farMac = namespace.exec('cat', `/sys/class/net/${device}/address`).trim();
    const opened = Neighbours.open(libc);
    if (typeof opened === 'number') throw new Error(`error number ${-opened}`);
    neighbours = opened;
  });

  afterAll(() => {
    neighbours?.close();
    namespace?.close();
  });

  function resolve(addresses: readonly string[], timeoutMs?: number) {
    const result = neighbours.resolve(index, addresses.map(bytesOf), timeoutMs);
    return typeof result === 'number' ? result : result.map(macText);
  }

  it('are asked for by ARP and ND', () => {
    const { v4, v6 } = namespace.far;
    expect(resolve([v4])).toEqual([farMac]);
    // The kernel asks from its own link-local address, which is tentative for up to two seconds.
    const attempts = [1, 2, 3].map(() => resolve([v6], 4000));
    expect(attempts.at(-1)).toEqual([farMac]);
    expect(resolve([v6, v4, v4], 0)).toEqual([farMac, farMac, farMac]);
  });

  it('may not answer', () => {
    const dead = [namespace.spare(0), namespace.spare(0, 'v6')];
    expect(resolve([namespace.far.v4, ...dead], 300)).toEqual([farMac, null, null]);
  });

  it('are asked again after they failed', () => {
    const late = namespace.spare(1);
    expect(resolve([late], 4000)).toEqual([null]);
    namespace.answerFor(`${late}/32`);
    expect(resolve([late])).toEqual([farMac]);
  });

  it('are found by the hundred', () => {
    const first = namespace.spare(2048);
    namespace.answerFor(first.replace(/\d+$/, '0/23'));
    const many = Array.from({ length: 300 }, (_, at) => namespace.spare(2048 + at));
    expect(resolve(many)).toEqual(many.map(() => farMac));
  });

  it('need an interface that exists', () => {
    const result = neighbours.resolve(0x7fff_ffff, [bytesOf(namespace.far.v4)]);
    expect(result).toBe(-19); // ENODEV
  });

  it('lie behind interfaces that speak Ethernet', () => {
    const links = readLinks(libc);
    if (typeof links === 'number') throw new Error(`error number ${-links}`);
    const { device } = namespace.near;
    const link = links.get(index);
    const file = (name: string) => readFileSync(`/sys/class/net/${device}/${name}`, 'utf8').trim();
    expect(link).toMatchObject({ index, name: device, hardwareType: Number(file('type')) });
    expect(macText(link?.address)).toBe(file('address'));
    expect(link?.mtu).toBe(Number(file('mtu')));
    expect(link !== undefined && speaksEthernet(link)).toBe(true);
    const loopback = links.get(1);
    expect(loopback).toMatchObject({ name: 'lo', loopback: true, up: true, hardwareType: 772 });
    expect(loopback !== undefined && speaksEthernet(loopback)).toBe(false);
  });
});
