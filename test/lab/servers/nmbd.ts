import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

const FOLDERS = ['private', 'lock', 'state', 'cache', 'pid', 'ncalrpc'];

/** Node status of `*` (RFC 1002 §4.2.17). */
const STATUS = `\0\x07\0\0\0\x01\0\0\0\0\0\0\x20CK${'A'.repeat(30)}\0\0\x21\0\x01`;

/** Samba's NetBIOS name service. */
export const nmbd = defineServer({
  name: 'nmbd',
  needs: { linux: true, root: true, commands: ['nmbd'], packages: ['samba'] },
  product: 'Samba',
  version: () => packageVersion('samba'),
  doors: {
    udp: {
      protocol: 'netbios-ns',
      transport: 'udp',
      fixed: 137,
      reveals: 'product',
      hello: { send: STATUS, expect: '\0\x07\x84' },
    },
  },
  start: async ({ dir, address }) => {
    for (const folder of FOLDERS) await mkdir(join(dir, folder));
    const config = `[global]
netbios name = LAB
workgroup = LABGROUP
interfaces = ${address}/30
bind interfaces only = yes
private dir = ${dir}/private
lock directory = ${dir}/lock
state directory = ${dir}/state
cache directory = ${dir}/cache
pid directory = ${dir}/pid
ncalrpc dir = ${dir}/ncalrpc
`;
    await writeFile(join(dir, 'smb.conf'), config);
    const args = ['--foreground', '--no-process-group', '--debug-stdout'];
    return { command: 'nmbd', args: [...args, '--configfile', join(dir, 'smb.conf')] };
  },
});
