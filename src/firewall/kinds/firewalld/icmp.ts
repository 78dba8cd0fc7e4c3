import { ownValue } from '../../../model/own-value.ts';
import type { Family, Test } from '../../layer.ts';
import { numberTest, opaqueTest, singles } from '../../steps.ts';
import { familyIs } from './match.ts';

/** Type, and code where the name means one (IANA ICMP Parameters; firewalld.icmptype(5) for the names). */
type Icmp = readonly [type: number, code?: number];

const V4: Readonly<Record<string, Icmp>> = {
  'communication-prohibited': [3, 13],
  'destination-unreachable': [3],
  'echo-reply': [0],
  'echo-request': [8],
  'fragmentation-needed': [3, 4],
  'host-precedence-violation': [3, 14],
  'host-prohibited': [3, 10],
  'host-redirect': [5, 1],
  'host-unknown': [3, 7],
  'host-unreachable': [3, 1],
  'network-prohibited': [3, 8],
  'network-redirect': [5, 0],
  'network-unknown': [3, 6],
  'network-unreachable': [3, 0],
  'parameter-problem': [12],
  'port-unreachable': [3, 3],
  'precedence-cutoff': [3, 15],
  'protocol-unreachable': [3, 2],
  redirect: [5],
  'required-option-missing': [12, 1],
  'router-advertisement': [9],
  'router-solicitation': [10],
  'source-quench': [4],
  'source-route-failed': [3, 5],
  'time-exceeded': [11],
  'timestamp-reply': [14],
  'timestamp-request': [13],
  'tos-host-redirect': [5, 3],
  'tos-host-unreachable': [3, 12],
  'tos-network-redirect': [5, 2],
  'tos-network-unreachable': [3, 11],
  'ttl-zero-during-reassembly': [11, 1],
  'ttl-zero-during-transit': [11, 0],
};

const V6: Readonly<Record<string, Icmp>> = {
  'address-unreachable': [1, 3],
  'bad-header': [4, 0],
  'beyond-scope': [1, 2],
  'communication-prohibited': [1, 1],
  'destination-unreachable': [1],
  'echo-reply': [129],
  'echo-request': [128],
  'failed-policy': [1, 5],
  'mld-listener-done': [132],
  'mld-listener-query': [130],
  'mld-listener-report': [131],
  'mld2-listener-report': [143],
  'neighbour-advertisement': [136],
  'neighbour-solicitation': [135],
  'no-route': [1, 0],
  'packet-too-big': [2],
  'parameter-problem': [4],
  'port-unreachable': [1, 4],
  redirect: [137],
  'reject-route': [1, 6],
  'router-advertisement': [134],
  'router-solicitation': [133],
  'time-exceeded': [3],
  'ttl-zero-during-reassembly': [3, 1],
  'ttl-zero-during-transit': [3, 0],
  'unknown-header-type': [4, 1],
  'unknown-option': [4, 2],
};

const ICMP = 1;
const ICMPV6 = 58;

/** The tests for one of firewalld's ICMP types, a list for each family that has it. */
export function icmpIs(name: string, only?: Family): Test[][] {
  const families = ([4, 6] as const).filter((family) => only === undefined || only === family);
  const found = families.flatMap((family) => {
    const types = family === 4 ? V4 : V6;
    const icmp = ownValue(types, name);
    return icmp === undefined ? [] : [testsOf(family, icmp)];
  });
  return found.length > 0 ? found : [[anyIcmp(), opaqueTest(`icmp-type ${name}`)]];
}

export function anyIcmp(): Test {
  return numberTest('protocol', singles([ICMP, ICMPV6]));
}

function testsOf(family: Family, [type, code]: Icmp): Test[] {
  return [
    familyIs(family),
    numberTest('protocol', singles([family === 4 ? ICMP : ICMPV6])),
    numberTest('icmp-type', singles([type])),
    ...(code === undefined ? [] : [numberTest('icmp-code', singles([code]))]),
  ];
}
