import type { ServerSpec } from './server.ts';
import { avahi } from './servers/avahi.ts';
import { bind } from './servers/bind.ts';
import { caddy } from './servers/caddy.ts';
import { coapServer } from './servers/coap-server.ts';
import { coturn } from './servers/coturn.ts';
import { dnsmasq } from './servers/dnsmasq.ts';
import { ipmiSim } from './servers/ipmi-sim.ts';
import { kamailio } from './servers/kamailio.ts';
import { knot } from './servers/knot.ts';
import { krb5Kdc } from './servers/krb5-kdc.ts';
import { memcachedUdp } from './servers/memcached-udp.ts';
import { miniupnpd } from './servers/miniupnpd.ts';
import { mumble } from './servers/mumble.ts';
import { nmbd } from './servers/nmbd.ts';
import { nsd } from './servers/nsd.ts';
import { ntpsec } from './servers/ntpsec.ts';
import { opensslDtls } from './servers/openssl-dtls.ts';
import { openvpn } from './servers/openvpn.ts';
import { powerdns } from './servers/powerdns.ts';
import { rpcbind } from './servers/rpcbind.ts';
import { snmpd } from './servers/snmpd.ts';
import { strongswan } from './servers/strongswan.ts';
import { tftpd } from './servers/tftpd.ts';
import { transmission } from './servers/transmission.ts';
import { unbound } from './servers/unbound.ts';
import { xdm } from './servers/xdm.ts';
import { xinetd } from './servers/xinetd.ts';
import { xl2tpd } from './servers/xl2tpd.ts';

/** Every real server of the lab that answers over UDP. They run in a namespace: most insist on their port. */
export const UDP_SERVERS: readonly ServerSpec[] = [
  avahi,
  bind,
  caddy,
  coapServer,
  coturn,
  dnsmasq,
  ipmiSim,
  kamailio,
  knot,
  krb5Kdc,
  memcachedUdp,
  miniupnpd,
  mumble,
  nmbd,
  nsd,
  ntpsec,
  opensslDtls,
  openvpn,
  powerdns,
  rpcbind,
  snmpd,
  strongswan,
  tftpd,
  transmission,
  unbound,
  xdm,
  xinetd,
  xl2tpd,
];
