import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endpointKey, readDatagramError } from './datagram-socket.ts';
import { encodeAddress } from './sockaddr.ts';

function name(address: string, port: number): Uint8Array {
  const bytes = Uint8Array.from(encodeAddress(address, () => 3)?.bytes ?? []);
  bytes[2] = port >> 8;
  bytes[3] = port & 0xff;
  return bytes;
}

/** A `cmsghdr`, a `sock_extended_err` (ip(7)) and the offender's address. */
function control(origin: number, type: number, code: number, offender: string): Uint8Array {
  const head = [...new Uint8Array(16), 111, 0, 0, 0, origin, type, code, 0, ...new Uint8Array(8)];
  return Uint8Array.from([...head, ...name(offender, 0)]);
}

describe('readDatagramError', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1', 2, 3, 3, 'icmp-port-unreachable', true],
    ['192.0.2.1', '198.51.100.1', 2, 3, 3, 'icmp-port-unreachable', false],
    ['192.0.2.1', '198.51.100.1', 2, 3, 13, 'icmp-admin-prohibited', false],
    ['2001:db8::1', '2001:db8::1', 3, 1, 4, 'icmp-port-unreachable', true],
    ['2001:db8::1', '2001:db8::2', 3, 1, 0, 'icmp-net-unreachable', false],
  ] as const)(
    'to %s, from %s: %i %i %i is %s',
    (to, from, origin, type, code, reason, fromHost) => {
      const error = readDatagramError(name(to, 5353), control(origin, type, code, from));
      expect(error).toEqual({ key: endpointKey(name(to, 0)), port: 5353, reason, fromHost });
    },
  );

  it('finds none in an error of our own', () => {
    expect(readDatagramError(name('192.0.2.1', 53), control(1, 0, 0, '0.0.0.0'))).toBeNull();
  });

  it('reads any bytes', () => {
    const some = fc.uint8Array({ maxLength: 80 });
    fc.assert(
      fc.property(some, some, (to, from) => {
        const error = readDatagramError(to, from);
        expect(error === null || error.reason.startsWith('icmp-')).toBe(true);
      }),
    );
  });
});

describe('endpointKey', () => {
  it('differs for other addresses, and for other interfaces of a link-local one', () => {
    const keys = ['192.0.2.1', '192.0.2.2', '2001:db8::1', 'fe80::1%3', 'fe80::1%4'].map((text) =>
      endpointKey(name(text, 1)),
    );
    expect(new Set(keys).size).toBe(5);
    expect(endpointKey(name('192.0.2.1', 9))).toBe(keys[0]);
  });
});
