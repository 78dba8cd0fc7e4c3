import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPrivateAddress, networkHas, readNetwork } from './network.ts';

function has(network: string, address: string): boolean | null {
  const read = readNetwork(network);
  return read === null ? null : networkHas(read, address);
}

describe('readNetwork', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7', true],
    ['192.0.2.7', '192.0.2.8', false],
    ['192.0.2.0/24', '192.0.2.255', true],
    ['192.0.2.9/24', '192.0.2.1', true],
    ['192.0.2.0/24', '192.0.3.0', false],
    ['0.0.0.0/0', '203.0.113.9', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['192.0.2.1-50', '192.0.2.50', true],
    ['192.0.2.1-50', '192.0.2.51', false],
    ['192.0.2.250-192.0.3.5', '192.0.3.0', true],
    ['2001:db8::/32', '2001:DB8:1::9', true],
    ['2001:db8::/32', '2001:db9::', false],
    ['2001:db8::1-2001:db8::9', '2001:db8::9', true],
    ['fe80::/10', 'fe80::1%eth0', true],
    ['192.0.2.0/24', '::ffff:192.0.2.7', true],
  ])('%s has %s: %s', (network, address, expected) => {
    expect(has(network, address)).toBe(expected);
  });

  it.each([
    '',
    'example.org',
    '010.0.0.1',
    '1.2.3',
    '1.2.3.4.5',
    '256.0.0.1',
    '0x7f000001',
    '192.0.2.0/33',
    '192.0.2.0/-1',
    '192.0.2.0/',
    '192.0.2.0/24/1',
    '192.0.2.9-1',
    '192.0.2.1-2001:db8::1',
    '192.0.2.1-',
    '192.0.2.1-5/24',
    '::/129',
    ':::',
  ])('refuses %j', (text) => {
    expect(readNetwork(text)).toBeNull();
  });

  it('never throws, and every address lies in its own network', () => {
    fc.assert(fc.property(fc.string(), (text) => void readNetwork(text)));
    fc.assert(fc.property(fc.ipV4(), (text) => has(text, text) === true));
    fc.assert(fc.property(fc.ipV6(), (text) => has(text, text) === true));
  });
});

describe('isPrivateAddress', () => {
  it.each([
    ['127.0.0.1', true],
    ['10.1.2.3', true],
    ['172.32.0.1', false],
    ['192.168.0.9', true],
    ['::1', true],
    ['fd00::1', true],
    ['fe80::1%eth0', true],
    ['8.8.8.8', false],
    ['2001:db8::1', false],
    ['nonsense', false],
  ])('%s: %s', (address, expected) => {
    expect(isPrivateAddress(address)).toBe(expected);
  });
});
