import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

/** An IKE header of version 3: answered by INVALID_MAJOR_VERSION (RFC 7296 §2.5). */
const NEWER = `lablabla${'\0'.repeat(8)}\0\x30\x22\x08\0\0\0\0\0\0\0\x1c`;

/** The key exchange without a connection: it refuses every proposal. */
export const strongswan = defineServer({
  name: 'strongswan',
  needs: {
    linux: true,
    root: true,
    commands: ['/usr/lib/ipsec/charon'],
    packages: ['strongswan-charon'],
  },
  product: 'strongSwan',
  version: () => packageVersion('strongswan-charon'),
  doors: {
    udp: {
      protocol: 'ike',
      transport: 'udp',
      fixed: 500,
      reveals: 'protocol',
      hello: { send: NEWER, expect: 'lablabla' },
    },
    nat: {
      protocol: 'ike',
      transport: 'udp',
      fixed: 4500,
      reveals: 'protocol',
      hello: { send: `\0\0\0\0${NEWER}`, expect: '\0\0\0\0lablabla' },
    },
  },
  start: async ({ dir }) => {
    const config = `charon {
  install_routes = no
  filelog {
    stdout {
      default = 1
    }
  }
}
`;
    await writeFile(join(dir, 'strongswan.conf'), config);
    return {
      command: '/usr/lib/ipsec/charon',
      args: [],
      env: { STRONGSWAN_CONF: join(dir, 'strongswan.conf') },
      ownRun: ['ipsec'],
    };
  },
});
