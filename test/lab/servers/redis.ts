import type { Launch } from '../child.ts';
import { packageVersion } from '../packages.ts';
import { defineServer, type World } from '../server.ts';

const about = {
  needs: { linux: true, commands: ['redis-server', 'openssl'], packages: ['redis-server'] },
  product: 'Redis',
  version: () => packageVersion('redis-server'),
} as const;

function launch(
  { dir, address, ports, certificate }: World<'plain' | 'tls'>,
  settings: readonly string[],
): Launch {
  return {
    command: 'redis-server',
    args: [
      ['--bind', address, '--port', String(ports.plain), '--tls-port', String(ports.tls)],
      ['--tls-cert-file', certificate.cert, '--tls-key-file', certificate.key],
      ['--tls-auth-clients', 'no', '--protected-mode', 'no'],
      ['--dir', dir, '--save', '', ...settings],
    ],
  };
}

/** Answers everybody. */
export const redis = defineServer({
  ...about,
  name: 'redis',
  doors: {
    plain: { protocol: 'redis', hello: { send: 'PING\r\n', expect: '+PONG' } },
    tls: { protocol: 'redis', tls: 'implicit', hello: { send: 'PING\r\n', expect: '+PONG' } },
  },
  start: async (world) => launch(world, []),
});

/** Wants a password, and before that answers as its forks (Valkey, KeyDB) do. */
export const redisWithPassword = defineServer({
  ...about,
  name: 'redis-with-password',
  doors: {
    plain: {
      protocol: 'redis',
      reveals: 'protocol',
      hello: { send: 'PING\r\n', expect: '-NOAUTH' },
    },
    tls: {
      protocol: 'redis',
      tls: 'implicit',
      reveals: 'protocol',
      hello: { send: 'PING\r\n', expect: '-NOAUTH' },
    },
  },
  start: async (world) => launch(world, ['--requirepass', 'not-the-default']),
});
