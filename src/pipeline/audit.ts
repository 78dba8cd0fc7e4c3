import { overlaps, unionAll } from '../firewall/boxes.ts';
import { DHCP_CLIENT } from '../firewall/dhcp-client.ts';
import { type Action, FAMILIES, type Layer, type Step } from '../firewall/layer.ts';
import { answersOf } from '../firewall/lint/answers.ts';
import type { Answer, Sensitive } from '../firewall/lint/check.ts';
import { lintLayers } from '../firewall/lint/registry.ts';
import { isOff } from '../firewall/mentioned.ts';
import type { AnswerPart } from '../firewall/packet.ts';
import { pairsOf, rangesOf, width } from '../firewall/ranges.ts';
import { type PortQuestion, reachability } from '../firewall/reach.ts';
import { type DoorFacts, judgeDoor, judgeElsewhere } from '../judge/door.ts';
import { judgeFlaws } from '../judge/flaws.ts';
import type { AuditedListener, AuditReport, Door, LayerSummary } from '../model/audit.ts';
import { KNOWN_PORTS } from '../model/known-ports.ts';
import { type Listener, listenerKey, type Publication } from '../model/listener.ts';
import type { Machine } from '../model/machine.ts';
import type { Policy } from '../model/policy.ts';
import type { Transport } from '../model/port.ts';
import type { Reachability } from '../model/reachability.ts';
import type { Problem } from '../model/scan.ts';
import type { Usage } from '../model/usage.ts';
import type { OutsideView } from './outside.ts';
import { LayersByProgram, type ProgramLayers } from './program-layers.ts';
import { notToldBy } from './told-by-doors.ts';

/** What the collectors saw of this host. */
export interface InsideFacts {
  readonly machine: Machine;
  readonly listeners: readonly Listener[];
  readonly publications: readonly Publication[];
  /** By `listenerKey`. */
  readonly usage: ReadonlyMap<string, Usage>;
  /** Layers in the order they are asked; those before the host first. */
  readonly layers: readonly Layer[];
  readonly problems: readonly Problem[];
  readonly unseen: readonly string[];
  /** Every listener of our own network namespace was seen. */
  readonly everyListener?: boolean;
}

export interface AuditRequest {
  readonly facts: InsideFacts;
  /** Absent: nobody looked from outside. */
  readonly outside?: OutsideView;
  readonly policy: Policy;
  readonly id: string;
  readonly tool: string;
  /** ISO 8601. */
  readonly at: string;
}

type Unjudged = Omit<AuditedListener, 'verdict'>;

/** Ports with one answer, up to which they are about one service. */
const FEW_PORTS = 16;
/** Ports that rules let somebody in to and nobody uses, up to which each is told as a door. */
const UNUSED_DOORS = 64;
const TRANSPORTS = ['tcp', 'udp'] as const;

/** Ports that are not for everybody, and what is usually behind them. */
export const SENSITIVE: ReadonlyMap<number, Sensitive> = new Map(
  KNOWN_PORTS.filter(({ level }) => level === 'close' || level === 'restrict').map(
    ({ port, title, severity }) => [port, { title, severity }],
  ),
);

function ownAddresses({ devices }: Machine): readonly string[] {
  return devices
    .filter(({ loopback }) => !loopback)
    .flatMap(({ addresses }) => addresses.map(({ address }) => address));
}

function isOf(family: 4 | 6, address: string): boolean {
  return address.includes(':') === (family === 6);
}

/** Reachability of ports and listeners; each question is asked once. */
class Reach {
  readonly #layers: readonly Layer[];
  readonly #programs: LayersByProgram;
  readonly #machine: Machine;
  readonly #families: readonly (4 | 6)[];
  readonly #known = new Map<string, Reachability>();

  constructor(layers: readonly Layer[], machine: Machine) {
    this.#layers = layers;
    this.#programs = new LayersByProgram(layers);
    this.#machine = machine;
    const own = ownAddresses(machine);
    const present = FAMILIES.filter((family) => own.some((address) => isOf(family, address)));
    this.#families = present.length === 0 ? FAMILIES : present;
  }

  get families(): readonly (4 | 6)[] {
    return this.#families;
  }

  /** `listeners`: those of the port. */
  ofPort(
    transport: Transport,
    port: number,
    listeners: readonly Unjudged[],
  ): readonly Reachability[] {
    const own = this.#programs.of(listeners);
    return this.#families.map((family) => this.#ask(family, transport, port, {}, own));
  }

  of(listener: Listener): readonly Reachability[] {
    const { transport, port, bind, scope, namespace, families, device } = listener;
    if (scope === 'loopback' || namespace !== 'host') return [];
    const own = this.#programs.of([listener]);
    const destinations = scope === 'one' ? [bind.split('%', 1)[0] ?? bind] : undefined;
    return families
      .filter((family) => this.#families.includes(family))
      .map((family) =>
        this.#ask(
          family,
          transport,
          port,
          { ...(destinations && { destinations }), ...(device && { device }) },
          own,
        ),
      );
  }

  /** Layers that alone let nobody in to a port, by name; two of a kind once. */
  blockedBy(transport: Transport, port: number): readonly string[] {
    const names = this.#layers
      .filter(({ role }) => role !== 'saved')
      .filter((layer) =>
        this.#families.every(
          (family) =>
            reachability([layer], { family, transport, port }, this.#machine).reach === 'nobody',
        ),
      )
      .map(({ kind }) => kind);
    return [...new Set(names)];
  }

  #ask(
    family: 4 | 6,
    transport: Transport,
    port: number,
    where: Pick<PortQuestion, 'destinations' | 'device'>,
    own: ProgramLayers,
  ): Reachability {
    const { destinations = [], device = '' } = where;
    const key = [family, transport, port, device, ...destinations, own.key].join(' ');
    const before = this.#known.get(key);
    if (before !== undefined) return before;
    const found = reachability(own.layers, { family, transport, port, ...where }, this.#machine);
    this.#known.set(key, found);
    return found;
  }
}

function doorKey(transport: Transport, port: number): string {
  return `${transport} ${port}`;
}

interface Doors {
  readonly listeners: Map<string, Unjudged[]>;
  readonly publications: Map<string, Publication[]>;
  readonly all: Map<string, { readonly transport: Transport; readonly port: number }>;
}

function isByRule({ fate, decisions }: AnswerPart): boolean {
  return fate === 'accept' && decisions.some(({ rule }) => rule !== undefined);
}

/** Single ports that a rule, and no mere default, lets somebody in to. */
function portsLetIn({ parts, classes }: Answer): readonly number[] {
  const byRule = unionAll(parts.filter(isByRule).map(({ destinationPort }) => destinationPort));
  return classes
    .map(({ ports }) => ports)
    .filter((ports) => width(ports) <= FEW_PORTS && overlaps(byRule, ports))
    .flatMap((ports) => pairsOf(ports, 1))
    .flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, at) => first + at));
}

/** Ports without a door that a rule lets somebody in to; none when they are too many for doors. */
function unusedPorts(
  answers: readonly Answer[],
  doors: Doors['all'],
): Readonly<Record<Transport, ReadonlySet<number>>> {
  const unused = { tcp: new Set<number>(), udp: new Set<number>() };
  for (const answer of answers) {
    const { transport } = answer;
    for (const port of portsLetIn(answer)) {
      const isExpected = transport === 'udp' && DHCP_CLIENT.has(port);
      if (!isExpected && !doors.has(doorKey(transport, port))) unused[transport].add(port);
    }
  }
  const many = unused.tcp.size + unused.udp.size > UNUSED_DOORS;
  return many ? { tcp: new Set(), udp: new Set() } : unused;
}

function addDoors(
  doors: Doors['all'],
  ports: Readonly<Record<Transport, ReadonlySet<number>>>,
): void {
  for (const transport of TRANSPORTS) {
    for (const port of ports[transport]) {
      doors.set(doorKey(transport, port), { transport, port });
    }
  }
}

function pointsOf(ports: ReadonlySet<number>) {
  return rangesOf(
    [...ports].map((port) => [port, port] as const),
    1,
  );
}

function gather({ facts, outside }: AuditRequest, listeners: readonly Unjudged[]): Doors {
  const doors: Doors = { listeners: new Map(), publications: new Map(), all: new Map() };
  const note = (transport: Transport, port: number): string => {
    const key = doorKey(transport, port);
    doors.all.set(key, { transport, port });
    return key;
  };
  const add = <Item>(map: Map<string, Item[]>, key: string, item: Item) => {
    map.set(key, [...(map.get(key) ?? []), item]);
  };
  for (const listener of listeners) {
    if (listener.namespace !== 'host') continue;
    add(doors.listeners, note(listener.transport, listener.port), listener);
  }
  for (const publication of facts.publications) {
    add(doors.publications, note(publication.transport, publication.port), publication);
  }
  for (const { transport, port } of outside?.open ?? []) note(transport, port);
  return doors;
}

function isOpaque(step: Step): boolean {
  if ('test' in step) return step.test === 'opaque';
  return isOpaqueAction(step);
}

function isOpaqueAction(action: Action): boolean {
  if (action.do === 'map') return action.rows.some((row) => isOpaqueAction(row.action));
  return action.do === 'opaque';
}

function summaryOf(layer: Layer): LayerSummary {
  const { kind, origin, role, unread } = layer;
  const rules = layer.tables.flatMap(({ chains }) => chains.flatMap((chain) => chain.rules));
  const opaqueRules = rules.filter(({ steps }) => steps.some(isOpaque)).length;
  const off = isOff(layer) ? ({ off: true } as const) : {};
  return { kind, origin, role, rules: rules.length, opaqueRules, ...off, unread };
}

function byPort(a: Door, b: Door): number {
  if (a.transport !== b.transport) return a.transport < b.transport ? -1 : 1;
  return a.port - b.port;
}

/** Joins what was seen from inside and outside into one verdict per port. Sends and reads nothing. */
export function audit(request: AuditRequest): AuditReport {
  const { facts, outside, policy, at } = request;
  const { machine } = facts;
  const addresses = ownAddresses(machine);
  const reach = new Reach(facts.layers, machine);
  const listeners: readonly Unjudged[] = facts.listeners.map((listener) => {
    const usage = facts.usage.get(listenerKey(listener));
    return { ...listener, reachability: reach.of(listener), ...(usage && { usage }) };
  });
  const doors = gather(request, listeners);
  const answers = answersOf(facts.layers, machine);
  const ofThisHost = answers.filter(({ family }) => reach.families.includes(family));
  const unused = unusedPorts(ofThisHost, doors.all);
  addDoors(doors.all, unused);
  const context = { addresses, names: [machine.hostname], now: at };
  const judged = new Map<string, Door>();
  for (const [key, { transport, port }] of doors.all) {
    const held = doors.listeners.get(key) ?? [];
    const reachable = reach.ofPort(transport, port, held);
    const looks = outside?.of(transport, port);
    const door: DoorFacts = {
      transport,
      port,
      listeners: held,
      publications: doors.publications.get(key) ?? [],
      reachability: reachable,
      blockedBy: reachable.every(({ reach: word }) => word === 'nobody')
        ? reach.blockedBy(transport, port)
        : [],
      ...(looks && { outside: looks }),
    };
    const verdict = judgeDoor(door, policy, context);
    judged.set(key, { ...door, listeners: door.listeners.map(listenerKey), verdict });
  }
  const told = { tcp: pointsOf(unused.tcp), udp: pointsOf(unused.udp) };
  const { layers, publications } = facts;
  const input = { layers, machine, listeners: facts.listeners, publications, told, answers };
  const flaws = judgeFlaws(lintLayers({ ...input, sensitive: SENSITIVE }), policy);
  return {
    schema: 'postern.audit/1',
    audit: headOf(request, addresses),
    layers: layers.map(summaryOf),
    listeners: listeners.map((listener) => ({
      ...listener,
      verdict: verdictOf(listener, judged, request),
    })),
    doors: [...judged.values()].sort(byPort),
    flaws: notToldBy(judged.values(), flaws),
  };
}

function headOf(request: AuditRequest, addresses: readonly string[]): AuditReport['audit'] {
  const { id, tool, at, facts, outside } = request;
  const { machine, problems } = facts;
  const unseen = [...facts.unseen, ...(outside?.unseen ?? [])];
  const complete = unseen.length === 0 && problems.length === 0;
  const { hostname: host, system } = machine;
  const every = facts.everyListener === true ? ({ everyListener: true } as const) : {};
  return { id, tool, at, host, system, addresses, complete, ...every, problems, unseen };
}

/** A listener has its port's verdict; one on the loopback, beside another that is not, its own. */
function verdictOf(
  listener: Unjudged,
  doors: ReadonlyMap<string, Door>,
  { policy, at, facts }: AuditRequest,
): AuditedListener['verdict'] {
  const { transport, port, namespace, scope } = listener;
  if (namespace !== 'host') return judgeElsewhere(listener);
  const door = doors.get(doorKey(transport, port));
  if (door !== undefined && scope !== 'loopback') return door.verdict;
  const alone = { ...listener, scope: 'loopback' as const };
  const own = { transport, port, listeners: [alone], publications: [], reachability: [] };
  const context = { addresses: [], names: [facts.machine.hostname], now: at };
  return judgeDoor({ ...own, blockedBy: [] }, policy, context);
}
