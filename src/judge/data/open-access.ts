import type { Severity } from '../../model/verdict.ts';

/** What a service that asks nobody who he is means. */
export interface OpenAccess {
  readonly why: string;
  readonly todo: string;
  readonly severity?: Severity;
}

/** Serve anybody by design, or have a rule of their own for it. */
export const OPEN_BY_DESIGN: ReadonlySet<string> = new Set([
  'http',
  'https',
  'http2',
  'tls',
  'smtp',
  'imap',
  'pop3',
  'dns',
  'ntp',
  'ssh',
  'git',
  'svn',
  'kerberos',
  'sip',
  'ftp',
  'ldap',
  'rsync',
  'nextcloud',
  'gitea',
  'gitlab',
  'xmpp',
  'irc',
  'nntp',
  'managesieve',
]);

const mysql: OpenAccess = {
  why: 'The database lets anybody in without a password.',
  todo: 'Close the port now, give every account a password, and set bind-address = 127.0.0.1.',
};

/** By the protocol's word; GENERIC_OPEN_ACCESS for the rest. */
export const OPEN_ACCESS: Readonly<Record<string, OpenAccess>> = {
  mysql,
  mariadb: mysql,
  postgresql: {
    why: 'PostgreSQL lets anybody in without a password.',
    todo: 'Close the port now, and replace trust by scram-sha-256 in pg_hba.conf.',
  },
  redis: {
    why: 'Redis answers anybody without a password: strangers read and delete everything and can write files that take over the machine.',
    todo: 'Close the port now, and set bind 127.0.0.1 -::1, requirepass and protected-mode yes in redis.conf.',
  },
  memcached: {
    why: 'Memcached answers anybody: strangers read sessions, change pages and fill the memory.',
    todo: 'Close the port now and start Memcached with -l 127.0.0.1; it has no login worth the name.',
  },
  mongodb: {
    why: 'MongoDB answers anybody without a password: such servers are emptied by machines that look for them.',
    todo: 'Close the port now, set net.bindIp to 127.0.0.1 and security.authorization to enabled in mongod.conf, and create users.',
  },
  elasticsearch: {
    why: 'The search index answers anybody without a password: strangers read and delete all data.',
    todo: 'Close the port now, and set xpack.security.enabled: true in elasticsearch.yml (OpenSearch: do not disable plugins.security).',
  },
  couchdb: {
    why: 'CouchDB answers anybody without a password: strangers read all data, and old versions make them administrators.',
    todo: 'Close the port now, set an administrator under [admins] and require_valid_user = true in local.ini.',
  },
  cassandra: {
    why: 'Cassandra answers anybody without a password: strangers read and delete all data.',
    todo: 'Close the port now, set authenticator: PasswordAuthenticator in cassandra.yaml, and change the password of the user cassandra.',
  },
  amqp: {
    why: 'The message broker lets anybody in without a password.',
    todo: 'Close the port now, and delete the user guest or the anonymous login.',
  },
  mqtt: {
    why: 'The MQTT broker lets anybody in without a password: strangers read all messages and switch things.',
    todo: 'Close the port now, and set allow_anonymous false and password_file in mosquitto.conf.',
  },
  nats: {
    why: 'NATS lets anybody in without a password: strangers read and forge all messages.',
    todo: 'Close the port now, and set authorization or accounts in nats-server.conf.',
  },
  kafka: {
    why: 'Kafka answers anybody without a password: strangers read, forge and delete all messages.',
    todo: 'Close the port now, and give the listener SASL_SSL and an authorizer in server.properties.',
  },
  vnc: {
    why: 'The VNC server asks for no password: who connects sees the screen and types on it.',
    todo: 'Close the port now, set a password (vncpasswd) and let it listen on 127.0.0.1 only.',
  },
  x11: {
    why: 'The X server accepts anybody: who connects reads every key press and controls the screen.',
    todo: 'Close the port now, start the X server with -nolisten tcp, and take back xhost +.',
  },
  docker: {
    why: 'The Docker API answers anybody: who connects starts a container that owns the machine.',
    todo: 'Close the port now, take -H tcp:// out of the daemon’s start, and look for containers that you did not start.',
  },
  kubernetes: {
    why: 'The Kubernetes API answers strangers: who connects reads or changes what anonymous users may.',
    todo: 'Close the port now, set --anonymous-auth=false (kubelet: also --authorization-mode=Webhook), and take rights from system:anonymous.',
  },
  etcd: {
    why: 'etcd answers anybody: who connects reads all secrets of the cluster and changes them.',
    todo: 'Close the port now, set --client-cert-auth and --trusted-ca-file, and change every secret that was stored.',
  },
  socks5: {
    why: 'The proxy works for anybody: strangers send attacks under this address and reach the network behind it.',
    todo: 'Close the port now, let the proxy listen on 127.0.0.1, or demand a login.',
  },
  telnet: {
    why: 'Telnet gives a command line to anybody, without a password.',
    todo: 'Close the port now, set a password or switch Telnet off, and look for what others left behind.',
  },
  rtsp: {
    why: 'The camera shows its picture to anybody, without a password.',
    todo: 'Close the port now, set a password in the camera, and watch through a VPN.',
  },
  zookeeper: {
    why: 'ZooKeeper answers anybody without a password: strangers read and change the state of the cluster.',
    todo: 'Close the port now, and set SASL or ACLs, or clientPortAddress to the inner address in zoo.cfg.',
  },
  beanstalkd: {
    why: 'Beanstalkd answers anybody: strangers read, add and delete jobs.',
    todo: 'Close the port now and start Beanstalkd with -l 127.0.0.1; it has no login.',
  },
  iscsi: {
    why: 'The storage lets anybody in without a password: who connects mounts, reads and overwrites disks.',
    todo: 'Close the port now, and demand CHAP and known initiators.',
  },
  rpcbind: {
    severity: 'high',
    why: 'The port mapper lists its services to anybody, and its UDP side multiplies attack traffic.',
    todo: 'Stop rpcbind where no NFS is used, or close port 111.',
  },
  snmp: {
    severity: 'high',
    why: 'SNMP answers the community public: strangers read what the device is, its interfaces and its programs, and perhaps change them.',
    todo: 'Take the community public out of the agent, use SNMP 3, and close the port to everybody but the monitoring system.',
  },
  stomp: {
    why: 'The message broker lets anybody in without a password.',
    todo: 'Close the port now, and switch the anonymous or default login off.',
  },
  smb: {
    why: 'Shares are open to guests without a password.',
    todo: 'Close the port now, and set map to guest = never (Samba) or switch guest access off (Windows).',
  },
};

export const GENERIC_OPEN_ACCESS: OpenAccess = {
  why: 'The service answers anybody who connects, without asking for a password.',
  todo: 'Close the port to everybody but the machines that need it, and switch authentication on.',
};
