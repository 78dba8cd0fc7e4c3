import type { Protocol } from './plugin.ts';
import { amqp } from './protocols/amqp.ts';
import { cassandra } from './protocols/cassandra.ts';
import { couchdb } from './protocols/couchdb.ts';
import { dns } from './protocols/dns.ts';
import { docker } from './protocols/docker.ts';
import { elasticsearch } from './protocols/elasticsearch.ts';
import { etcd } from './protocols/etcd.ts';
import { ethernetIp } from './protocols/ethernet-ip.ts';
import { ftp } from './protocols/ftp.ts';
import { git } from './protocols/git.ts';
import { http } from './protocols/http.ts';
import { http2 } from './protocols/http2.ts';
import { https } from './protocols/https.ts';
import { iec104 } from './protocols/iec104.ts';
import { imap } from './protocols/imap.ts';
import { iscsi } from './protocols/iscsi.ts';
import { kafka } from './protocols/kafka.ts';
import { kerberos } from './protocols/kerberos.ts';
import { kubernetes } from './protocols/kubernetes.ts';
import { ldap } from './protocols/ldap.ts';
import { mariadb } from './protocols/mariadb.ts';
import { memcached } from './protocols/memcached.ts';
import { modbus } from './protocols/modbus.ts';
import { mongodb } from './protocols/mongodb.ts';
import { mqtt } from './protocols/mqtt.ts';
import { mssql } from './protocols/mssql.ts';
import { mysql } from './protocols/mysql.ts';
import { nats } from './protocols/nats.ts';
import { nfs } from './protocols/nfs.ts';
import { opcUa } from './protocols/opc-ua.ts';
import { oracleTns } from './protocols/oracle-tns.ts';
import { pop3 } from './protocols/pop3.ts';
import { postgresql } from './protocols/postgresql.ts';
import { pptp } from './protocols/pptp.ts';
import { rdp } from './protocols/rdp.ts';
import { redis } from './protocols/redis.ts';
import { rpcbind } from './protocols/rpcbind.ts';
import { rsync } from './protocols/rsync.ts';
import { rtsp } from './protocols/rtsp.ts';
import { s7 } from './protocols/s7.ts';
import { sip } from './protocols/sip.ts';
import { smb } from './protocols/smb.ts';
import { smtp } from './protocols/smtp.ts';
import { socks5 } from './protocols/socks5.ts';
import { ssh } from './protocols/ssh.ts';
import { svn } from './protocols/svn.ts';
import { telnet } from './protocols/telnet.ts';
import { tls } from './protocols/tls.ts';
import { vnc } from './protocols/vnc.ts';

/** Every protocol of the folder `protocols/`, in file-name order; a test holds the two together. */
export const PROTOCOLS: readonly Protocol[] = [
  amqp,
  cassandra,
  couchdb,
  dns,
  docker,
  elasticsearch,
  etcd,
  ethernetIp,
  ftp,
  git,
  http,
  http2,
  https,
  iec104,
  imap,
  iscsi,
  kafka,
  kerberos,
  kubernetes,
  ldap,
  mariadb,
  memcached,
  modbus,
  mongodb,
  mqtt,
  mssql,
  mysql,
  nats,
  nfs,
  opcUa,
  oracleTns,
  pop3,
  postgresql,
  pptp,
  rdp,
  redis,
  rpcbind,
  rsync,
  rtsp,
  s7,
  sip,
  smb,
  smtp,
  socks5,
  ssh,
  svn,
  telnet,
  tls,
  vnc,
];
