import type { Reach } from '../../model/reachability.ts';
import { overlaps, unionAll } from '../boxes.ts';
import { TRANSPORTS } from '../compare.ts';
import { DHCP_CLIENT } from '../dhcp-client.ts';
import { reachableAddresses } from '../locality.ts';
import { difference, intersection, type Ranges } from '../ranges.ts';
import { portsText } from '../reach.ts';
import { singles } from '../steps.ts';
import type { Answer, Check } from './check.ts';
import { flawOfDecision } from './flaw.ts';

const OPEN: readonly Reach[] = ['anyone'];
const CLOSED: readonly Reach[] = ['nobody', 'networks', 'devices'];
/** Each family has a port of its own for it. */
const OF_DHCP = singles([...DHCP_CLIENT]);

function portsWith(answer: Answer | undefined, reaches: readonly Reach[]): Ranges<number> {
  const classes = (answer?.classes ?? []).filter(({ reach }) => reaches.includes(reach));
  return unionAll(classes.map(({ ports }) => ports));
}

/** Ports that anyone reaches over IPv6 and not over IPv4: the rules of one family were forgotten. */
export const ipv6Open: Check = ({ answers, machine }) =>
  TRANSPORTS.flatMap((transport) => {
    const over = (family: 4 | 6) =>
      answers.find((answer) => answer.transport === transport && answer.family === family);
    const both = intersection(portsWith(over(6), OPEN), portsWith(over(4), CLOSED));
    const ports = transport === 'udp' ? difference(both, OF_DHCP) : both;
    const [first] = ports;
    if (first === undefined) return [];
    const one = over(6)?.classes.find((some) => overlaps(some.ports, ports));
    const decision = one?.parts[0]?.decisions.at(-1);
    const place = decision ?? { layer: '', origin: '', table: '', chain: '', fate: 'accept' };
    const hasAddress = machine.devices.length === 0 || reachableAddresses(machine, 6).length > 0;
    return [
      flawOfDecision(place, {
        id: 'firewall.ipv6-open',
        severity: hasAddress ? 'high' : 'low',
        why: `Anyone reaches ${transport} ${portsText(ports)} over IPv6, but not over IPv4.`,
        todo: 'Give IPv6 the same rules as IPv4 (nftables: one inet table; iptables: ip6tables; ufw: IPV6=yes).',
        evidence: [
          `${transport}: ${portsText(ports)}`,
          ...(hasAddress ? [] : ['this host has no IPv6 address at the moment']),
        ],
      }),
    ];
  });
