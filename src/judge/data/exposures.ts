import type { RuleId } from '../../model/rules.ts';
import type { Level, Severity } from '../../model/verdict.ts';

/** What finding one protocol reachable means, whatever the port number. */
export interface Exposure {
  readonly rule: RuleId;
  readonly level: Level;
  readonly severity: Severity;
  readonly why: string;
  /** Empty only for `expected`. */
  readonly todo: string;
}

const web: Exposure = {
  rule: 'service.web',
  level: 'expected',
  severity: 'info',
  why: 'Web servers are meant to be reached by everybody.',
  todo: '',
};

const mail: Exposure = {
  rule: 'service.mail',
  level: 'expected',
  severity: 'info',
  why: 'Mail is meant to be delivered and fetched from everywhere.',
  todo: '',
};

const close = { level: 'close', severity: 'high' } as const;
const restrict = { level: 'restrict', severity: 'medium' } as const;

const mysql: Exposure = {
  rule: 'exposed.database',
  ...close,
  why: 'A database has no business with strangers: its passwords are guessed here, and a copy of all data follows.',
  todo: 'Set bind-address = 127.0.0.1 in my.cnf, or close the port to everybody but the application servers.',
};

/** By the protocol's word. What is missing here is judged by its port number. */
export const EXPOSURES: Readonly<Record<string, Exposure>> = {
  http: web,
  https: web,
  http2: web,
  smtp: mail,
  imap: mail,
  pop3: mail,
  dns: {
    rule: 'service.dns',
    level: 'expected',
    severity: 'info',
    why: 'Name servers are meant to be asked by everybody.',
    todo: '',
  },
  ssh: {
    rule: 'service.ssh',
    ...restrict,
    why: 'Administrators need SSH, strangers only guess its passwords.',
    todo: 'Allow it from your own addresses or a VPN only, and set PasswordAuthentication no in sshd_config.',
  },
  mysql,
  mariadb: mysql,
  mysqlx: {
    ...mysql,
    todo: 'Set mysqlx = 0 in my.cnf where nobody uses it, else mysqlx-bind-address = 127.0.0.1.',
  },
  aerospike: {
    rule: 'exposed.database',
    ...close,
    why: 'A database has no business with strangers: the community edition of Aerospike has no password at all.',
    todo: 'Set address in the service section of aerospike.conf to the inner address, and close the port to others.',
  },
  postgresql: {
    rule: 'exposed.database',
    ...close,
    why: 'A database has no business with strangers: its passwords are guessed here, and a superuser can run commands on the machine.',
    todo: "Set listen_addresses = 'localhost' in postgresql.conf, or name the application servers in pg_hba.conf and the firewall.",
  },
  mssql: {
    rule: 'exposed.database',
    ...close,
    why: 'A database has no business with strangers: the sa password is guessed around the clock, and it can run commands on the machine.',
    todo: 'Close the port to everybody but the application servers, and disable the sa login.',
  },
  'oracle-tns': {
    rule: 'exposed.database',
    ...close,
    why: 'A database has no business with strangers: they guess its service names and the default accounts behind them.',
    todo: 'Close the port to everybody but the application servers, or set TCP.VALIDNODE_CHECKING and TCP.INVITED_NODES in sqlnet.ora.',
  },
  mongodb: {
    rule: 'exposed.database',
    ...close,
    why: 'A database has no business with strangers: reachable MongoDB servers are searched for, emptied and held to ransom.',
    todo: 'Set net.bindIp to 127.0.0.1 or the inner address in mongod.conf, and close the port to others.',
  },
  elasticsearch: {
    rule: 'exposed.database',
    ...close,
    why: 'A search index has no business with strangers: its passwords are guessed here, and one setting too few opens all data.',
    todo: 'Set network.host to the inner address in elasticsearch.yml, and close the port to everybody but the application servers.',
  },
  couchdb: {
    rule: 'exposed.database',
    ...close,
    why: 'A database has no business with strangers: the administrator password of CouchDB is guessed here, and it has had flaws that needed none.',
    todo: 'Set bind_address = 127.0.0.1 in local.ini, or close the port to everybody but the application servers.',
  },
  cassandra: {
    rule: 'exposed.database',
    ...close,
    why: 'A database has no business with strangers: Cassandra asks for no password unless it is told to.',
    todo: 'Set rpc_address to the inner address in cassandra.yaml, and close the port to everybody but the application servers.',
  },
  redis: {
    rule: 'exposed.cache',
    ...close,
    why: 'Redis is made for trusted networks: who guesses its password reads everything and can take over the machine.',
    todo: 'Set bind 127.0.0.1 -::1 and requirepass in redis.conf, and close the port in the firewall.',
  },
  memcached: {
    rule: 'exposed.cache',
    ...close,
    why: 'Memcached is made for trusted networks: sessions and pages in it can be read and forged.',
    todo: 'Start it with -l 127.0.0.1 (and -U 0), and close the port in the firewall.',
  },
  amqp: {
    rule: 'exposed.queue',
    ...close,
    why: 'A message queue has no business with strangers: who guesses a password reads and forges the messages of your programs.',
    todo: 'Set listeners.tcp.1 = 127.0.0.1:5672 in rabbitmq.conf, or close the port to everybody but the programs that use it.',
  },
  mqtt: {
    rule: 'exposed.queue',
    ...close,
    why: 'A message broker for devices has no business with strangers: who gets in listens to sensors and switches things.',
    todo: 'Set listener 1883 127.0.0.1 in mosquitto.conf, and give devices outside a TLS listener with certificates.',
  },
  nats: {
    rule: 'exposed.queue',
    ...close,
    why: 'A message system has no business with strangers: NATS asks for no password unless it is told to.',
    todo: 'Start it with --addr 127.0.0.1 or the inner address, and close the port to everybody but the programs that use it.',
  },
  kafka: {
    rule: 'exposed.queue',
    ...close,
    why: 'Kafka is made for trusted networks: it asks for no password unless it is told to, and holds all messages.',
    todo: 'Let listeners in server.properties name the inner address, and close the port to everybody but the programs that use it.',
  },
  rdp: {
    rule: 'exposed.remote-desktop',
    ...close,
    why: 'Remote Desktop on the internet is the way in that ransomware crews use most.',
    todo: 'Close the port and use Remote Desktop through a VPN or a Remote Desktop gateway with a second factor.',
  },
  vnc: {
    rule: 'exposed.remote-desktop',
    ...close,
    why: 'VNC gives away the screen for a password of at most eight characters, mostly without encryption.',
    todo: 'Let it listen on 127.0.0.1 (-localhost) and reach it through SSH or a VPN.',
  },
  x11: {
    rule: 'exposed.remote-desktop',
    ...close,
    why: 'Who may connect to an X server reads every key press and controls the screen.',
    todo: 'Start the X server with -nolisten tcp and use ssh -X.',
  },
  telnet: {
    rule: 'exposed.telnet',
    ...close,
    why: 'Telnet sends passwords readable, and botnets try the factory ones within minutes.',
    todo: 'Switch Telnet off and use SSH; where a device has nothing else, put it on a network of its own.',
  },
  smb: {
    rule: 'exposed.file-sharing',
    ...close,
    why: 'Windows file sharing has no business with strangers: worms and ransomware come in through it.',
    todo: 'Close ports 139 and 445 to the internet and reach shares through a VPN.',
  },
  rsync: {
    rule: 'exposed.file-sharing',
    ...close,
    why: 'An rsync daemon hands out or takes in whole directory trees, without encryption.',
    todo: 'Use rsync over SSH, or set hosts allow in rsyncd.conf and close the port to others.',
  },
  nfs: {
    rule: 'exposed.file-sharing',
    ...close,
    why: 'NFS mostly believes what the caller says about itself, so files are open to who gets through.',
    todo: 'Close the port to the internet and name the clients in /etc/exports.',
  },
  ftp: {
    rule: 'exposed.file-transfer',
    ...restrict,
    why: 'Those who upload need FTP, strangers only guess its passwords.',
    todo: 'Use SFTP instead, or demand TLS and allow the port from known addresses only.',
  },
  ldap: {
    rule: 'exposed.directory',
    ...close,
    why: 'A directory knows every account, and strangers list them and guess their passwords.',
    todo: 'Close the port to the internet; let slapd listen on the inner address (SLAPD_SERVICES) and use a VPN.',
  },
  kerberos: {
    rule: 'exposed.directory',
    ...close,
    why: 'A login service for a whole company lets strangers test which accounts exist and crack passwords at home.',
    todo: 'Close the port to the internet; reach domain controllers through a VPN.',
  },
  docker: {
    rule: 'exposed.container',
    ...close,
    why: 'The Docker API owns the machine: one missing certificate check is enough.',
    todo: 'Take -H tcp:// out of the daemon’s start and use ssh:// contexts, or demand client certificates and an address list.',
  },
  kubernetes: {
    rule: 'exposed.container',
    ...close,
    why: 'The Kubernetes API rules the whole cluster: one leaked token or a careless right for anonymous users is enough.',
    todo: 'Limit the port to administrators’ addresses and the nodes (authorized networks at cloud providers), and set --anonymous-auth=false where possible.',
  },
  etcd: {
    rule: 'exposed.container',
    ...close,
    why: 'etcd holds all secrets of the cluster and belongs between the machines of the control plane.',
    todo: 'Let it listen on the inner address with --client-cert-auth, and close the port to all but the control plane.',
  },
  socks5: {
    rule: 'exposed.proxy',
    ...close,
    why: 'A reachable proxy lets who gets in send attacks under this address and reach the network behind it.',
    todo: 'Let the proxy listen on 127.0.0.1 or the inner address only.',
  },
  rtsp: {
    rule: 'exposed.video',
    ...close,
    why: 'Cameras are watched by strangers and taken over through factory passwords and old flaws.',
    todo: 'Close the port, take away the router’s port forwarding, and watch through a VPN.',
  },
  sip: {
    rule: 'exposed.telephony',
    ...restrict,
    why: 'Fraudsters guess extensions of reachable telephone systems and call expensive numbers.',
    todo: 'Allow the port from your telephone provider and your own phones only.',
  },
  git: {
    rule: 'exposed.repository',
    ...restrict,
    why: 'The Git daemon gives every repository that it exports to anybody, secrets in the history included.',
    todo: 'Serve repositories over SSH or HTTPS with a login, unless they are meant to be public.',
  },
  svn: {
    rule: 'exposed.repository',
    ...restrict,
    why: 'svnserve sends source code without encryption, and badly set repositories are readable by anybody.',
    todo: 'Serve repositories over SSH or HTTPS with a login, and set anon-access = none in svnserve.conf.',
  },
  nextcloud: web,
  gitea: web,
  gitlab: web,
  managesieve: mail,
  xmpp: {
    rule: 'service.chat',
    level: 'expected',
    severity: 'info',
    why: 'Chat servers are meant to be reached by their users and by other chat servers.',
    todo: '',
  },
  irc: {
    rule: 'exposed.chat',
    level: 'restrict',
    severity: 'low',
    why: 'IRC on a machine that is no chat server is often a bot that an intruder left.',
    todo: 'Find out which program listens there; if it is a chat server, offer it over TLS.',
  },
  nntp: {
    rule: 'exposed.chat',
    level: 'restrict',
    severity: 'low',
    why: 'News servers that let strangers post are used for spam and to copy files.',
    todo: 'Demand a login and TLS, or allow the port from your users only.',
  },
  rethinkdb: {
    rule: 'exposed.database',
    ...close,
    why: 'A database has no business with strangers: the administrator of RethinkDB has no password at first.',
    todo: 'Start it with --bind 127.0.0.1 or the inner address, and close the port to others.',
  },
  bolt: {
    rule: 'exposed.database',
    ...close,
    why: 'A graph database has no business with strangers: its password is guessed here, and Memgraph has none at first.',
    todo: 'Set server.bolt.listen_address to the inner address in neo4j.conf, and close the port to others.',
  },
  beanstalkd: {
    rule: 'exposed.queue',
    ...close,
    why: 'Beanstalkd has no password: strangers read, add and delete jobs.',
    todo: 'Start it with -l 127.0.0.1, and close the port to everybody but the programs that use it.',
  },
  stomp: {
    rule: 'exposed.queue',
    ...close,
    why: 'A message queue has no business with strangers: who guesses a password reads and forges the messages of your programs.',
    todo: 'Close the port to everybody but the programs that use it.',
  },
  openwire: {
    rule: 'exposed.queue',
    ...close,
    why: 'ActiveMQ has no business with strangers: a flaw of 2023 (CVE-2023-46604) lets them run code without a password.',
    todo: 'Close the port to everybody but the programs that use it, and update ActiveMQ.',
  },
  zookeeper: {
    rule: 'exposed.backend',
    ...close,
    why: 'ZooKeeper holds the state of a cluster and asks for no password unless it is told to.',
    todo: 'Set clientPortAddress to the inner address in zoo.cfg, and close the port to all but the cluster.',
  },
  ajp: {
    rule: 'exposed.backend',
    ...close,
    why: 'The connector between web server and Tomcat trusts its caller, and unpatched Tomcats hand out any file through it (CVE-2020-1938).',
    todo: 'Remove the AJP connector from server.xml, or give it address="127.0.0.1" and a secret.',
  },
  epmd: {
    rule: 'exposed.backend',
    ...close,
    why: 'It tells strangers where an Erlang node listens, which runs any command for who knows its cookie.',
    todo: 'Set ERL_EPMD_ADDRESS=127.0.0.1, and close port 4369 and the ports of the node to all but the cluster.',
  },
  'java-rmi': {
    rule: 'exposed.backend',
    ...close,
    why: 'Java’s remote objects and management ports let strangers run code when they are open or out of date.',
    todo: 'Close the port; reach JMX through an SSH tunnel, with a password and TLS.',
  },
  rpcbind: {
    rule: 'exposed.backend',
    ...close,
    why: 'It lists NFS and other services to strangers, and its UDP side multiplies attack traffic.',
    todo: 'Stop rpcbind where no NFS is used (systemctl disable --now rpcbind.socket rpcbind), else close port 111.',
  },
  zeromq: {
    rule: 'exposed.queue',
    ...close,
    why: 'ZeroMQ sockets mostly trust every caller, and what reads from them often runs objects that strangers can send.',
    todo: 'Bind the socket to the loopback or the inner address, or use CURVE keys.',
  },
  msrpc: {
    rule: 'exposed.backend',
    ...close,
    why: 'Windows RPC lists services to strangers and leads to remote administration.',
    todo: 'Close port 135 and the dynamic RPC ports to the internet.',
  },
  bgp: {
    rule: 'exposed.backend',
    level: 'restrict',
    severity: 'medium',
    why: 'Only neighbouring routers need BGP; floods and flaws here cut off whole networks.',
    todo: 'Pass port 179 from the addresses of the neighbours only, and protect the sessions with TCP-AO or MD5.',
  },
  clamd: {
    rule: 'exposed.backend',
    ...close,
    why: 'The virus scanner has no login: strangers have local files scanned or shut it down.',
    todo: 'Remove TCPSocket from clamd.conf, or set TCPAddr 127.0.0.1.',
  },
  'zabbix-agent': {
    rule: 'exposed.backend',
    level: 'close',
    severity: 'medium',
    why: 'The monitoring agent answers the addresses in its settings, and with the wrong ones it answers strangers.',
    todo: 'Name only the Zabbix server in Server= of zabbix_agentd.conf, and close the port to others.',
  },
  gearman: {
    rule: 'exposed.queue',
    ...close,
    why: 'Gearman has no password: strangers submit and take jobs.',
    todo: 'Start gearmand with --listen=127.0.0.1, and close the port to all but the workers.',
  },
  adb: {
    rule: 'exposed.debugger',
    level: 'close',
    severity: 'critical',
    why: 'Android’s debugger gives a command line of the device, and worms look for it.',
    todo: 'Switch network debugging off in the developer options, and take away the port forwarding.',
  },
  jdwp: {
    rule: 'exposed.debugger',
    level: 'close',
    severity: 'critical',
    why: 'A Java debugger runs any code for who connects.',
    todo: 'Remove -agentlib:jdwp from the program’s start, or give it address=127.0.0.1.',
  },
  finger: {
    rule: 'exposed.legacy',
    level: 'close',
    severity: 'medium',
    why: 'Finger hands account names to those who guess passwords.',
    todo: 'Switch it off.',
  },
  ident: {
    rule: 'exposed.legacy',
    level: 'close',
    severity: 'low',
    why: 'Ident hands account names to strangers, and nearly nobody asks it any more.',
    todo: 'Switch it off, or let it answer with false names.',
  },
  minecraft: {
    rule: 'exposed.game',
    level: 'restrict',
    severity: 'low',
    why: 'A game server is meant for its players, and old ones have flaws that run code.',
    todo: 'Keep it updated, and keep a list of players (white-list=true) unless everybody may join.',
  },
  iscsi: {
    rule: 'exposed.file-sharing',
    ...close,
    why: 'iSCSI hands out whole disks, and belongs between storage and servers only.',
    todo: 'Put it on the storage network, close the port to others, and demand CHAP.',
  },
  pptp: {
    rule: 'exposed.vpn',
    ...close,
    why: 'The encryption of PPTP was broken in 2012, so recorded traffic and passwords can be read.',
    todo: 'Replace it by WireGuard, OpenVPN or IPsec, and close the port.',
  },
  modbus: {
    rule: 'exposed.industrial',
    level: 'close',
    severity: 'critical',
    why: 'Modbus has no login: who connects reads and sets the values of the machine.',
    todo: 'Close the port now; reach controllers through a VPN with a second factor only.',
  },
  s7: {
    rule: 'exposed.industrial',
    level: 'close',
    severity: 'critical',
    why: 'Siemens controllers on the internet can be read and, in older versions, stopped and reprogrammed without a password.',
    todo: 'Close the port now; reach controllers through a VPN with a second factor only.',
  },
  iec104: {
    rule: 'exposed.industrial',
    level: 'close',
    severity: 'critical',
    why: 'IEC 60870-5-104 has no login: who connects can switch parts of an electricity grid.',
    todo: 'Close the port now; stations belong on a network of their own.',
  },
  'ethernet-ip': {
    rule: 'exposed.industrial',
    level: 'close',
    severity: 'critical',
    why: 'EtherNet/IP has no login by default: who connects reads and changes the controller.',
    todo: 'Close the port now; reach controllers through a VPN with a second factor only.',
  },
  'opc-ua': {
    rule: 'exposed.industrial',
    ...close,
    why: 'OPC UA gives the data of machines to who gets in, and endpoints with security None to anybody.',
    todo: 'Close the port to everybody but the systems that need the data, and switch off security policy None.',
  },
};
