import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

/** A long header of a reserved version, padded to 1,200 bytes (RFC 9000 §14.1, §15). */
const UNKNOWN_VERSION = Buffer.concat([
  Buffer.from('c00a0a0a0a08000102030405060708aabbccddeeff0011', 'hex'),
  Buffer.alloc(1177),
]);

/** HTTP/3 beside HTTPS, as it comes. */
export const caddy = defineServer({
  name: 'caddy',
  needs: { linux: true, commands: ['caddy', 'openssl'], packages: ['caddy'] },
  product: 'Caddy',
  version: () => packageVersion('caddy'),
  doors: {
    quic: {
      protocol: 'quic',
      transport: 'udp',
      reveals: 'protocol',
      hello: { send: UNKNOWN_VERSION, expect: (answer) => answer.readUInt32BE(1) === 0 },
    },
  },
  start: async ({ dir, host, ports, certificate: { key, cert } }) => {
    const config = `{
  admin off
  auto_https off
  storage file_system ${dir}/storage
}
https://${host}:${ports.quic} {
  bind ${host}
  tls ${cert} ${key}
  respond "lab"
}
`;
    await writeFile(join(dir, 'Caddyfile'), config);
    const args = ['run', '--adapter', 'caddyfile', '--config', join(dir, 'Caddyfile')];
    return { command: 'caddy', args, env: { HOME: dir } };
  },
});
