import { join } from 'node:path';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

/** The greeting lists capabilities and no version. */
export const svnserve = defineServer({
  name: 'svnserve',
  needs: { linux: true, commands: ['svnserve', 'svnadmin'], packages: ['subversion'] },
  product: 'Subversion',
  version: () => packageVersion('subversion'),
  doors: {
    svn: { protocol: 'svn', reveals: 'protocol', hello: { expect: '( success ( 2 2 ' } },
  },
  start: async ({ dir, address, ports, run }) => {
    await run('svnadmin', ['create', join(dir, 'lab')]);
    const where = ['--listen-host', address, '--listen-port', String(ports.svn)];
    return { command: 'svnserve', args: ['-d', '--foreground', '-r', dir, ...where] };
  },
});
