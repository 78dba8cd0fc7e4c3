import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

const SEARCH = [
  'M-SEARCH * HTTP/1.1',
  'HOST: 239.255.255.250:1900',
  'MAN: "ssdp:discover"',
  'MX: 1',
  'ST: upnp:rootdevice',
  '\r\n',
].join('\r\n');

/** What home routers run: discovery, and ports opened on demand. */
export const miniupnpd = defineServer({
  name: 'miniupnpd',
  needs: {
    linux: true,
    root: true,
    commands: ['miniupnpd'],
    packages: ['miniupnpd-nftables'],
  },
  product: 'MiniUPnPd',
  version: () => packageVersion('miniupnpd-nftables'),
  doors: {
    ssdp: {
      protocol: 'ssdp',
      transport: 'udp',
      fixed: 1900,
      hello: { send: SEARCH, expect: 'HTTP/1.1 200 OK' },
    },
    natPmp: {
      protocol: 'nat-pmp',
      transport: 'udp',
      fixed: 5351,
      reveals: 'protocol',
      hello: { send: '\0\0', expect: '\0\x80' },
    },
  },
  start: async ({ dir, address, spare }) => {
    // the address outside is only told, never used
    const config = `ext_ifname=lo
ext_ip=9.9.9.9
listening_ip=${address}/30
http_port=${await spare()}
enable_natpmp=yes
enable_upnp=yes
secure_mode=yes
uuid=00db9705-fb61-4d46-9b8b-e7a2c0d3c000
`;
    await writeFile(join(dir, 'miniupnpd.conf'), config);
    const files = ['-f', join(dir, 'miniupnpd.conf'), '-P', join(dir, 'pid')];
    return { command: 'miniupnpd', args: ['-d', files] };
  },
});
