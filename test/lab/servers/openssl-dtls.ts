import { DTLS_CLIENT_HELLO } from '../client-hello.ts';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

export const opensslDtls = defineServer({
  name: 'openssl-dtls',
  needs: { linux: true, commands: ['openssl', 'sh'], packages: ['openssl'] },
  product: 'OpenSSL',
  version: () => packageVersion('openssl'),
  doors: {
    udp: {
      protocol: 'dtls',
      transport: 'udp',
      reveals: 'protocol',
      hello: { send: DTLS_CLIENT_HELLO, expect: '\x16\xfe' },
    },
  },
  start: async ({ host, ports, certificate: { key, cert } }) => {
    const server = `openssl s_server -dtls -listen -accept ${host}:${ports.udp} -cert ${cert} -key ${key}`;
    // it ends with its standard input
    return { command: 'sh', args: ['-c', `sleep 100000 | ${server}`] };
  },
});
