import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

/** The NULL procedure of the port mapper (RFC 1833 §3.1). */
const CALL = Buffer.from(
  `000000070000000000000002000186a00000000200000000${'00'.repeat(16)}`,
  'hex',
);

export const rpcbind = defineServer({
  name: 'rpcbind',
  needs: { linux: true, root: true, commands: ['rpcbind'], packages: ['rpcbind'] },
  product: 'rpcbind',
  version: () => packageVersion('rpcbind'),
  doors: {
    udp: {
      protocol: 'rpcbind',
      transport: 'udp',
      fixed: 111,
      reveals: 'protocol',
      hello: { send: CALL, expect: '\0\0\0\x07\0\0\0\x01' },
    },
  },
  start: async () => ({ command: 'rpcbind', args: ['-f'], ownRun: ['rpcbind'] }),
});
