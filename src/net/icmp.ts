import type { Reason } from '../model/port.ts';

const ICMP_UNREACHABLE = 3;
const ICMP6_UNREACHABLE = 1;

/** ICMP destination unreachable by code (RFC 792, RFC 1812 §5.2.7.1). */
const ICMP_CODES: readonly Reason[] = [
  'icmp-net-unreachable',
  'icmp-host-unreachable',
  'icmp-proto-unreachable',
  'icmp-port-unreachable',
  'icmp-unreachable',
  'icmp-unreachable',
  'icmp-net-unreachable',
  'icmp-host-unreachable',
  'icmp-unreachable',
  'icmp-net-prohibited',
  'icmp-host-prohibited',
  'icmp-net-unreachable',
  'icmp-host-unreachable',
  'icmp-admin-prohibited',
];
/** ICMPv6 destination unreachable by code (RFC 4443 §3.1: 5 and 6 are kinds of 1). */
const ICMP6_CODES: readonly Reason[] = [
  'icmp-net-unreachable',
  'icmp-admin-prohibited',
  'icmp-unreachable',
  'icmp-host-unreachable',
  'icmp-port-unreachable',
  'icmp-admin-prohibited',
  'icmp-admin-prohibited',
];

/** What an ICMP or ICMPv6 error says of the way to a port; what is no `destination unreachable` is just unreachable. */
export function icmpReason(family: 4 | 6, type: number, code: number): Reason {
  const known =
    family === 4
      ? type === ICMP_UNREACHABLE && ICMP_CODES[code]
      : type === ICMP6_UNREACHABLE && ICMP6_CODES[code];
  return known || 'icmp-unreachable';
}
