import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { expect, it } from 'vitest';
import { isLoopback } from './loopback.ts';
import { networkHas, readNetwork } from './network.ts';

const BLOCKS = ['127.0.0.0/8', '::1'].flatMap((text) => readNetwork(text) ?? []);

function expected(address: string): boolean {
  return BLOCKS.some((block) => networkHas(block, address));
}

const byte = fc.oneof(fc.constantFrom(0, 1, 127, 255), fc.nat(255));
const v4 = fc.array(byte, { minLength: 4, maxLength: 4 }).map((bytes) => bytes.join('.'));
/** Mostly zeros, as the addresses in question are. */
const v6 = fc
  .array(fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.constantFrom(1, 0xffff, 0x7f00)), {
    minLength: 8,
    maxLength: 8,
  })
  .chain((groups) => {
    const address = new ipaddr.IPv6(groups);
    const full = groups.map((group) => group.toString(16).padStart(4, '0')).join(':');
    return fc.constantFrom(address.toString(), address.toNormalizedString(), full);
  });

it('knows the loopback addresses of both families in every spelling', () => {
  const any = fc.oneof(
    v4,
    v6,
    v4.map((address) => `::ffff:${address}`),
  );
  fc.assert(
    fc.property(any, (address) => {
      expect(isLoopback(address)).toBe(expected(address));
    }),
    { numRuns: 5000 },
  );
});

it.each([
  ['127.0.0.1', true],
  ['127.255.255.254', true],
  ['128.0.0.1', false],
  ['::1', true],
  ['0:0:0:0:0:0:0:1', true],
  ['::1%lo', true],
  ['::ffff:127.0.0.1', true],
  ['::ffff:7f12:1', true],
  ['::ffff:192.0.2.1', false],
  ['::', false],
  ['1::', false],
  ['fe80::1', false],
  ['127.0.0.256', false],
  ['127.0.0.0/8', false],
  ['127.example.org', false],
  ['example.org', false],
  ['', false],
])('%s: %s', (address, loopback) => {
  expect(isLoopback(address)).toBe(loopback);
});
