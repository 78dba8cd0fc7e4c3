import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

/** `ping` of BEP 5. */
const PING = 'd1:ad2:id20:lablablablablablablae1:q4:ping1:t2:la1:y1:qe';

/** A node of the distributed hash table that knows no other: the namespace has no way out. */
export const transmission = defineServer({
  name: 'transmission',
  needs: {
    linux: true,
    root: true,
    commands: ['transmission-daemon'],
    packages: ['transmission-daemon'],
  },
  product: 'Transmission',
  version: () => packageVersion('transmission-daemon'),
  doors: {
    udp: {
      protocol: 'bittorrent-dht',
      transport: 'udp',
      fixed: 51413,
      reveals: 'protocol',
      hello: { send: PING, expect: (answer) => answer.includes('1:y1:r') },
    },
  },
  start: async ({ dir, address }) => {
    const settings = {
      'bind-address-ipv4': address,
      'dht-enabled': true,
      'lpd-enabled': false,
      'peer-port': 51413,
      'port-forwarding-enabled': false,
      'rpc-enabled': false,
      'download-dir': dir,
      'watch-dir-enabled': false,
    };
    await writeFile(join(dir, 'settings.json'), JSON.stringify(settings));
    return { command: 'transmission-daemon', args: ['-f', '-g', dir], env: { HOME: dir } };
  },
});
