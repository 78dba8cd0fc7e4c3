import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DNS } from '../hellos.ts';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

/** Answers for lab.test only. */
export const knot = defineServer({
  name: 'knot',
  needs: { linux: true, commands: ['knotd'], packages: ['knot'] },
  product: 'Knot DNS',
  version: () => packageVersion('knot'),
  doors: { udp: { protocol: 'dns', transport: 'udp', hello: DNS } },
  start: async ({ dir, address, ports }) => {
    const config = `server:
  rundir: "${dir}"
  listen: ["${address}@${ports.udp}"]
  udp-workers: 1
  tcp-workers: 1
database:
  storage: "${dir}"
log:
  - target: stdout
    any: info
zone:
  - domain: lab.test
    storage: "${dir}"
    file: lab.zone
`;
    const zone =
      'lab.test. 60 SOA localhost. root.localhost. 1 60 60 60 60\nlab.test. 60 NS localhost.\n';
    await writeFile(join(dir, 'knot.conf'), config);
    await writeFile(join(dir, 'lab.zone'), `${zone}lab.test. 60 A 127.0.0.1\n`);
    return { command: 'knotd', args: ['-c', join(dir, 'knot.conf')] };
  },
});
