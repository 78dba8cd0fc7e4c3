import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DNS } from '../hellos.ts';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

/** Answers for lab.test only. */
export const nsd = defineServer({
  name: 'nsd',
  needs: { linux: true, commands: ['nsd'], packages: ['nsd'] },
  product: 'NSD',
  version: () => packageVersion('nsd'),
  doors: { udp: { protocol: 'dns', transport: 'udp', hello: DNS } },
  start: async ({ dir, address, ports }) => {
    const config = `server:
  ip-address: ${address}
  port: ${ports.udp}
  username: ""
  chroot: ""
  zonesdir: "${dir}"
  database: ""
  pidfile: "${dir}/pid"
  xfrdfile: "${dir}/xfrd"
  xfrdir: "${dir}"
  zonelistfile: "${dir}/list"
remote-control:
  control-enable: no
zone:
  name: lab.test
  zonefile: lab.zone
`;
    const zone =
      '$ORIGIN lab.test.\n$TTL 60\n@ SOA localhost. root.localhost. 1 60 60 60 60\n@ NS localhost.\n';
    await writeFile(join(dir, 'nsd.conf'), config);
    await writeFile(join(dir, 'lab.zone'), `${zone}@ A 127.0.0.1\n`);
    return { command: 'nsd', args: ['-d', '-c', join(dir, 'nsd.conf')] };
  },
});
