import type { ServerSpec } from './server.ts';
import { apache } from './servers/apache.ts';
import { bind } from './servers/bind.ts';
import { dante, danteWithPassword } from './servers/dante.ts';
import { docker } from './servers/docker.ts';
import { dovecot } from './servers/dovecot.ts';
import { etcd } from './servers/etcd.ts';
import { gitDaemon } from './servers/git-daemon.ts';
import { gstRtsp } from './servers/gst-rtsp.ts';
import { kamailio } from './servers/kamailio.ts';
import { krb5Kdc } from './servers/krb5-kdc.ts';
import { lighttpd } from './servers/lighttpd.ts';
import { mariadb } from './servers/mariadb.ts';
import { memcached } from './servers/memcached.ts';
import { mosquitto } from './servers/mosquitto.ts';
import { nats, natsWithTls } from './servers/nats.ts';
import { nginx, nginxOldTls, nginxWithEdgeFields } from './servers/nginx.ts';
import { openssh } from './servers/openssh.ts';
import { postfix } from './servers/postfix.ts';
import { postgresql, postgresqlTrusting } from './servers/postgresql.ts';
import { rabbitmq } from './servers/rabbitmq.ts';
import { redis, redisWithPassword } from './servers/redis.ts';
import { rsync } from './servers/rsync.ts';
import { samba, sambaOld } from './servers/samba.ts';
import { slapd } from './servers/slapd.ts';
import { dropbear, tinyssh } from './servers/small-ssh.ts';
import { squid } from './servers/squid.ts';
import { svnserve } from './servers/svnserve.ts';
import { telnetd } from './servers/telnetd.ts';
import { tigervnc, tigervncWithPassword } from './servers/tigervnc.ts';
import { unbound } from './servers/unbound.ts';
import { vsftpd, vsftpdExplicit, vsftpdImplicit } from './servers/vsftpd.ts';
import { xrdp } from './servers/xrdp.ts';

/** Every real server of the lab. */
export const SERVERS: readonly ServerSpec[] = [
  apache,
  bind,
  dante,
  danteWithPassword,
  docker,
  dovecot,
  etcd,
  gitDaemon,
  gstRtsp,
  kamailio,
  krb5Kdc,
  lighttpd,
  mariadb,
  memcached,
  mosquitto,
  nats,
  natsWithTls,
  nginx,
  nginxOldTls,
  nginxWithEdgeFields,
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
  dropbear,
  tinyssh,
  squid,
  svnserve,
  telnetd,
  tigervnc,
  tigervncWithPassword,
  unbound,
  vsftpd,
  vsftpdExplicit,
  vsftpdImplicit,
  xrdp,
];
