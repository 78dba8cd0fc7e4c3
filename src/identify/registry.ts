import type { Protocol } from './plugin.ts';
import { amqp } from './protocols/amqp.ts';
import { http } from './protocols/http.ts';
import { http2 } from './protocols/http2.ts';
import { https } from './protocols/https.ts';
import { kerberos } from './protocols/kerberos.ts';
import { ldap } from './protocols/ldap.ts';
import { mariadb } from './protocols/mariadb.ts';
import { mongodb } from './protocols/mongodb.ts';
import { mysql } from './protocols/mysql.ts';
import { postgresql } from './protocols/postgresql.ts';
import { rdp } from './protocols/rdp.ts';
import { smb } from './protocols/smb.ts';
import { socks5 } from './protocols/socks5.ts';
import { tls } from './protocols/tls.ts';
import { vnc } from './protocols/vnc.ts';

/** Every protocol of the folder `protocols/`, in file-name order; a test holds the two together. */
export const PROTOCOLS: readonly Protocol[] = [
  amqp,
  http,
  http2,
  https,
  kerberos,
  ldap,
  mariadb,
  mongodb,
  mysql,
  postgresql,
  rdp,
  smb,
  socks5,
  tls,
  vnc,
];
