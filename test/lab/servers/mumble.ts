import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

/** It insists on a user of its own. */
const USER = 'mumble-server';

export const mumble = defineServer({
  name: 'mumble',
  needs: { linux: true, root: true, commands: ['murmurd'], packages: ['mumble-server'] },
  product: 'Mumble',
  version: () => packageVersion('mumble-server'),
  doors: {
    udp: {
      protocol: 'mumble',
      transport: 'udp',
      fixed: 64738,
      hello: { send: '\0\0\0\0lablabla', expect: (answer) => answer.length === 24 },
    },
  },
  start: async ({ dir, address, run }) => {
    const config = `database=${dir}/murmur.sqlite
host=${address}
port=64738
bonjour=False
logfile=
pidfile=
uname=
ice=
dbus=
`;
    await writeFile(join(dir, 'murmur.ini'), config);
    await run('chown', [USER, dir]);
    return { command: 'murmurd', user: USER, args: ['-fg', '-ini', join(dir, 'murmur.ini')] };
  },
});
