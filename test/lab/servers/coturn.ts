import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

/** A Binding request (RFC 8489 §5). */
const BINDING = '\0\x01\0\0\x21\x12\xa4\x42lab-lab-lab-';

export const coturn = defineServer({
  name: 'coturn',
  needs: { linux: true, commands: ['turnserver'], packages: ['coturn'] },
  product: 'coturn',
  version: () => packageVersion('coturn'),
  doors: {
    udp: { protocol: 'stun', transport: 'udp', hello: { send: BINDING, expect: '\x01\x01' } },
  },
  start: async ({ dir, address, ports }) => ({
    command: 'turnserver',
    args: [
      ['-n', '--no-cli', '--no-tls', '--no-dtls', '--no-tcp'],
      ['--log-file', 'stdout', '--pidfile', `${dir}/pid`, '--userdb', `${dir}/db`],
      ['--listening-ip', address, '--relay-ip', address],
      ['--listening-port', String(ports.udp), '--realm', 'lab.test'],
    ],
  }),
});
