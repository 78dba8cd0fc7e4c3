import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

export const mumble = defineServer({
  name: 'mumble',
  needs: { linux: true, commands: ['murmurd'], packages: ['mumble-server'] },
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
  start: async ({ dir, address }) => {
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
    return { command: 'murmurd', args: ['-fg', '-ini', join(dir, 'murmur.ini')] };
  },
});
