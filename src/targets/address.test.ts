import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressAt, formatAddress, formatV4, formatV6, parseAddress, parseV6 } from './address.ts';

const addressLike = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.string(),
  fc.string({ unit: fc.constantFrom(...Array.from('0123456789abcdefx:.%-F')) }),
  fc
    .array(fc.constantFrom('0', '1', 'ff', ':', '::', '.', '255', '01', '%eth0'), { maxLength: 20 })
    .map((parts) => parts.join('')),
);

describe('parseAddress', () => {
  test('takes exactly what net.isIP takes, zones only on link-local addresses', () => {
    fc.assert(
      fc.property(addressLike, (text) => {
        const address = parseAddress(text);
        const zoned = text.includes('%');
        expect(address !== null).toBe(isIP(text) !== 0 && (!zoned || address !== null));
      }),
      { numRuns: 5000 },
    );
  });

  test.each([
    '010.0.0.1',
    '1',
    '0x7f.1',
    '127.1',
    '1.2.3.4.5',
    '256.1.1.1',
    ' 1.2.3.4',
    '1.2.3.4 ',
    '',
    ':',
    ':::',
    '1::2::3',
    '12345::',
    '::1%lo',
    '::ffff:010.0.0.1',
    'fe80::1%',
    'fe80::1%a/b',
    '1:2:3:4:5:6:7:8::',
    '1.2.3.4::',
    '::1.2.3.4:5',
  ])('refuses %s', (text) => {
    expect(parseAddress(text)).toBeNull();
  });

  test('an IPv4-mapped address is the IPv4 address', () => {
    expect(parseAddress('::ffff:192.0.2.1')).toEqual({ family: 4, value: 0xc0000201 });
    expect(parseAddress('::ffff:c000:201')).toEqual({ family: 4, value: 0xc0000201 });
    expect(parseAddress('::fffe:c000:201')?.family).toBe(6);
  });
});

describe('canonical text', () => {
  test.each([
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['1:0:0:0:0:0:0:0', '1::'],
    ['::1', '::1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['fe80::0001%eth0', 'fe80::1%eth0'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['255.255.255.255', '255.255.255.255'],
  ])('%s is written %s (RFC 5952)', (given, canonical) => {
    const address = parseAddress(given);
    expect(address === null ? null : formatAddress(address)).toBe(canonical);
  });

  test('reads back to the same value', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }), (value) => {
        expect(parseV6(formatV6(value))).toBe(value);
      }),
    );
    fc.assert(
      fc.property(fc.nat(0xffffffff), (value) => {
        expect(parseAddress(formatV4(value))).toEqual({ family: 4, value });
      }),
    );
  });

  test('counts on from the start of a block', () => {
    expect(addressAt({ family: 4, start: 0x0a0000ff, end: 0x0a000200 }, 1)).toBe('10.0.1.0');
    expect(addressAt({ family: 6, start: (0xfe80n << 112n) + 0xffn, end: 0n, zone: 'lo' }, 1)).toBe(
      'fe80::100%lo',
    );
  });
});
