import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DNS, DNS_OVER_TCP } from '../hellos.ts';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

/** Every name is its own, so that no question leaves the machine. */
export const unbound = defineServer({
  name: 'unbound',
  needs: { linux: true, commands: ['unbound', 'openssl'], packages: ['unbound'] },
  product: 'Unbound',
  version: () => packageVersion('unbound'),
  doors: {
    tcp: { protocol: 'dns', hello: DNS_OVER_TCP },
    udp: { protocol: 'dns', transport: 'udp', samePortAs: 'tcp', hello: DNS },
    tls: { protocol: 'dns', tls: 'implicit', hello: DNS_OVER_TCP },
  },
  start: async ({ dir, address, ports, certificate: { key, cert } }) => {
    const config = `server:
  directory: "${dir}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  logfile: ""
  interface: ${address}@${ports.tcp}
  interface: ${address}@${ports.tls}
  tls-port: ${ports.tls}
  tls-service-key: "${key}"
  tls-service-pem: "${cert}"
  access-control: 0.0.0.0/0 allow
  access-control: ::0/0 allow
  module-config: "iterator"
  local-zone: "." static
  local-data: "lab.test. A 127.0.0.1"
remote-control:
  control-enable: no
`;
    await writeFile(join(dir, 'unbound.conf'), config);
    return { command: 'unbound', args: ['-d', '-c', join(dir, 'unbound.conf')] };
  },
});
