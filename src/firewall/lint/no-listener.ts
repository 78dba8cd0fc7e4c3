import type { FirewallFlaw } from '../../model/firewall-flaw.ts';
import type { LayerDecision } from '../../model/reachability.ts';
import { overlaps, unionAll } from '../boxes.ts';
import { DHCP_CLIENT } from '../dhcp-client.ts';
import { difference, type Ranges, rangesOf, width } from '../ranges.ts';
import { portsText } from '../reach.ts';
import type { Answer, Check, LintWorld } from './check.ts';
import { flawOfDecision } from './flaw.ts';

/** Rules for more ports than this are not about one service. */
const MOST_PORTS = 256;
/** More rules of one chain than this are one flaw. */
const RULES_APART = 64;

interface Opened {
  readonly decision: LayerDecision;
  readonly transports: Set<string>;
  readonly ports: Ranges<number>[];
  /** Those of `ports` that nobody else tells of. */
  readonly untold: Ranges<number>[];
  used: boolean;
}

/** A rule for ports where nobody listens. */
interface Unused {
  readonly decision: LayerDecision;
  readonly transports: ReadonlySet<string>;
  readonly ports: Ranges<number>;
}

function usedPorts({ listeners = [], publications = [] }: LintWorld, transport: string) {
  const open = listeners.filter(({ scope }) => scope !== 'loopback');
  const used = [...open, ...publications].filter((one) => one.transport === transport);
  const ports = [...used.map(({ port }) => port), ...(transport === 'udp' ? DHCP_CLIENT : [])];
  return rangesOf(
    ports.map((port) => [port, port] as const),
    1,
  );
}

function gather(world: LintWorld, answer: Answer, opened: Map<LayerDecision, Opened>): void {
  const { transport } = answer;
  const used = usedPorts(world, transport);
  const told = world.told?.[transport] ?? [];
  for (const { fate, decisions, destinationPort } of answer.parts) {
    if (fate !== 'accept') continue;
    for (const decision of decisions) {
      if (decision.rule === undefined) continue;
      const known = opened.get(decision) ?? {
        decision,
        transports: new Set(),
        ports: [],
        untold: [],
        used: false,
      };
      opened.set(decision, known);
      known.used ||= overlaps(destinationPort, used);
      known.ports.push(destinationPort);
      const untold = difference(destinationPort, told);
      if (untold.length === 0) continue;
      known.untold.push(untold);
      known.transports.add(transport);
    }
  }
}

function unusedRules(world: LintWorld): readonly Unused[] {
  const opened = new Map<LayerDecision, Opened>();
  for (const answer of world.answers) gather(world, answer, opened);
  return [...opened.values()]
    .filter(({ used, untold }) => !used && untold.length > 0)
    .filter(({ ports }) => width(unionAll(ports)) <= MOST_PORTS)
    .map(({ decision, transports, untold }) => ({ decision, transports, ports: unionAll(untold) }));
}

function portsOf({ transports, ports }: Unused): string {
  return `${[...transports].join(' and ')} ${portsText(ports)}`;
}

const TEXT = { id: 'firewall.no-listener', severity: 'low' } as const;

function flawOf(unused: Unused): FirewallFlaw {
  const ports = portsOf(unused);
  return flawOfDecision(unused.decision, {
    ...TEXT,
    why: `This rule lets connections in to ${ports}, where nobody listens: whatever starts there next is reachable.`,
    todo: 'Delete the rule if the service is gone.',
    evidence: [`ports: ${ports}`],
  });
}

function flawOfMany(rules: readonly [Unused, ...Unused[]]): FirewallFlaw {
  const [{ decision }] = rules;
  const { layer, origin, chain } = decision;
  return {
    ...{ ...TEXT, layer, origin },
    why: `${rules.length} rules of the chain ${chain} let connections in to ports where nobody listens: whatever starts there next is reachable.`,
    todo: 'Delete the rules of services that are gone.',
    evidence: rules.map((one) => `${portsOf(one)}: ${one.decision.rule?.text}`),
  };
}

/** Rules that let connections in to ports where nobody listens. */
export const noListener: Check = (world) => {
  if (world.listeners === undefined) return [];
  const byChain = new Map<string, [Unused, ...Unused[]]>();
  for (const unused of unusedRules(world)) {
    const { layer, origin, table, chain } = unused.decision;
    const key = [layer, origin, table, chain].join('\n');
    const known = byChain.get(key);
    if (known === undefined) byChain.set(key, [unused]);
    else known.push(unused);
  }
  return [...byChain.values()].flatMap((rules) =>
    rules.length > RULES_APART ? [flawOfMany(rules)] : rules.map(flawOf),
  );
};
