import { join } from 'node:path';
import { HTTP } from '../hellos.ts';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

/** The API in the clear, without networks and images of its own. */
export const docker = defineServer({
  name: 'docker',
  needs: { linux: true, root: true, commands: ['dockerd'], packages: ['docker.io'] },
  product: 'Docker Engine',
  version: () => packageVersion('docker.io'),
  doors: { http: { protocol: 'docker', hello: { ...HTTP, send: 'GET /_ping HTTP/1.0\r\n\r\n' } } },
  readyWithin: 60_000,
  start: async ({ dir, host, ports }) => {
    return {
      command: 'dockerd',
      args: [
        ['--data-root', join(dir, 'data'), '--exec-root', join(dir, 'exec')],
        ['--pidfile', join(dir, 'pid'), '--host', `tcp://${host}:${ports.http}`],
        ['--tls=false', '--bridge=none', '--iptables=false', '--ip6tables=false'],
        ['--storage-driver', 'vfs'],
      ],
      ownRun: ['docker'],
    };
  },
});
