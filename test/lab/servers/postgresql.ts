import { readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Launch } from '../child.ts';
import { packageVersion } from '../packages.ts';
import { defineServer, type World } from '../server.ts';

const PROGRAMS = '/usr/lib/postgresql';

/** PostgreSQL's message formats, §55.7: SSLRequest; the one-byte answer says whether it is taken. */
const SSL_REQUEST = '\x00\x00\x00\x08\x04\xd2\x16\x2f';

const about = {
  needs: { linux: true, commands: ['openssl'], packages: ['postgresql'] },
  product: 'PostgreSQL',
  version: () => packageVersion(`postgresql-${major()}`),
  readyWithin: 60_000,
} as const;

/** The newest major version that is installed. */
function major(): number {
  return Math.max(...readdirSync(PROGRAMS).map(Number));
}

async function launch(
  { dir, address, ports, certificate, run }: World<'plain'>,
  authentication: 'trust' | 'scram-sha-256',
): Promise<Launch> {
  const user = 'postgres';
  const programs = `${PROGRAMS}/${major()}/bin`;
  const data = join(dir, 'data');
  await run('install', ['-d', '-m', '777', data]);
  await writeFile(join(dir, 'password'), 'not-the-default\n', { mode: 0o644 });
  const init = ['-D', join(data, 'cluster'), '--no-sync', '-U', 'postgres'];
  const auth = [`--auth-host=${authentication}`, '--auth-local=trust'];
  await run(`${programs}/initdb`, [...init, ...auth, `--pwfile=${dir}/password`], { user });
  // It refuses a key that others can read.
  await run('install', ['-m', '600', certificate.key, join(data, 'server.key')], { user });
  const settings = {
    listen_addresses: address,
    unix_socket_directories: data,
    ssl: 'on',
    ssl_cert_file: certificate.cert,
    ssl_key_file: join(data, 'server.key'),
    fsync: 'off',
    shared_buffers: '16MB',
  };
  return {
    user,
    command: `${programs}/postgres`,
    args: [
      ['-D', join(data, 'cluster'), '-p', String(ports.plain)],
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
  };
}

/** Wants a password (SCRAM). */
export const postgresql = defineServer({
  ...about,
  name: 'postgresql',
  doors: {
    plain: {
      protocol: 'postgresql',
      tls: 'starttls',
      reveals: 'product',
      hello: { send: SSL_REQUEST, expect: 'S' },
    },
  },
  start: (world) => launch(world, 'scram-sha-256'),
});

/** Lets everybody in, an account of our own name among them: only inside it tells its version. */
export const postgresqlTrusting = defineServer({
  ...about,
  name: 'postgresql-trusting',
  doors: {
    plain: {
      protocol: 'postgresql',
      tls: 'starttls',
      hello: { send: SSL_REQUEST, expect: 'S' },
    },
  },
  start: async (world) => {
    const server = await launch(world, 'trust');
    const cluster = join(world.dir, 'data', 'cluster');
    const single = `${PROGRAMS}/${major()}/bin/postgres --single -D ${cluster} postgres`;
    const account = `printf 'CREATE ROLE postern LOGIN;\\nCREATE DATABASE postern;\\n' | ${single}`;
    await world.run('sh', ['-c', account], { user: 'postgres' });
    return server;
  },
});
