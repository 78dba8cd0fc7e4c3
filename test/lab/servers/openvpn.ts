import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

/** P_CONTROL_HARD_RESET_CLIENT_V2 of session "lablabla". */
const RESET = '\x38lablabla\0\0\0\0\0';

/** Without tls-auth, and without a network behind it. */
export const openvpn = defineServer({
  name: 'openvpn',
  needs: { linux: true, commands: ['openvpn', 'openssl'], packages: ['openvpn'] },
  product: 'OpenVPN',
  version: () => packageVersion('openvpn'),
  doors: {
    udp: {
      protocol: 'openvpn',
      transport: 'udp',
      reveals: 'product',
      hello: { send: RESET, expect: '\x40' },
    },
  },
  start: async ({ address, ports, certificate: { key, cert } }) => ({
    command: 'openvpn',
    args: [
      ['--dev', 'null', '--ifconfig-noexec', '--proto', 'udp4'],
      ['--local', address, '--port', String(ports.udp)],
      ['--tls-server', '--dh', 'none', '--ca', cert, '--cert', cert, '--key', key],
    ],
  }),
});
