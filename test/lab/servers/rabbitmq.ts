import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

/** AMQP 0-9-1 §4.2.2; answered by Connection.Start in a method frame on channel 0. */
const hello = { send: 'AMQP\0\0\x09\x01', expect: '\x01\0\0' };

/** Erlang takes long to start, and brings its own port mapper, which is kept on the loopback. */
export const rabbitmq = defineServer({
  name: 'rabbitmq',
  needs: {
    linux: true,
    commands: ['/usr/lib/rabbitmq/bin/rabbitmq-server', 'openssl'],
    packages: ['rabbitmq-server'],
  },
  product: 'RabbitMQ',
  version: () => packageVersion('rabbitmq-server'),
  doors: {
    plain: { protocol: 'amqp', hello },
    tls: { protocol: 'amqp', tls: 'implicit', hello },
  },
  readyWithin: 90_000,
  start: async ({ dir, address, ports, certificate: { key, cert }, spare, run }) => {
    const home = join(dir, 'home');
    await run('install', ['-d', '-m', '777', home]);
    const config = `listeners.tcp.1 = ${address}:${ports.plain}
listeners.ssl.1 = ${address}:${ports.tls}
ssl_options.certfile = ${cert}
ssl_options.keyfile = ${key}
ssl_options.verify = verify_none
`;
    await writeFile(join(dir, 'rabbitmq.conf'), config);
    await writeFile(join(dir, 'enabled_plugins'), '[].\n');
    const mapper = await spare();
    return {
      command: '/usr/lib/rabbitmq/bin/rabbitmq-server',
      args: [],
      user: 'rabbitmq',
      cwd: home,
      env: {
        HOME: home,
        ERL_EPMD_PORT: String(mapper),
        ERL_EPMD_ADDRESS: '127.0.0.1',
        RABBITMQ_NODENAME: `lab${ports.plain}@localhost`,
        RABBITMQ_DIST_PORT: String(await spare()),
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
        RABBITMQ_CONFIG_FILE: join(dir, 'rabbitmq.conf'),
        RABBITMQ_CONF_ENV_FILE: join(dir, 'none'),
        RABBITMQ_ENABLED_PLUGINS_FILE: join(dir, 'enabled_plugins'),
        RABBITMQ_MNESIA_BASE: join(home, 'data'),
        RABBITMQ_LOG_BASE: join(home, 'log'),
        RABBITMQ_LOGS: '-',
        RABBITMQ_PID_FILE: join(home, 'pid'),
      },
    };
  },
});
