import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

/** TLS is agreed inside the protocol; local sockets and the address are its only listeners. */
export const mariadb = defineServer({
  name: 'mariadb',
  needs: {
    linux: true,
    commands: ['mariadbd', 'mariadb-install-db', 'openssl'],
    packages: ['mariadb-server'],
  },
  product: 'MariaDB',
  version: () => packageVersion('mariadb-server'),
  doors: {
    plain: {
      protocol: 'mariadb',
      tls: 'starttls',
      // Packet header of 4 bytes, then protocol version 10.
      hello: { expect: (greeting) => greeting[4] === 0x0a },
    },
  },
  readyWithin: 60_000,
  start: async ({ dir, address, ports, certificate: { key, cert }, run }) => {
    const data = join(dir, 'data');
    await run('mkdir', ['-m', '777', data]);
    const user = 'mysql';
    const install = ['--no-defaults', `--datadir=${data}`, '--skip-test-db'];
    await run('mariadb-install-db', [...install, '--auth-root-authentication-method=normal'], {
      user,
    });
    // Without an account that is open to every host, others than this one are not even greeted.
    const account = "CREATE USER 'lab'@'%' IDENTIFIED BY 'not-the-default';\n";
    await writeFile(join(dir, 'init.sql'), account);
    return {
      user,
      command: 'mariadbd',
      args: [
        ['--no-defaults', `--datadir=${data}`, `--socket=${data}/mariadbd.sock`],
        [`--pid-file=${data}/mariadbd.pid`, `--bind-address=${address}`],
        [`--port=${ports.plain}`, `--ssl-cert=${cert}`, `--ssl-key=${key}`],
        ['--skip-name-resolve', `--init-file=${dir}/init.sql`],
        ['--innodb-buffer-pool-size=16M', '--innodb-log-file-size=4M'],
      ],
    };
  },
});
