import type { Exposure } from './exposures.ts';

const expected = { level: 'expected', severity: 'info', todo: '' } as const;
const network = { rule: 'exposed.network', level: 'close', severity: 'high' } as const;
const game: Exposure = {
  rule: 'exposed.game',
  level: 'restrict',
  severity: 'low',
  why: 'A game server is meant for its players, and old ones have flaws that run code.',
  todo: 'Keep it updated, and set a password unless everybody may join.',
};
const old = {
  rule: 'exposed.legacy',
  level: 'close',
  severity: 'medium',
  todo: 'Switch it off in inetd or xinetd; nobody needs it today.',
} as const;

/** Protocols that are spoken over UDP, by their word. Those also spoken over TCP are in EXPOSURES. */
export const NETWORK_EXPOSURES: Readonly<Record<string, Exposure>> = {
  quic: {
    rule: 'service.web',
    ...expected,
    why: 'QUIC carries web sites and encrypted DNS, which are meant to be reached by everybody.',
  },
  ntp: {
    rule: 'service.time',
    ...expected,
    why: 'Time servers are meant to be asked; what they tell beside the time is another rule’s matter.',
  },
  ike: {
    rule: 'service.vpn',
    ...expected,
    why: 'A VPN gateway is meant to be reached by its users from everywhere.',
  },
  openvpn: {
    rule: 'service.vpn',
    ...expected,
    why: 'A VPN gateway is meant to be reached by its users from everywhere; with tls-auth strangers would not even see it.',
  },
  snmp: {
    ...network,
    why: 'SNMP tells strangers what runs where, and its versions 1 and 2 have no encryption; its answers multiply attack traffic.',
    todo: 'Let the agent answer the monitoring system only (agentAddress, an address list), with version 3, and close the port to others.',
  },
  tftp: {
    ...network,
    why: 'TFTP has no login: strangers fetch start files and configurations with passwords in them.',
    todo: 'Let only the network of the devices that start from it reach the port.',
  },
  ssdp: {
    ...network,
    why: 'UPnP discovery belongs into the house: outside it multiplies attack traffic and leads to routers that open ports for anybody.',
    todo: 'Switch UPnP off at the outside of the router, and close port 1900 there.',
  },
  'nat-pmp': {
    ...network,
    why: 'Who may ask the router to open ports reaches the network behind it.',
    todo: 'Let the router answer NAT-PMP on the inner side only, and close port 5351 outside.',
  },
  mdns: {
    ...network,
    severity: 'medium',
    why: 'Multicast DNS belongs into the house: outside it tells strangers which services there are, and multiplies attack traffic.',
    todo: 'Close port 5353 to other networks, or stop the responder (avahi-daemon) on servers.',
  },
  'netbios-ns': {
    ...network,
    severity: 'medium',
    why: 'NetBIOS tells strangers the names of machine and domain, and multiplies attack traffic.',
    todo: 'Close ports 137 to 139 in the firewall; Samba: disable netbios = yes.',
  },
  cldap: {
    ...network,
    why: 'CLDAP of domain controllers multiplies attack traffic by 50 and more, and names the domain.',
    todo: 'Close UDP port 389 to other networks.',
  },
  'mssql-browser': {
    ...network,
    why: 'The browser service tells strangers every database instance with its version and port, and multiplies attack traffic.',
    todo: 'Stop the SQL Server Browser service, or close UDP port 1434.',
  },
  ipmi: {
    ...network,
    severity: 'critical',
    why: 'IPMI hands password hashes to whoever names an account, and the board behind it owns the machine.',
    todo: 'Close the port now; management boards belong on a network of their own.',
  },
  slp: {
    ...network,
    why: 'SLP lets strangers register services and then multiplies attack traffic by up to 2,000 (CVE-2023-29552).',
    todo: 'Switch it off (VMware ESXi: esxcli network firewall and slpd), or close port 427.',
  },
  wsd: {
    ...network,
    severity: 'medium',
    why: 'Web services discovery belongs into the local network: outside it multiplies attack traffic and names the device.',
    todo: 'Close port 3702 to other networks.',
  },
  rip: {
    ...network,
    why: 'A router that answers strangers tells them its routes, and without a password takes theirs.',
    todo: 'Let it speak RIP with its neighbours only, with authentication, and close port 520 to others.',
  },
  ubiquiti: {
    ...network,
    severity: 'medium',
    why: 'The discovery of Ubiquiti devices tells model and firmware to strangers and multiplies attack traffic.',
    todo: 'Switch discovery off at the outside, and close port 10001.',
  },
  'gtp-c': {
    ...network,
    why: 'GTP carries the sessions of mobile networks and has no login: it belongs between operators only.',
    todo: 'Close the port to everybody but your roaming partners.',
  },
  l2tp: {
    rule: 'exposed.vpn',
    level: 'restrict',
    severity: 'medium',
    why: 'L2TP has no encryption of its own, and this server opens tunnels without IPsec around them.',
    todo: 'Let it be reached inside IPsec only, or replace it by WireGuard or OpenVPN.',
  },
  radius: {
    rule: 'exposed.directory',
    level: 'close',
    severity: 'high',
    why: 'RADIUS decides who may log in, and protects its answers with MD5 only (Blast-RADIUS, CVE-2024-3596).',
    todo: 'Let only your access points and VPN gateways reach it, through a network of their own.',
  },
  xdmcp: {
    rule: 'exposed.remote-desktop',
    level: 'close',
    severity: 'high',
    why: 'XDMCP shows a login screen to strangers and sends passwords without encryption.',
    todo: 'Switch it off in the display manager (xdm: requestPort 0), and use SSH.',
  },
  coap: {
    rule: 'exposed.industrial',
    level: 'close',
    severity: 'medium',
    why: 'Devices that speak CoAP without DTLS can be read and often switched by anybody, and multiply attack traffic.',
    todo: 'Close the port to other networks, or demand DTLS (port 5684).',
  },
  bacnet: {
    rule: 'exposed.industrial',
    level: 'close',
    severity: 'critical',
    why: 'BACnet has no login: who reaches it reads and sets heating, air and doors of the building.',
    todo: 'Close the port now; reach building control through a VPN with a second factor only.',
  },
  knx: {
    rule: 'exposed.industrial',
    level: 'close',
    severity: 'critical',
    why: 'KNX has no login by default: who reaches the gateway switches everything in the building.',
    todo: 'Close the port now; reach the bus through a VPN only.',
  },
  stun: {
    rule: 'exposed.telephony',
    level: 'restrict',
    severity: 'low',
    why: 'STUN is meant for everybody who calls, but an open TURN relay behind it carries traffic of strangers.',
    todo: 'Demand credentials for TURN (lt-cred-mech or use-auth-secret), and keep the server updated.',
  },
  iax: {
    rule: 'exposed.telephony',
    level: 'restrict',
    severity: 'medium',
    why: 'Fraudsters guess passwords here to place calls at your cost.',
    todo: 'Let only your provider and your other exchanges reach the port.',
  },
  mgcp: {
    rule: 'exposed.telephony',
    level: 'close',
    severity: 'high',
    why: 'MGCP has no login: who reaches a gateway takes over its telephone lines.',
    todo: 'Let only the call agent reach the port.',
  },
  mumble: {
    rule: 'exposed.chat',
    level: 'restrict',
    severity: 'low',
    why: 'A voice server is meant for its users; anybody may join where no password is set.',
    todo: 'Set serverpassword, and keep it updated.',
  },
  'bittorrent-dht': {
    rule: 'exposed.file-sharing',
    level: 'close',
    severity: 'medium',
    why: 'A file-sharing program runs there, and its table answers to anybody.',
    todo: 'Find out who runs it and whether that is wanted; close the port otherwise.',
  },
  source: game,
  quake3: game,
  'minecraft-bedrock': game,
  echo: { ...old, why: 'Echo serves only to build loops of attack traffic.' },
  chargen: { ...old, severity: 'high', why: 'Chargen multiplies attack traffic more than most.' },
  qotd: { ...old, why: 'Quote of the day serves only to multiply attack traffic.' },
  daytime: { ...old, severity: 'low', why: 'Daytime has no use today.' },
  time: { ...old, severity: 'low', why: 'The Time protocol was replaced by NTP.' },
};
