import { join } from 'node:path';
import { SSH } from '../hellos.ts';
import { inetd } from '../inetd.ts';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

export const dropbear = defineServer({
  name: 'dropbear',
  needs: { linux: true, commands: ['dropbear', 'dropbearkey'], packages: ['dropbear-bin'] },
  product: 'Dropbear',
  version: () => packageVersion('dropbear-bin'),
  doors: { ssh: { protocol: 'ssh', hello: SSH } },
  start: async ({ dir, host, ports, run }) => {
    const key = join(dir, 'host_key');
    await run('dropbearkey', ['-t', 'ed25519', '-f', key]);
    const where = ['-p', `${host}:${ports.ssh}`, '-P', join(dir, 'pid')];
    return { command: 'dropbear', args: ['-F', '-E', '-r', key, ...where] };
  },
});

/** Speaks on its standard input; its greeting never names a version. */
export const tinyssh = defineServer({
  name: 'tinyssh',
  needs: { linux: true, commands: ['tinysshd', 'socat'], packages: ['tinysshd', 'socat'] },
  product: 'TinySSH',
  version: () => packageVersion('tinysshd'),
  doors: { ssh: { protocol: 'ssh', reveals: 'product', hello: SSH } },
  start: async ({ dir, address, ports, run }) => {
    const keys = join(dir, 'keys');
    await run('tinysshd-makekey', [keys]);
    return inetd(address, ports.ssh, `/usr/sbin/tinysshd -v ${keys}`);
  },
});
