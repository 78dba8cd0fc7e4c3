/**
 * The protocol that a program of this name speaks, where nobody asked the port itself; words as in
 * the protocol plugins. From the programs' own documentation. Programs that speak what their
 * configuration says (node, java, python) are not listed: their port number has to speak.
 */
const PROGRAMS: Readonly<Record<string, string>> = {
  sshd: 'ssh',
  dropbear: 'ssh',
  nginx: 'http',
  apache2: 'http',
  httpd: 'http',
  lighttpd: 'http',
  caddy: 'http',
  mysqld: 'mysql',
  mariadbd: 'mariadb',
  postgres: 'postgresql',
  'redis-server': 'redis',
  'valkey-server': 'redis',
  keydb: 'redis',
  memcached: 'memcached',
  mongod: 'mongodb',
  beam: 'amqp',
  epmd: 'epmd',
  mosquitto: 'mqtt',
  'nats-server': 'nats',
  dockerd: 'docker',
  etcd: 'etcd',
  smbd: 'smb',
  'rpc.mountd': 'nfs',
  rpcbind: 'rpcbind',
  vsftpd: 'ftp',
  proftpd: 'ftp',
  'pure-ftpd': 'ftp',
  'in.telnetd': 'telnet',
  telnetd: 'telnet',
  rsync: 'rsync',
  named: 'dns',
  unbound: 'dns',
  dnsmasq: 'dns',
  pdns_server: 'dns',
  master: 'smtp',
  exim4: 'smtp',
  slapd: 'ldap',
  xrdp: 'rdp',
  x11vnc: 'vnc',
  Xvnc: 'vnc',
  Xtigervnc: 'vnc',
  Xorg: 'x11',
  svnserve: 'svn',
  'git-daemon': 'git',
};

/** The protocol that a program speaks; undefined where its name does not tell. */
export function protocolOfProgram(program: string | undefined): string | undefined {
  if (program === undefined || !Object.hasOwn(PROGRAMS, program)) return undefined;
  return PROGRAMS[program];
}
