import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeAddress } from '../../net/linux/sockaddr.ts';
import { BlockBuilder } from './block-builder.ts';
import { ADDRESS_BYTES } from './hosts.ts';

const PORTS = [22, 80, 443];
const ZONES = new Map([
  ['eth0', 2],
  ['wg-home', 77],
]);

function readIPv6(text: string): { bytes: Uint8Array; scope: number } | null {
  const encoded = encodeAddress(text, (zone) => ZONES.get(zone) ?? 0);
  if (encoded === null) return null;
  return { bytes: encoded.bytes.subarray(8, 24), scope: encoded.bytes.readUInt32LE(24) };
}

function builder(room: number): BlockBuilder {
  return new BlockBuilder(room, PORTS, false, readIPv6);
}

/** Family, bytes and scope of one address as a block has it; null when it was refused. */
function built(text: string) {
  const one = builder(1);
  if (!one.add(text, PORTS)) return null;
  const { families, addresses, scopes, count } = one.block();
  expect(count).toBe(1);
  return { family: families[0], bytes: [...addresses], scope: scopes[0] };
}

describe('BlockBuilder', () => {
  it('reads any IPv4 address', () => {
    fc.assert(
      fc.property(fc.ipV4(), (text) => {
        const bytes = [...text.split('.').map(Number), ...Array<number>(12).fill(0)];
        expect(built(text)).toEqual({ family: 4, bytes, scope: 0 });
      }),
    );
  });

  it('reads any IPv6 address, however it is written', () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const { hostname } = new URL(`http://[${text}]`);
        const one = built(text);
        expect(one).toMatchObject({ family: 6, scope: 0 });
        expect(built(hostname.slice(1, -1))).toEqual(one);
        const groups = (one?.bytes ?? [])
          .map((byte) => byte.toString(16).padStart(2, '0'))
          .join('');
        const long = groups.match(/.{4}/g)?.join(':') ?? '';
        expect(new URL(`http://[${long}]`).hostname).toBe(hostname);
      }),
    );
  });

  it('reads zones by name and by number', () => {
    expect(built('fe80::1%eth0')?.scope).toBe(2);
    expect(built('fe80::1%wg-home')?.scope).toBe(77);
    expect(built('fe80::1%15')?.scope).toBe(15);
    expect(built('fe80::1%nowhere')?.scope).toBe(0);
  });

  it('takes no other text, and keeps no trace of it', () => {
    const texts = fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-f.:%]{1,20}$/));
    fc.assert(
      fc.property(texts, (text) => {
        fc.pre(isIP(text) === 0);
        const one = builder(3);
        expect(one.add(text, PORTS)).toBe(false);
        expect(one.add('192.0.2.1', PORTS)).toBe(true);
        const { count, addresses, families } = one.block();
        expect([count, ...families, ...addresses.subarray(0, 4)]).toEqual([1, 4, 192, 0, 2, 1]);
        expect(one.texts).toEqual(['192.0.2.1']);
      }),
    );
  });

  it('marks the ports that are not wanted, and is no larger than what is in it', () => {
    const wanted = fc.array(fc.subarray(PORTS, { minLength: 1 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(wanted, (all) => {
        const one = builder(100);
        all.forEach((ports, host) => one.add(`192.0.2.${host}`, ports));
        const { left, count, addresses } = one.block();
        expect([count, addresses.length]).toEqual([all.length, all.length * ADDRESS_BYTES]);
        expect(left).toHaveLength(Math.ceil((all.length * PORTS.length) / 32));
        const expected = all.flatMap((ports) => PORTS.map((port) => !ports.includes(port)));
        const marked = expected.map(
          (_, probe) => ((left?.[probe >>> 5] ?? 0) >>> (probe & 31)) & 1,
        );
        expect(marked.map(Boolean)).toEqual(expected);
      }),
    );
  });

  it('marks nothing where all ports are wanted', () => {
    const one = builder(2);
    expect(one.full).toBe(false);
    one.add('192.0.2.1', PORTS);
    one.add('::1', PORTS);
    expect(one.full).toBe(true);
    expect(one.block().left).toBeNull();
  });
});
