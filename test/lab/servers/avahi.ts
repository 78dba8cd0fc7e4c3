import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

/** PTR of _services._dns-sd._udp.local (RFC 6763 §9). */
const QUESTION =
  '\0\x01\0\0\0\x01\0\0\0\0\0\0\x09_services\x07_dns-sd\x04_udp\x05local\0\0\x0c\x80\x01';

export const avahi = defineServer({
  name: 'avahi',
  needs: { linux: true, root: true, commands: ['avahi-daemon'], packages: ['avahi-daemon'] },
  product: 'Avahi',
  version: () => packageVersion('avahi-daemon'),
  doors: {
    udp: {
      protocol: 'mdns',
      transport: 'udp',
      fixed: 5353,
      reveals: 'protocol',
      hello: { send: QUESTION, expect: (answer) => ((answer[2] ?? 0) & 0x80) !== 0 },
    },
  },
  start: async ({ dir }) => {
    const config = `[server]
host-name=lab
enable-dbus=no
[publish]
publish-workstation=yes
`;
    await writeFile(join(dir, 'avahi.conf'), config);
    const runtime = ['--no-drop-root', '--no-chroot', '--no-rlimits'];
    return {
      command: 'avahi-daemon',
      args: ['-f', join(dir, 'avahi.conf'), runtime],
      ownRun: ['avahi-daemon'],
    };
  },
});
