import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SSH } from '../hellos.ts';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

const KEY_TYPES = ['ed25519', 'ecdsa', 'rsa'];

/** Root: sshd's privilege separation wants /run/sshd. */
export const openssh = defineServer({
  name: 'openssh',
  needs: {
    linux: true,
    root: true,
    commands: ['sshd', 'ssh-keygen'],
    packages: ['openssh-server'],
  },
  product: 'OpenSSH',
  version: () => packageVersion('openssh-server'),
  doors: { ssh: { protocol: 'ssh', hello: SSH } },
  start: async ({ dir, address, ports, run }) => {
    for (const type of KEY_TYPES) {
      await run('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', join(dir, `host_${type}`)]);
    }
    const keys = KEY_TYPES.map((type) => `HostKey ${dir}/host_${type}`).join('\n');
    const config = `ListenAddress ${address}\nPort ${ports.ssh}\n${keys}
PidFile ${dir}/sshd.pid\nUsePAM no\nMaxStartups 100\n`;
    await writeFile(join(dir, 'sshd_config'), config);
    return {
      command: 'sshd',
      args: ['-D', '-e', '-f', join(dir, 'sshd_config')],
      ownRun: ['sshd'],
    };
  },
});
