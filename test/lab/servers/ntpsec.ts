import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

/** Client packet of version 3 (RFC 1305 appendix A). */
const CLIENT = `\x1b${'\0'.repeat(47)}`;

/** It has no source, so it never touches this machine's clock, and tells its variables to everybody. */
export const ntpsec = defineServer({
  name: 'ntpsec',
  needs: { linux: true, root: true, commands: ['ntpd'], packages: ['ntpsec'] },
  product: 'NTPsec',
  version: () => packageVersion('ntpsec'),
  doors: {
    udp: {
      protocol: 'ntp',
      transport: 'udp',
      fixed: 123,
      hello: { send: CLIENT, expect: (answer) => ((answer[0] ?? 0) & 7) === 4 },
    },
  },
  start: async ({ dir }) => {
    await writeFile(join(dir, 'ntp.conf'), 'unrestrict default noquery limited\n');
    const args = [
      '-n',
      '-c',
      join(dir, 'ntp.conf'),
      '-p',
      join(dir, 'pid'),
      '-f',
      join(dir, 'drift'),
    ];
    return { command: 'ntpd', args };
  },
});
