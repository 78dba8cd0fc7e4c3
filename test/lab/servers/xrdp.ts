import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

/** MS-RDPBCGR §2.2.1.1: X.224 connection request that offers TLS; confirmed by type 0xd0. */
const CONNECTION_REQUEST = '\x03\0\0\x13\x0e\xe0\0\0\0\0\0\x01\0\x08\0\x01\0\0\0';

export const xrdp = defineServer({
  name: 'xrdp',
  needs: { linux: true, root: true, commands: ['xrdp', 'openssl'], packages: ['xrdp'] },
  product: 'xrdp',
  version: () => packageVersion('xrdp'),
  doors: {
    rdp: {
      protocol: 'rdp',
      tls: 'starttls',
      reveals: 'protocol',
      hello: { send: CONNECTION_REQUEST, expect: (answer) => answer[5] === 0xd0 },
    },
  },
  start: async ({ dir, address, ports, certificate: { key, cert } }) => {
    const config = `[Globals]
ini_version=1
fork=true
port=tcp://${address}:${ports.rdp}
security_layer=negotiate
crypt_level=high
certificate=${cert}
key_file=${key}
ssl_protocols=TLSv1.2, TLSv1.3
[Logging]
LogFile=${dir}/xrdp.log
LogLevel=INFO
EnableConsole=true
[Xorg]
name=Xorg
lib=libxup.so
username=ask
password=ask
port=-1
code=20
`;
    await writeFile(join(dir, 'xrdp.ini'), config);
    return {
      command: 'xrdp',
      args: ['--nodaemon', '--config', join(dir, 'xrdp.ini')],
      ownRun: ['xrdp'],
    };
  },
});
