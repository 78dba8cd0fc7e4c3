import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

/** SCCRQ with the five AVPs that must be there (RFC 2661 §6.1). */
const REQUEST = Buffer.from(
  'c80200370000000000000000' +
    '8008000000000001' +
    '8008000000020100' +
    '800a00000003 00000003'.replace(' ', '') +
    '80090000 0007 6c6162'.replaceAll(' ', '') +
    '8008000000090007',
  'hex',
);

export const xl2tpd = defineServer({
  name: 'xl2tpd',
  needs: { linux: true, root: true, commands: ['xl2tpd'], packages: ['xl2tpd'] },
  product: 'xl2tpd',
  version: () => packageVersion('xl2tpd'),
  doors: {
    udp: {
      protocol: 'l2tp',
      transport: 'udp',
      fixed: 1701,
      reveals: 'product',
      hello: { send: REQUEST, expect: '\xc8\x02' },
    },
  },
  start: async ({ dir, address }) => {
    const config = `[global]
listen-addr = ${address}
[lns default]
ip range = 192.0.2.10-192.0.2.20
local ip = 192.0.2.1
require authentication = no
`;
    await writeFile(join(dir, 'xl2tpd.conf'), config);
    const files = [
      '-c',
      join(dir, 'xl2tpd.conf'),
      '-p',
      join(dir, 'pid'),
      '-C',
      join(dir, 'control'),
    ];
    return { command: 'xl2tpd', args: ['-D', files], ownRun: ['xl2tpd'] };
  },
});
