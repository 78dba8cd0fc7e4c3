import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readRoutesIPv4, readRoutesIPv6 } from './procfs-routes.ts';

// what `cat /proc/net/route` shows here, with another mask and a reject route (linux/route.h) added
const IPV4 = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT                                                       
eth0	00000000	010200C0	0003	0	0	0	00000000	0	0	0                                                                           
eth0	000200C0	00000000	0001	0	0	0	FCFFFFFF	0	0	0                                                                           
*	0001000A	00000000	0201	0	0	0	00FFFFFF	0	0	0                                                                           
`;

// what `cat /proc/net/ipv6_route` shows here, without the test's own devices
const IPV6 = `fd000000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0
00000000000000000000000000000000 00 00000000000000000000000000000000 00 fd000000000000000000000000000001 00000400 00000001 00000000 00000003     eth0
00000000000000000000000000000001 80 00000000000000000000000000000000 00 00000000000000000000000000000000 00000000 00000002 00000000 80200001       lo
ff000000000000000000000000000000 08 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000004 00000000 00000001     eth0
00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo
`;

it('reads the IPv4 routes and leaves out the header and what is rejected', () => {
  expect(readRoutesIPv4(IPV4)).toEqual([
    { to: '0.0.0.0/0', device: 'eth0' },
    { to: '192.0.2.0/30', device: 'eth0' },
  ]);
});

it('reads the IPv6 routes and leaves out local, multicast and rejected ones', () => {
  expect(readRoutesIPv6(IPV6)).toEqual([
    { to: 'fd00::/64', device: 'eth0' },
    { to: '::/0', device: 'eth0' },
  ]);
});

it('takes any text', () => {
  const mutated = fc
    .tuple(fc.constantFrom(IPV4, IPV6), fc.nat(2000), fc.string({ maxLength: 20 }))
    .map(([text, at, what]) => text.slice(0, at) + what + text.slice(at + what.length));
  fc.assert(
    fc.property(fc.oneof(mutated, fc.string()), (text) => {
      for (const { to, device } of [...readRoutesIPv4(text), ...readRoutesIPv6(text)]) {
        expect(to).toMatch(/^[\da-f.:]+\/\d+$/);
        expect(device).not.toMatch(/\s/);
      }
    }),
  );
});
