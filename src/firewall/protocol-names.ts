import { ownValue } from '../model/own-value.ts';
/** Protocol names of protocols(5) (IANA) and of rule languages, to their numbers. */
export const PROTOCOL_NUMBERS: Readonly<Record<string, number>> = {
  icmp: 1,
  igmp: 2,
  ggp: 3,
  ipencap: 4,
  ipip: 4,
  ipinip: 4,
  tcp: 6,
  egp: 8,
  igp: 9,
  udp: 17,
  dccp: 33,
  ipv6: 41,
  'ipv6-route': 43,
  'ipv6-frag': 44,
  rsvp: 46,
  gre: 47,
  esp: 50,
  'ipv6-crypt': 50,
  ah: 51,
  ahp: 51,
  'ipv6-auth': 51,
  icmp6: 58,
  'ipv6-icmp': 58,
  icmpv6: 58,
  'ipv6-nonxt': 59,
  'ipv6-opts': 60,
  eigrp: 88,
  ospf: 89,
  ospfigp: 89,
  nos: 94,
  etherip: 97,
  pim: 103,
  ipcomp: 108,
  comp: 108,
  pcp: 108,
  snp: 109,
  carp: 112,
  vrrp: 112,
  l2tp: 115,
  sctp: 132,
  mh: 135,
  'ipv6-mh': 135,
  'mobility-header': 135,
  udplite: 136,
  pfsync: 240,
};

/** IANA number of a protocol name or number, in any case; undefined for what is neither. */
export function protocolNumber(text: string): number | undefined {
  if (/^\d{1,3}$/.test(text)) return Number(text) <= 255 ? Number(text) : undefined;
  const name = text.toLowerCase();
  return ownValue(PROTOCOL_NUMBERS, name);
}
