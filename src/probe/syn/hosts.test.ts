import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ADDRESS_BYTES, type HostBlock, HostIndex } from './hosts.ts';

interface Host {
  readonly family: 4 | 6;
  readonly bytes: Uint8Array;
  readonly scope: number;
}

function blockOf(hosts: readonly Host[]): HostBlock {
  const addresses = new Uint8Array(hosts.length * ADDRESS_BYTES);
  hosts.forEach(({ bytes }, at) => addresses.set(bytes, at * ADDRESS_BYTES));
  return {
    count: hosts.length,
    families: Uint8Array.from(hosts.map(({ family }) => family)),
    addresses,
    scopes: Uint32Array.from(hosts.map(({ scope }) => scope)),
    loopback: false,
    left: null,
  };
}

/** All hosts that the index gives for an address, in the middle of other bytes. */
function allOf(index: HostIndex, { family, bytes }: Host): number[] {
  const packet = new Uint8Array(60).fill(0xa5);
  packet.set(bytes, 13);
  const found: number[] = [];
  for (let host = index.find(packet, 13, family); host >= 0; host = index.another()) {
    found.push(host);
  }
  return found;
}

/** Few different bytes, so that addresses are alike and collide. */
const byte = fc.constantFrom(0, 1, 255);
const host = fc.oneof(
  fc.record({
    family: fc.constant(4 as const),
    bytes: fc.uint8Array({ minLength: 4, maxLength: 4 }),
    scope: fc.constant(0),
  }),
  fc.record({
    family: fc.constant(6 as const),
    bytes: fc.array(byte, { minLength: 16, maxLength: 16 }).map((all) => Uint8Array.from(all)),
    scope: fc.nat(2),
  }),
);
const keyOf = ({ family, bytes }: Host) => `${family} ${[...bytes].join('.')}`;
const hosts = fc.uniqueArray(host, {
  selector: (it) => `${keyOf(it)} ${it.scope}`,
  maxLength: 100,
});

describe('HostIndex', () => {
  it('finds each host, all of one address, and none other', () => {
    fc.assert(
      fc.property(hosts, fc.array(host, { maxLength: 20 }), (all, others) => {
        const index = new HostIndex(blockOf(all));
        for (const sought of [...all, ...others]) {
          const same = all.flatMap((it, at) => (keyOf(it) === keyOf(sought) ? [at] : []));
          expect(allOf(index, sought).toSorted((a, b) => a - b)).toEqual(same);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('keeps IPv4 and IPv6 with equal bytes apart', () => {
    const bytes = new Uint8Array(16);
    bytes.set([198, 51, 100, 7]);
    const four: Host = { family: 4, bytes: bytes.slice(0, 4), scope: 0 };
    const six: Host = { family: 6, bytes, scope: 0 };
    const index = new HostIndex(blockOf([four, six]));
    expect([allOf(index, four), allOf(index, six)]).toEqual([[0], [1]]);
    expect(allOf(new HostIndex(blockOf([four])), six)).toEqual([]);
    expect(allOf(new HostIndex(blockOf([six])), four)).toEqual([]);
  });

  it('finds nothing in nothing', () => {
    const index = new HostIndex(blockOf([]));
    expect(allOf(index, { family: 4, bytes: new Uint8Array(4), scope: 0 })).toEqual([]);
  });
});
