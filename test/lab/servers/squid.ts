import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HTTP } from '../hellos.ts';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

/** A proxy that refuses everybody, and says who refuses. */
export const squid = defineServer({
  name: 'squid',
  needs: { linux: true, root: true, commands: ['squid'], packages: ['squid'] },
  product: 'Squid',
  version: () => packageVersion('squid'),
  doors: { http: { protocol: 'http', hello: HTTP } },
  start: async ({ dir, host, ports, run }) => {
    const state = join(dir, 'state');
    await run('install', ['-d', '-o', 'proxy', state]);
    const config = `http_port ${host}:${ports.http}
http_access deny all
cache deny all
access_log none
cache_log /dev/stderr
pid_filename none
icp_port 0
htcp_port 0
pinger_enable off
visible_hostname lab.test
coredump_dir ${state}
dns_nameservers 127.0.0.1
shutdown_lifetime 1 second
`;
    await writeFile(join(dir, 'squid.conf'), config);
    return {
      command: 'squid',
      args: ['--foreground', '-n', `lab${ports.http}`, '-f', join(dir, 'squid.conf')],
      ownRun: ['squid'],
    };
  },
});
