import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

/** GetRequest of sysDescr.0, version 2c, community public (RFC 3416). */
const GET = Buffer.from(
  '302602010104067075626c6963a019020101020100020100300e300c06082b060102010101000500',
  'hex',
);

export const snmpd = defineServer({
  name: 'snmpd',
  needs: { linux: true, root: true, commands: ['snmpd'], packages: ['snmpd'] },
  product: 'Net-SNMP',
  version: () => packageVersion('snmpd'),
  doors: {
    udp: {
      protocol: 'snmp',
      transport: 'udp',
      fixed: 161,
      reveals: 'product',
      hello: { send: GET, expect: '\x30' },
    },
  },
  start: async ({ dir, address }) => {
    await mkdir(join(dir, 'state'));
    await writeFile(join(dir, 'snmpd.conf'), 'rocommunity public\nsysName lab\n');
    return {
      command: 'snmpd',
      args: [
        ['-f', '-Lo', '-C', '-c', join(dir, 'snmpd.conf'), '-p', join(dir, 'pid')],
        `udp:${address}:161`,
      ],
      env: { SNMP_PERSISTENT_DIR: join(dir, 'state'), MIBS: '' },
    };
  },
});
