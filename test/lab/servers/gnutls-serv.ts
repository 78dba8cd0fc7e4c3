import { DTLS_CLIENT_HELLO } from '../client-hello.ts';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

export const gnutlsServ = defineServer({
  name: 'gnutls-serv',
  needs: { linux: true, commands: ['gnutls-serv', 'openssl'], packages: ['gnutls-bin'] },
  product: 'GnuTLS',
  version: () => packageVersion('gnutls-bin'),
  doors: {
    udp: {
      protocol: 'dtls',
      transport: 'udp',
      reveals: 'protocol',
      hello: { send: DTLS_CLIENT_HELLO, expect: '\x16\xfe' },
    },
  },
  start: async ({ ports, certificate: { key, cert } }) => ({
    command: 'gnutls-serv',
    args: [
      ['--udp', '-p', String(ports.udp), '--quiet'],
      ['--x509certfile', cert, '--x509keyfile', key],
    ],
  }),
});
