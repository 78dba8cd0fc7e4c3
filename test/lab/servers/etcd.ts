import { join } from 'node:path';
import { HTTP } from '../hellos.ts';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

const hello = { ...HTTP, send: 'GET /version HTTP/1.0\r\n\r\n' };

/** One member, no authentication. */
export const etcd = defineServer({
  name: 'etcd',
  needs: { linux: true, commands: ['etcd', 'openssl'], packages: ['etcd-server'] },
  product: 'etcd',
  version: () => packageVersion('etcd-server'),
  doors: {
    plain: { protocol: 'etcd', hello },
    tls: { protocol: 'etcd', tls: 'implicit', hello },
  },
  start: async ({ dir, host, ports, certificate: { key, cert }, spare }) => {
    const clients = `http://${host}:${ports.plain},https://${host}:${ports.tls}`;
    const peers = `http://127.0.0.1:${await spare()}`;
    return {
      command: 'etcd',
      args: [
        ['--name', 'lab', '--data-dir', join(dir, 'data')],
        ['--listen-client-urls', clients, '--advertise-client-urls', clients],
        ['--listen-peer-urls', peers, '--initial-advertise-peer-urls', peers],
        ['--initial-cluster', `lab=${peers}`, '--cert-file', cert, '--key-file', key],
      ],
    };
  },
});
