import type { ServerSpec } from './server.ts';
import { mariadb } from './servers/mariadb.ts';
import { nginx } from './servers/nginx.ts';
import { openssh } from './servers/openssh.ts';
import { postgresql, postgresqlTrusting } from './servers/postgresql.ts';
import { redis, redisWithPassword } from './servers/redis.ts';

/** Every real server of the lab. */
export const SERVERS: readonly ServerSpec[] = [
  mariadb,
  nginx,
  openssh,
  postgresql,
  postgresqlTrusting,
  redis,
  redisWithPassword,
];
