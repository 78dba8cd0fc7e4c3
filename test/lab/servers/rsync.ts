import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

/** One open module; the greeting tells the protocol's version, not the program's. */
export const rsync = defineServer({
  name: 'rsync',
  needs: { linux: true, commands: ['rsync'], packages: ['rsync'] },
  product: 'rsync',
  version: () => packageVersion('rsync'),
  doors: {
    plain: { protocol: 'rsync', reveals: 'product', hello: { expect: '@RSYNCD: ' } },
  },
  start: async ({ dir, address, ports }) => {
    await mkdir(join(dir, 'share'));
    const config = `use chroot = no\nreverse lookup = no\npid file = ${dir}/rsyncd.pid\nlog file = /dev/stdout
[lab]\npath = ${dir}/share\ncomment = open to all\nread only = yes\n`;
    await writeFile(join(dir, 'rsyncd.conf'), config);
    const where = [`--address=${address}`, `--port=${ports.plain}`];
    return {
      command: 'rsync',
      args: ['--daemon', '--no-detach', `--config=${dir}/rsyncd.conf`, ...where],
    };
  },
});
