import { mkdir, writeFile } from 'node:fs/promises';
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

export const minidlna = defineServer({
  name: 'minidlna',
  needs: { linux: true, root: true, commands: ['minidlnad'], packages: ['minidlna'] },
  product: 'MiniDLNA',
  version: () => packageVersion('minidlna'),
  doors: {
    udp: {
      protocol: 'ssdp',
      transport: 'udp',
      fixed: 1900,
      hello: { send: SEARCH, expect: 'HTTP/1.1 200 OK' },
    },
  },
  start: async ({ dir, spare }) => {
    for (const folder of ['media', 'db', 'log']) await mkdir(join(dir, folder));
    const config = `port=${await spare()}
media_dir=${dir}/media
db_dir=${dir}/db
log_dir=${dir}/log
friendly_name=lab
inotify=no
`;
    await writeFile(join(dir, 'minidlna.conf'), config);
    const args = ['-S', '-f', join(dir, 'minidlna.conf'), '-P', join(dir, 'pid')];
    return { command: 'minidlnad', args };
  },
});
