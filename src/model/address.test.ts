import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressText, canonicalAddress, familyOf } from './address.ts';

/** What the WHATWG URL parser, which follows RFC 5952, makes of it. */
function byUrl(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}

describe('canonicalAddress', () => {
  it.each([
    ['0:0:0:0:0:0:0:0', '::'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['fe80:0::1%eth0', 'fe80::1%eth0'],
    ['192.0.2.7', '192.0.2.7'],
  ])('writes %s as %s', (text, canonical) => {
    expect(canonicalAddress(text)).toBe(canonical);
  });

  it.each(['', '*', '010.0.0.1', '192.0.2', '192.0.2.256', 'fe80::1%', '::1%a b', '1%eth0', '::g'])(
    'knows that %j is no address',
    (text) => {
      expect(canonicalAddress(text)).toBeNull();
    },
  );

  it('agrees with the URL parser, and with itself', () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const canonical = canonicalAddress(text) ?? '';
        expect(canonicalAddress(canonical)).toBe(canonical);
        if (canonical.includes(':')) expect(canonical).toBe(byUrl(text));
        else expect(isIP(canonical)).toBe(4);
      }),
    );
  });

  it('takes any text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const canonical = canonicalAddress(text);
        if (canonical !== null) expect(isIP(canonical.split('%', 1)[0] ?? '')).toBeGreaterThan(0);
      }),
    );
  });
});

it('writes bytes as text', () => {
  expect(addressText(Uint8Array.of(192, 0, 2, 7))).toBe('192.0.2.7');
  expect(addressText(new Uint8Array(16))).toBe('::');
  expect(addressText(Uint8Array.of(...new Uint8Array(10), 255, 255, 127, 0, 0, 1))).toBe(
    '127.0.0.1',
  );
  expect(addressText(new Uint8Array(5))).toBeNull();
  expect([familyOf('192.0.2.7'), familyOf('::1')]).toEqual([4, 6]);
});
