import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Launch } from '../child.ts';
import { packageVersion } from '../packages.ts';
import { defineServer, type World } from '../server.ts';

const about = {
  needs: { linux: true, commands: ['nats-server', 'openssl'], packages: ['nats-server'] },
  product: 'NATS Server',
  version: () => packageVersion('nats-server'),
} as const;

const hello = { expect: 'INFO {' };

async function launch(world: World<'plain'>, settings: string): Promise<Launch> {
  const { dir, address, ports } = world;
  const config = `host: "${address}"\nport: ${ports.plain}\n${settings}`;
  await writeFile(join(dir, 'nats.conf'), config);
  return { command: 'nats-server', args: ['-c', join(dir, 'nats.conf')] };
}

/** Serves everybody. */
export const nats = defineServer({
  ...about,
  name: 'nats',
  doors: { plain: { protocol: 'nats', hello } },
  start: (world) => launch(world, ''),
});

/** Greets in the clear, then wants TLS and a token. */
export const natsWithTls = defineServer({
  ...about,
  name: 'nats-with-tls',
  doors: { plain: { protocol: 'nats', tls: 'starttls', hello } },
  start: (world) => {
    const { key, cert } = world.certificate;
    const tls = `tls { cert_file: "${cert}", key_file: "${key}" }\n`;
    return launch(world, `${tls}authorization { token: "not-the-default" }\n`);
  },
});
