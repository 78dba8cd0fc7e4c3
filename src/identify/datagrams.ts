import type { DatagramProtocol, DatagramQuestion } from './datagram.ts';
import { bacnet } from './datagrams/bacnet.ts';
import { bittorrentDht } from './datagrams/bittorrent-dht.ts';
import { chargen } from './datagrams/chargen.ts';
import { cldap } from './datagrams/cldap.ts';
import { coap } from './datagrams/coap.ts';
import { daytime } from './datagrams/daytime.ts';
import { dns } from './datagrams/dns.ts';
import { dtls } from './datagrams/dtls.ts';
import { echo } from './datagrams/echo.ts';
import { ethernetIp } from './datagrams/ethernet-ip.ts';
import { gtpC } from './datagrams/gtp-c.ts';
import { iax } from './datagrams/iax.ts';
import { ike } from './datagrams/ike.ts';
import { ipmi } from './datagrams/ipmi.ts';
import { kerberos } from './datagrams/kerberos.ts';
import { knx } from './datagrams/knx.ts';
import { l2tp } from './datagrams/l2tp.ts';
import { mdns } from './datagrams/mdns.ts';
import { memcached } from './datagrams/memcached.ts';
import { mgcp } from './datagrams/mgcp.ts';
import { minecraftBedrock } from './datagrams/minecraft-bedrock.ts';
import { mssqlBrowser } from './datagrams/mssql-browser.ts';
import { mumble } from './datagrams/mumble.ts';
import { natPmp } from './datagrams/nat-pmp.ts';
import { netbiosNs } from './datagrams/netbios-ns.ts';
import { nfs } from './datagrams/nfs.ts';
import { ntp } from './datagrams/ntp.ts';
import { openvpn } from './datagrams/openvpn.ts';
import { qotd } from './datagrams/qotd.ts';
import { quake3 } from './datagrams/quake3.ts';
import { quic } from './datagrams/quic.ts';
import { radius } from './datagrams/radius.ts';
import { rdp } from './datagrams/rdp.ts';
import { rip } from './datagrams/rip.ts';
import { rpcbind } from './datagrams/rpcbind.ts';
import { sip } from './datagrams/sip.ts';
import { slp } from './datagrams/slp.ts';
import { snmp } from './datagrams/snmp.ts';
import { source } from './datagrams/source.ts';
import { ssdp } from './datagrams/ssdp.ts';
import { stun } from './datagrams/stun.ts';
import { tftp } from './datagrams/tftp.ts';
import { time } from './datagrams/time.ts';
import { ubiquiti } from './datagrams/ubiquiti.ts';
import { wsd } from './datagrams/wsd.ts';
import { xdmcp } from './datagrams/xdmcp.ts';

/** Every protocol over UDP; the folder `datagrams/` in its order, held by a test. */
export const DATAGRAM_PROTOCOLS: readonly DatagramProtocol[] = [
  bacnet,
  bittorrentDht,
  chargen,
  cldap,
  coap,
  daytime,
  dns,
  dtls,
  echo,
  ethernetIp,
  gtpC,
  iax,
  ike,
  ipmi,
  kerberos,
  knx,
  l2tp,
  mdns,
  memcached,
  mgcp,
  minecraftBedrock,
  mssqlBrowser,
  mumble,
  natPmp,
  netbiosNs,
  nfs,
  ntp,
  openvpn,
  qotd,
  quake3,
  quic,
  radius,
  rdp,
  rip,
  rpcbind,
  sip,
  slp,
  snmp,
  source,
  ssdp,
  stun,
  tftp,
  time,
  ubiquiti,
  wsd,
  xdmcp,
];

/**
 * Protocols that are asked for on ports at which none is at home, the likeliest first. Those that
 * small industrial devices speak stay at home: what they do not expect may stop them.
 */
export const ASKED_ANYWHERE: readonly DatagramProtocol[] = [
  dns,
  sip,
  stun,
  openvpn,
  quic,
  ike,
  dtls,
  snmp,
  ntp,
  coap,
  memcached,
  kerberos,
  ipmi,
  echo,
];

/** A question with where it is asked. */
interface PlacedQuestion extends DatagramQuestion {
  readonly ports: readonly number[];
  readonly anywhere: boolean;
}

/** What the UDP engine asks: on each port the questions of its protocols, elsewhere those asked anywhere. */
export const QUESTIONS: readonly PlacedQuestion[] = inOrder().flatMap((protocol) =>
  protocol.questions.map((question, at) => ({
    ...question,
    ports: question.ports ?? protocol.ports,
    anywhere: at === 0 && ASKED_ANYWHERE.includes(protocol),
  })),
);

function inOrder(): readonly DatagramProtocol[] {
  const others = DATAGRAM_PROTOCOLS.filter((protocol) => !ASKED_ANYWHERE.includes(protocol));
  return [...ASKED_ANYWHERE, ...others];
}
