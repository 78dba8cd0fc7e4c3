import { ownValue } from '../../../model/own-value.ts';
import type { Family } from '../../layer.ts';
import { protocolNumber } from '../../protocol-names.ts';

/** 0 and `all` are any protocol, which is null; undefined for what is no protocol. */
export function protocolOf(text: string): number | null | undefined {
  if (text.toLowerCase() === 'all') return null;
  const number = protocolNumber(text);
  return number === 0 ? null : number;
}

/** Types, or types with codes, by the names of `iptables -p icmp -h` (RFC 792). */
const ICMP: Readonly<Record<string, string>> = {
  'echo-reply': '0',
  pong: '0',
  'destination-unreachable': '3',
  'network-unreachable': '3/0',
  'host-unreachable': '3/1',
  'protocol-unreachable': '3/2',
  'port-unreachable': '3/3',
  'fragmentation-needed': '3/4',
  'source-route-failed': '3/5',
  'network-unknown': '3/6',
  'host-unknown': '3/7',
  'network-prohibited': '3/9',
  'host-prohibited': '3/10',
  'tos-network-unreachable': '3/11',
  'tos-host-unreachable': '3/12',
  'communication-prohibited': '3/13',
  'host-precedence-violation': '3/14',
  'precedence-cutoff': '3/15',
  'source-quench': '4',
  redirect: '5',
  'network-redirect': '5/0',
  'host-redirect': '5/1',
  'tos-network-redirect': '5/2',
  'tos-host-redirect': '5/3',
  'echo-request': '8',
  ping: '8',
  'router-advertisement': '9',
  'router-solicitation': '10',
  'time-exceeded': '11',
  'ttl-exceeded': '11',
  'ttl-zero-during-transit': '11/0',
  'ttl-zero-during-reassembly': '11/1',
  'parameter-problem': '12',
  'ip-header-bad': '12/0',
  'required-option-missing': '12/1',
  'timestamp-request': '13',
  'timestamp-reply': '14',
  'address-mask-request': '17',
  'address-mask-reply': '18',
};

/** The same of `ip6tables -p ipv6-icmp -h` (RFC 4443, RFC 4861, RFC 2710). */
const ICMPV6: Readonly<Record<string, string>> = {
  'destination-unreachable': '1',
  'no-route': '1/0',
  'communication-prohibited': '1/1',
  'beyond-scope': '1/2',
  'address-unreachable': '1/3',
  'port-unreachable': '1/4',
  'failed-policy': '1/5',
  'reject-route': '1/6',
  'packet-too-big': '2',
  'time-exceeded': '3',
  'ttl-exceeded': '3',
  'ttl-zero-during-transit': '3/0',
  'ttl-zero-during-reassembly': '3/1',
  'parameter-problem': '4',
  'bad-header': '4/0',
  'unknown-header-type': '4/1',
  'unknown-option': '4/2',
  'echo-request': '128',
  ping: '128',
  'echo-reply': '129',
  pong: '129',
  'mld-listener-query': '130',
  'mld-listener-report': '131',
  'mld-listener-done': '132',
  'router-solicitation': '133',
  'router-advertisement': '134',
  'neighbour-solicitation': '135',
  'neighbor-solicitation': '135',
  'neighbour-advertisement': '136',
  'neighbor-advertisement': '136',
  redirect: '137',
};

export interface IcmpKind {
  readonly type: number;
  readonly code?: number;
}

/** `8`, `3/4` or a name; `any` and IPv4's 255 are null; undefined for what is none. */
export function icmpOf(text: string, family: Family): IcmpKind | null | undefined {
  const name = text.toLowerCase();
  if (name === 'any') return null;
  const names = family === 4 ? ICMP : ICMPV6;
  const numbers = Object.hasOwn(names, name) ? (names[name] ?? '') : name;
  const [, type, code] = /^(\d{1,3})(?:\/(\d{1,3}))?$/.exec(numbers) ?? [];
  if (type === undefined || Number(type) > 255 || Number(code ?? 0) > 255) return undefined;
  if (family === 4 && Number(type) === 255) return null;
  return { type: Number(type), ...(code === undefined ? {} : { code: Number(code) }) };
}

const FLAGS: Readonly<Record<string, number>> = {
  FIN: 1,
  SYN: 2,
  RST: 4,
  PSH: 8,
  ACK: 16,
  URG: 32,
  ALL: 63,
  NONE: 0,
};

/** TCP flags apart by commas; null when one is none. */
export function flagsOf(text: string): number | null {
  let flags = 0;
  for (const name of text.toUpperCase().split(',')) {
    const flag = ownValue(FLAGS, name);
    if (flag === undefined) return null;
    flags |= flag;
  }
  return flags;
}

/** A number of at most 32 bits, decimal or `0x…`; null for any other text. */
export function markOf(text: string): number | null {
  if (!/^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(text)) return null;
  const value = Number(text);
  return value > 0xffff_ffff ? null : value;
}

export interface MaskedMark {
  readonly value: number;
  /** All bits when none was given. */
  readonly mask: number;
}

/** `0x1`, `0x1/0xff`. */
export function maskedMarkOf(text: string): MaskedMark | null {
  const [first = '', second = '0xffffffff', ...more] = text.split('/');
  const value = markOf(first);
  const mask = markOf(second);
  return value === null || mask === null || more.length > 0 ? null : { value, mask };
}
