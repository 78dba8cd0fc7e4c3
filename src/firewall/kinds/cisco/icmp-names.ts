import { ownValue } from '../../../model/own-value.ts';
import { PROTOCOLS, readNumber } from '../../steps.ts';

interface IcmpType {
  readonly type: number;
  readonly code?: number;
}

/** Message names of IOS and ASA access lists (Cisco IOS Security Command Reference, access-list). */
const ICMP4: Readonly<Record<string, IcmpType>> = {
  'administratively-prohibited': { type: 3, code: 13 },
  'alternate-address': { type: 6 },
  echo: { type: 8 },
  'echo-reply': { type: 0 },
  'host-unreachable': { type: 3, code: 1 },
  'information-reply': { type: 16 },
  'information-request': { type: 15 },
  'mask-reply': { type: 18 },
  'mask-request': { type: 17 },
  'net-unreachable': { type: 3, code: 0 },
  'packet-too-big': { type: 3, code: 4 },
  'parameter-problem': { type: 12 },
  'port-unreachable': { type: 3, code: 3 },
  'protocol-unreachable': { type: 3, code: 2 },
  redirect: { type: 5 },
  'router-advertisement': { type: 9 },
  'router-solicitation': { type: 10 },
  'source-quench': { type: 4 },
  'time-exceeded': { type: 11 },
  'timestamp-reply': { type: 14 },
  'timestamp-request': { type: 13 },
  traceroute: { type: 30 },
  'ttl-exceeded': { type: 11, code: 0 },
  unreachable: { type: 3 },
};

const ICMP6: Readonly<Record<string, IcmpType>> = {
  'destination-unreachable': { type: 1 },
  'echo-reply': { type: 129 },
  'echo-request': { type: 128 },
  echo: { type: 128 },
  'mld-query': { type: 130 },
  'mld-reduction': { type: 132 },
  'mld-report': { type: 131 },
  'nd-na': { type: 136 },
  'nd-ns': { type: 135 },
  'packet-too-big': { type: 2 },
  'parameter-problem': { type: 4 },
  redirect: { type: 137 },
  'router-advertisement': { type: 134 },
  'router-solicitation': { type: 133 },
  'time-exceeded': { type: 3 },
  unreachable: { type: 1 },
};

/** Type, and code where the name tells one; undefined for what is neither name nor number. */
export function icmpType(protocol: number, text: string): IcmpType | undefined {
  const number = readNumber(text, 255);
  if (number !== null) return { type: number };
  const names = protocol === PROTOCOLS.icmp ? ICMP4 : ICMP6;
  return ownValue(names, text);
}
