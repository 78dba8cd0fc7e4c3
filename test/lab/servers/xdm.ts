import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

/** Query of version 1 without authentication names (XDMCP §3). */
const QUERY = '\0\x01\0\x02\0\x01\0';

/** It manages displays of others and has none of its own. */
export const xdm = defineServer({
  name: 'xdm',
  needs: { linux: true, root: true, commands: ['xdm'], packages: ['xdm'] },
  product: 'xdm',
  version: () => packageVersion('xdm'),
  doors: {
    udp: {
      protocol: 'xdmcp',
      transport: 'udp',
      fixed: 177,
      reveals: 'protocol',
      hello: { send: QUERY, expect: '\0\x01\0\x05' },
    },
  },
  start: async ({ dir }) => {
    const config = `DisplayManager.requestPort: 177
DisplayManager.servers: ${dir}/servers
DisplayManager.accessFile: ${dir}/access
DisplayManager.errorLogFile: ${dir}/errors
DisplayManager.pidFile: ${dir}/pid
DisplayManager.authDir: ${dir}
`;
    await writeFile(join(dir, 'config'), config);
    await writeFile(join(dir, 'servers'), '');
    await writeFile(join(dir, 'access'), '*\n');
    return { command: 'xdm', args: ['-nodaemon', '-config', join(dir, 'config')], ownRun: [] };
  },
});
