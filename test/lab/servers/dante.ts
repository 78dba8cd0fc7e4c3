import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Launch } from '../child.ts';
import { packageVersion } from '../packages.ts';
import { defineServer, type World } from '../server.ts';

const about = {
  needs: { linux: true, root: true, commands: ['danted'], packages: ['dante-server'] },
  product: 'Dante',
  version: () => packageVersion('dante-server'),
} as const;

/** Relays nothing: every request is blocked once it is made. */
async function launch(world: World<'socks'>, method: 'none' | 'username'): Promise<Launch> {
  const { dir, address, ports } = world;
  const everything = '{ from: 0/0 to: 0/0 }';
  const config = `logoutput: stderr
internal: ${address} port = ${ports.socks}
external: ${address}
clientmethod: none
socksmethod: ${method}
user.privileged: root
user.unprivileged: nobody
client pass ${everything}
socks block ${everything}
`;
  await writeFile(join(dir, 'danted.conf'), config);
  const args = ['-f', join(dir, 'danted.conf'), '-p', join(dir, 'pid')];
  return { command: 'danted', args };
}

/** Asks nobody who they are (RFC 1928 §3: method 0). */
export const dante = defineServer({
  ...about,
  name: 'dante',
  doors: {
    socks: {
      protocol: 'socks5',
      reveals: 'protocol',
      hello: { send: '\x05\x01\0', expect: '\x05\0' },
    },
  },
  start: (world) => launch(world, 'none'),
});

/** Wants a name and a password (method 2). */
export const danteWithPassword = defineServer({
  ...about,
  name: 'dante-with-password',
  doors: {
    socks: {
      protocol: 'socks5',
      reveals: 'protocol',
      hello: { send: '\x05\x01\x02', expect: '\x05\x02' },
    },
  },
  start: (world) => launch(world, 'username'),
});
