import type { LayerDecision } from '../../model/reachability.ts';
import { unionAll } from '../boxes.ts';
import { DHCP_CLIENT } from '../dhcp-client.ts';
import { includes, type Ranges } from '../ranges.ts';
import { portsText } from '../reach.ts';
import type { Answer, Check, LintWorld } from './check.ts';
import { flawOfDecision } from './flaw.ts';

/** Rules for more ports than this are not about one service. */
const MOST_PORTS = 256;

interface Opened {
  readonly decision: LayerDecision;
  readonly transports: Set<string>;
  readonly ports: Ranges<number>[];
  used: boolean;
}

function width(ports: Ranges<number>): number {
  return ports.reduce((sum, bound, at) => sum + (at % 2 === 0 ? -bound : bound), 0);
}

function usedPorts({ listeners = [], publications = [] }: LintWorld, transport: string) {
  const open = listeners.filter(({ scope }) => scope !== 'loopback');
  return [
    ...[...open, ...publications]
      .filter((one) => one.transport === transport)
      .map((one) => one.port),
    ...(transport === 'udp' ? DHCP_CLIENT : []),
  ];
}

function gather(world: LintWorld, answer: Answer, opened: Map<LayerDecision, Opened>): void {
  const used = usedPorts(world, answer.transport);
  for (const { fate, decisions, destinationPort } of answer.parts) {
    if (fate !== 'accept') continue;
    for (const decision of decisions) {
      if (decision.rule === undefined) continue;
      const known = opened.get(decision) ?? {
        decision,
        transports: new Set(),
        ports: [],
        used: false,
      };
      known.ports.push(destinationPort);
      known.transports.add(answer.transport);
      known.used ||= used.some((port) => includes(destinationPort, port));
      opened.set(decision, known);
    }
  }
}

/** Rules that let connections in to ports where nobody listens. */
export const noListener: Check = (world) => {
  if (world.listeners === undefined) return [];
  const opened = new Map<LayerDecision, Opened>();
  for (const answer of world.answers) gather(world, answer, opened);
  return [...opened.values()]
    .map((one) => ({ ...one, ports: unionAll(one.ports) }))
    .filter(({ used, ports }) => !used && width(ports) <= MOST_PORTS)
    .map(({ decision, ports, transports }) => {
      const what = `${[...transports].join(' and ')} ${portsText(ports)}`;
      return flawOfDecision(decision, {
        id: 'firewall.no-listener',
        severity: 'low',
        why: `This rule lets connections in to ${what}, where nobody listens: whatever starts there next is reachable.`,
        todo: 'Delete the rule if the service is gone.',
        evidence: [`ports: ${what}`],
      });
    });
};
