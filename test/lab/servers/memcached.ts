import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

const hello = { send: 'version\r\n', expect: 'VERSION ' };

export const memcached = defineServer({
  name: 'memcached',
  needs: { linux: true, commands: ['memcached', 'openssl'], packages: ['memcached'] },
  product: 'memcached',
  version: () => packageVersion('memcached'),
  doors: {
    plain: { protocol: 'memcached', hello },
    tls: { protocol: 'memcached', tls: 'implicit', hello },
  },
  start: async ({ host, ports, certificate: { key, cert } }) => ({
    command: 'memcached',
    args: [
      ['-u', 'memcache', '-m', '16', '-U', '0', '-Z'],
      ['-o', `ssl_chain_cert=${cert},ssl_key=${key}`],
      ['-l', `notls:${host}:${ports.plain},${host}:${ports.tls}`],
    ],
  }),
});
