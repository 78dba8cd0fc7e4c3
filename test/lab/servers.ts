import type { ServerSpec } from './server.ts';
import { bind } from './servers/bind.ts';
import { dovecot } from './servers/dovecot.ts';
import { mariadb } from './servers/mariadb.ts';
import { memcached } from './servers/memcached.ts';
import { mosquitto } from './servers/mosquitto.ts';
import { nginx } from './servers/nginx.ts';
import { openssh } from './servers/openssh.ts';
import { postfix } from './servers/postfix.ts';
import { postgresql, postgresqlTrusting } from './servers/postgresql.ts';
import { rabbitmq } from './servers/rabbitmq.ts';
import { redis, redisWithPassword } from './servers/redis.ts';
import { rsync } from './servers/rsync.ts';
import { samba, sambaOld } from './servers/samba.ts';
import { slapd } from './servers/slapd.ts';
import { vsftpd, vsftpdExplicit, vsftpdImplicit } from './servers/vsftpd.ts';

/** Every real server of the lab. */
export const SERVERS: readonly ServerSpec[] = [
  bind,
  dovecot,
  mariadb,
  memcached,
  mosquitto,
  nginx,
  openssh,
  postfix,
  postgresql,
  postgresqlTrusting,
  rabbitmq,
  redis,
  redisWithPassword,
  rsync,
  samba,
  sambaOld,
  slapd,
  vsftpd,
  vsftpdExplicit,
  vsftpdImplicit,
];
