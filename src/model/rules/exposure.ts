import { family } from './text.ts';

/** Verdicts for services that strangers have no business with, by what was identified. */
export const exposureRules = family({
  'exposed.database': {
    title: 'Database reachable',
    severity: 'high',
    sees: 'MySQL, MariaDB, PostgreSQL, SQL Server, Oracle, MongoDB, Elasticsearch, CouchDB, Cassandra, RethinkDB, Aerospike or a graph database that speaks Bolt.',
    matters:
      'Passwords are guessed and flaws tried until one works; then all data is copied and often held to ransom. Applications reach their database from inside.',
    todo: 'Let the database listen on the loopback or the inner network, and close its port in the firewall.',
  },
  'exposed.cache': {
    title: 'Cache or in-memory store reachable',
    severity: 'high',
    sees: 'Redis, Valkey or Memcached.',
    matters:
      'They are made for trusted networks; sessions and pages can be read and forged, and Redis has led to whole machines.',
    todo: 'Let it listen on the loopback or the inner network, set a password, and close its port in the firewall.',
  },
  'exposed.queue': {
    title: 'Message queue reachable',
    severity: 'high',
    sees: 'AMQP, MQTT, Kafka, NATS, STOMP, ActiveMQ, ZeroMQ, Beanstalkd or Gearman.',
    matters: 'Who gets in reads and forges the messages between your programs and devices.',
    todo: 'Let only the machines that exchange messages reach it; put devices on the internet behind TLS with certificates.',
  },
  'exposed.remote-desktop': {
    title: 'Remote desktop reachable',
    severity: 'high',
    sees: 'RDP, VNC or X11.',
    matters:
      'It is the way in that ransomware crews use most: passwords are guessed or bought, and several flaws needed none.',
    todo: 'Close the port and use it through a VPN, an SSH tunnel or a Remote Desktop gateway.',
  },
  'exposed.telnet': {
    title: 'Telnet',
    severity: 'high',
    sees: 'A Telnet server.',
    matters:
      'Passwords cross the network readable, and botnets try the factory ones within minutes.',
    todo: 'Switch Telnet off and use SSH; where a device has nothing else, put it on a network of its own.',
  },
  'exposed.file-sharing': {
    title: 'File sharing reachable',
    severity: 'high',
    sees: 'Windows file sharing (SMB), NFS, iSCSI or an rsync daemon.',
    matters:
      'Worms and ransomware come in through it, and shares are often open to more people than thought.',
    todo: 'Close the port to the internet and reach files through a VPN.',
  },
  'exposed.file-transfer': {
    title: 'FTP reachable',
    severity: 'medium',
    sees: 'An FTP server.',
    matters:
      'Web space is still filled over FTP, but strangers guess its passwords, and without TLS anybody on the way reads them.',
    todo: 'Use SFTP, or demand TLS and allow the port from known addresses only.',
  },
  'exposed.directory': {
    title: 'Directory or login service reachable',
    severity: 'high',
    sees: 'LDAP or Kerberos.',
    matters: 'It knows every account; strangers list them and guess their passwords.',
    todo: 'Close the port to the internet; reach directories through a VPN.',
  },
  'exposed.container': {
    title: 'Container platform reachable',
    severity: 'high',
    sees: 'The APIs of Docker, Kubernetes or etcd.',
    matters:
      'It rules every container and in effect the machines: one leaked token or missing certificate check is enough.',
    todo: 'Allow the port from administrators’ addresses and the nodes only.',
  },
  'exposed.proxy': {
    title: 'Proxy reachable',
    severity: 'high',
    sees: 'A SOCKS proxy.',
    matters: 'Strangers send attacks under your address and reach the network behind it.',
    todo: 'Let it listen on the loopback or the inner network only.',
  },
  'exposed.video': {
    title: 'Camera or video stream reachable',
    severity: 'high',
    sees: 'A camera, recorder or media server that speaks RTSP.',
    matters:
      'Cameras are watched by strangers and taken into botnets through factory passwords and old flaws.',
    todo: 'Close the port; watch cameras through their recorder or a VPN.',
  },
  'exposed.telephony': {
    title: 'Telephone system reachable',
    severity: 'medium',
    sees: 'A telephone system or phone that speaks SIP.',
    matters: 'Fraudsters guess extensions and call expensive numbers within minutes of success.',
    todo: 'Allow the port from your telephone provider and your own phones only.',
  },
  'exposed.repository': {
    title: 'Source code server reachable',
    severity: 'medium',
    sees: 'The Git daemon or Subversion’s svnserve.',
    matters:
      'The Git daemon gives everything it exports to anybody, secrets in the history included.',
    todo: 'Serve repositories over SSH or HTTPS with a login, unless they are meant to be public.',
  },
  'exposed.industrial': {
    title: 'Industrial controller reachable',
    severity: 'critical',
    sees: 'Modbus, Siemens S7, IEC 104, EtherNet/IP or OPC UA. OPC UA is high, for it can have a login.',
    matters:
      'These protocols were made for closed networks: who connects can switch machines, water and power.',
    todo: 'Close the port now; reach controllers through a VPN with a second factor only.',
  },
  'exposed.backend': {
    title: 'Inner interface of a system reachable',
    severity: 'high',
    sees: 'Interfaces between the parts of a system: ZooKeeper, AJP, the Erlang port mapper, Java RMI, rpcbind, Windows RPC, BGP, ClamAV or the Zabbix agent. BGP and the Zabbix agent are medium.',
    matters:
      'They trust whoever reaches them, so a flaw or a missing setting is enough to take the system over.',
    todo: 'Let them listen on the loopback or the inner network only.',
  },
  'exposed.vpn': {
    title: 'Broken VPN reachable',
    severity: 'high',
    sees: 'A PPTP server.',
    matters: 'Its encryption was broken in 2012; recorded traffic and passwords can be read.',
    todo: 'Replace it by WireGuard, OpenVPN or IPsec.',
  },
  'exposed.network': {
    title: 'Network or management service reachable',
    severity: 'high',
    sees: 'SNMP, IPMI, TFTP, UPnP discovery (SSDP), NAT-PMP, multicast DNS, NetBIOS names, CLDAP, SQL Server Browser, SLP, WS-Discovery, RIP, Ubiquiti discovery or GTP. Critical for IPMI, medium for those that only tell names.',
    matters:
      'They are made for the local network: outside they tell strangers what runs where, let them change it, or multiply attack traffic.',
    todo: 'Let the local network or the monitoring system reach them, and nobody else.',
  },
  'exposed.debugger': {
    title: 'Debugger reachable',
    severity: 'critical',
    sees: 'Android Debug Bridge or the Java debugger.',
    matters: 'A debugger runs any code for who connects; worms look for them all day.',
    todo: 'Switch it off, or let it listen on the loopback and use an SSH tunnel.',
  },
  'exposed.legacy': {
    title: 'Service of the 1980s reachable',
    severity: 'low',
    sees: 'Finger or Ident.',
    matters: 'Nobody needs them today; they hand out account names.',
    todo: 'Switch it off.',
  },
  'exposed.game': {
    title: 'Game server reachable',
    severity: 'low',
    sees: 'A Minecraft server.',
    matters: 'It is meant for its players; old ones have flaws that run code.',
    todo: 'Keep it updated and keep a list of players, or put it into the policy.',
  },
  'exposed.chat': {
    title: 'IRC or news server reachable',
    severity: 'low',
    sees: 'A server that speaks IRC or NNTP.',
    matters:
      'On a machine that is meant for something else, it is often a bot that an intruder left.',
    todo: 'Find out which program it is; if it is wanted, put it into the policy.',
  },
  'exposed.admin-application': {
    title: 'Administration page reachable',
    severity: 'high',
    sees: 'A console, panel or API behind HTTP, such as Portainer, phpMyAdmin, Grafana or Ollama, told by its answers, its page or its header. The verdict says which; what teams log in to is `restrict` with medium.',
    matters:
      'Consoles rule servers and data; their default passwords are published, and their flaws are tried within days.',
    todo: 'Put it behind a VPN or an address list, and keep it updated.',
  },
});
