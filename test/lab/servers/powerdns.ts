import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DNS } from '../hellos.ts';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

/** An authoritative server without zones: it refuses every name. */
export const powerdns = defineServer({
  name: 'powerdns',
  needs: { linux: true, commands: ['pdns_server'], packages: ['pdns-server', 'pdns-backend-bind'] },
  product: 'PowerDNS Authoritative Server',
  version: () => packageVersion('pdns-server'),
  doors: { udp: { protocol: 'dns', transport: 'udp', hello: DNS } },
  start: async ({ dir, address, ports }) => {
    const config = `launch=bind
bind-config=${dir}/named.conf
local-address=${address}
local-port=${ports.udp}
socket-dir=${dir}
security-poll-suffix=
`;
    await writeFile(join(dir, 'pdns.conf'), config);
    await writeFile(join(dir, 'named.conf'), '');
    const args = ['--daemon=no', '--guardian=no', `--config-dir=${dir}`];
    return { command: 'pdns_server', args };
  },
});
