import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

/** A read request (RFC 1350 §5) for a file that is not there. */
const READ = '\0\x01lab.none\0octet\0';

export const tftpd = defineServer({
  name: 'tftpd-hpa',
  needs: { linux: true, root: true, commands: ['in.tftpd'], packages: ['tftpd-hpa'] },
  product: 'tftpd-hpa',
  version: () => packageVersion('tftpd-hpa'),
  doors: {
    udp: {
      protocol: 'tftp',
      transport: 'udp',
      fixed: 69,
      reveals: 'protocol',
      hello: { send: READ, expect: '\0\x05' },
    },
  },
  start: async ({ dir, host }) => {
    const files = join(dir, 'files');
    await mkdir(files);
    const args = ['--foreground', '--secure', '--address', `${host}:69`, '--user', 'nobody', files];
    return { command: 'in.tftpd', args };
  },
});
