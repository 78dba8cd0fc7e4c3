import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

/** As it was before 1.5.6: over UDP too, for everybody. */
export const memcachedUdp = defineServer({
  name: 'memcached-udp',
  needs: { linux: true, commands: ['memcached'], packages: ['memcached'] },
  product: 'memcached',
  version: () => packageVersion('memcached'),
  doors: {
    udp: {
      protocol: 'memcached',
      transport: 'udp',
      hello: { send: '\0\x07\0\0\0\x01\0\0version\r\n', expect: '\0\x07\0\0\0\x01\0\0VERSION' },
    },
  },
  start: async ({ address, ports }) => ({
    command: 'memcached',
    args: [
      ['-u', 'memcache', '-m', '16', '-l', address],
      ['-p', String(ports.udp), '-U', String(ports.udp)],
    ],
  }),
});
