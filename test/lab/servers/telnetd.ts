import { inetd } from '../inetd.ts';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

/** Negotiates options first (RFC 854: IAC), then asks for a login in the clear. */
export const telnetd = defineServer({
  name: 'telnetd',
  needs: {
    linux: true,
    root: true,
    commands: ['telnetd', 'socat'],
    packages: ['inetutils-telnetd', 'socat'],
  },
  product: 'GNU inetutils telnetd',
  version: () => packageVersion('inetutils-telnetd'),
  doors: { telnet: { protocol: 'telnet', reveals: 'protocol', hello: { expect: '\xff' } } },
  start: async ({ address, ports }) => inetd(address, ports.telnet, '/usr/sbin/telnetd'),
});
