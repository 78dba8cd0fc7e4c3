import type { Machine } from '../model/machine.ts';
import { readNetwork } from '../model/network.ts';
import type { Transport } from '../model/port.ts';
import { OTHER_DEVICE } from '../model/reachability.ts';
import { type Box, joinBoxes, unionAll } from './boxes.ts';
import { TRANSPORTS } from './compare.ts';
import { evaluate } from './evaluate.ts';
import type { Allowance, Intent } from './kind.ts';
import { FAMILIES, type Family, type KindName, type Layer, type Rule, type Test } from './layer.ts';
import { protocolsApart, unnamedProtocol } from './mentioned.ts';
import type { AnswerPart, Question } from './packet.ts';
import { portClasses } from './port-classes.ts';
import {
  difference,
  equalRanges,
  intersection,
  pairsOf,
  type Ranges,
  rangesOf,
  union,
} from './ranges.ts';
import { blocksOf, everyPort, portsText } from './reach.ts';

export interface Derived {
  readonly intent: Intent;
  /** What the layers do and an intent has no words for, a sentence each. */
  readonly lost: readonly string[];
}

/** Sources that get in to some ports on one device; without a device: on every one. */
interface Grant {
  readonly ports: Ranges<number>;
  readonly source: Ranges<bigint>;
  readonly device?: string;
}

function boxesOf(parts: readonly AnswerPart[]): readonly Box[] {
  const boxes = parts.map(({ source, destination, sourcePort, destinationPort, inDevice }) => ({
    source,
    destination,
    sourcePort,
    destinationPort,
    inDevice: [...inDevice].sort(),
  }));
  return joinBoxes(boxes);
}

/** Why an accepted box cannot be an allowance. */
function obstacle(box: Box, question: Question): string | undefined {
  if (!equalRanges(box.sourcePort, question.sourcePort)) return 'depends on the source port';
  if (equalRanges(box.destination, question.destination)) return undefined;
  return 'is allowed for some addresses of the host only';
}

function isHandedOn({ path, translated }: AnswerPart): boolean {
  return path === 'forward' || translated !== undefined;
}

/** What is said of the parts of one port class besides who gets in. */
function lostOf(parts: readonly AnswerPart[], question: Question): readonly string[] {
  const open = parts.filter(({ fate }) => fate === 'accept');
  const local = open.filter((part) => !isHandedOn(part));
  return [
    ...(parts.some(({ fate }) => fate === 'unknown')
      ? ['is not known to be allowed; left out']
      : []),
    ...(local.length < open.length ? ['is handed on elsewhere; left out'] : []),
    ...local.flatMap(({ conditions }) => conditions.map((condition) => `is allowed ${condition}`)),
    ...boxesOf(local).flatMap((box) => {
      const why = obstacle(box, question);
      return why === undefined ? [] : [`${why}; left out`];
    }),
  ];
}

function intersectAll(sets: readonly Ranges<bigint>[]): Ranges<bigint> {
  const [first = [], ...others] = sets;
  return others.reduce((all, some) => intersection(all, some), first);
}

/** Who gets in on every device, and on each besides; allowances add up. */
function grantsOf(
  ports: Ranges<number>,
  parts: readonly AnswerPart[],
  question: Question,
): readonly Grant[] {
  const local = parts.filter((part) => part.fate === 'accept' && !isHandedOn(part));
  const boxes = boxesOf(local).filter((box) => obstacle(box, question) === undefined);
  const byDevice = question.inDevice.map((device) => {
    const own = boxes.filter(({ inDevice }) => inDevice.includes(device));
    const source = unionAll(own.map((box) => box.source));
    return { device, source };
  });
  const everywhere = intersectAll(byDevice.map(({ source }) => source));
  const besides = byDevice.map(({ device, source }) => ({
    ports,
    device,
    source: difference(source, everywhere),
  }));
  return [{ ports, source: everywhere }, ...besides].filter(({ source }) => source.length > 0);
}

/** The same sources on the same device, for all their ports at once. */
function joinPorts(grants: readonly Grant[]): readonly Grant[] {
  const byRest = new Map<string, Grant>();
  for (const grant of grants) {
    const key = `${grant.device ?? ''} ${grant.source.join()}`;
    const known = byRest.get(key);
    const ports = known === undefined ? grant.ports : union(known.ports, grant.ports);
    byRest.set(key, { ...grant, ports });
  }
  return [...byRest.values()];
}

function acceptedBy(
  layers: readonly Layer[],
  machine: Machine,
  transport: Transport,
  family: Family,
): { readonly allow: readonly Allowance[]; readonly lost: readonly string[] } {
  const question = everyPort(layers, machine, transport, family);
  const classes = portClasses(evaluate(layers, question, machine));
  const grants = joinPorts(classes.flatMap(({ ports, parts }) => grantsOf(ports, parts, question)));
  const unnamed = grants.filter(({ device }) => device === OTHER_DEVICE);
  const what = (ports: Ranges<number>) => `${transport} ${portsText(ports)} over IPv${family}`;
  return {
    allow: grants
      .filter(({ device }) => device !== OTHER_DEVICE)
      .flatMap((grant) => allowancesOf(grant, transport, question)),
    lost: [
      ...classes.flatMap(({ ports, parts }) =>
        [...new Set(lostOf(parts, question))].map((sentence) => `${what(ports)} ${sentence}`),
      ),
      ...unnamed.map(
        ({ ports }) =>
          `${what(ports)} is allowed on all devices but some; kept for named ones only`,
      ),
    ],
  };
}

function allowancesOf(
  { ports, source, device }: Grant,
  transport: Transport,
  question: Question,
): readonly Allowance[] {
  const { family } = question;
  const from = equalRanges(source, question.source) ? {} : { from: blocksOf(family, source) };
  const on = device === undefined ? {} : { device };
  return pairsOf(ports, 1).map((pair) => ({
    transport,
    ports: pair,
    ...from,
    families: [family],
    ...on,
  }));
}

/** One allowance for both families where they say the same. */
function joinFamilies(allow: readonly Allowance[]): readonly Allowance[] {
  const byRest = new Map<string, Allowance>();
  for (const one of allow) {
    const { transport, ports, from, device } = one;
    const key = [transport, ports.join('-'), from?.join() ?? '', device ?? ''].join(' ');
    const same = byRest.get(key);
    const families = same === undefined ? one.families : [...same.families, ...one.families];
    byRest.set(key, { ...one, families });
  }
  return [...byRest.values()].sort(
    (a, b) => a.transport.localeCompare(b.transport) || a.ports[0] - b.ports[0],
  );
}

const SAID: ReadonlySet<number> = new Set([6, 17, 1, 58]);

/** An intent is about ports of TCP and UDP; ICMP is always let in. */
function otherProtocols(layers: readonly Layer[], machine: Machine): readonly string[] {
  const unnamed = unnamedProtocol(layers);
  const others = protocolsApart(layers).filter((protocol) => !SAID.has(protocol));
  return others.flatMap((protocol) => {
    const families = FAMILIES.filter((family) => {
      const question = { ...everyPort(layers, machine, 'tcp', family), protocol };
      return evaluate(layers, question, machine).some(({ fate }) => fate === 'accept');
    });
    if (families.length === 0) return [];
    const over = families.map((family) => `IPv${family}`).join(' and ');
    const what =
      protocol === unnamed
        ? 'every IP protocol but TCP, UDP, ICMP and those named'
        : `IP protocol ${protocol}`;
    return [`${what} over ${over} is allowed; left out`];
  });
}

/** Who may come in to which ports of the host, read off the answers of its layers. */
export function intentOf(layers: readonly Layer[], machine: Machine): Derived {
  const accepted = TRANSPORTS.flatMap((transport) =>
    FAMILIES.map((family) => acceptedBy(layers, machine, transport, family)),
  );
  return {
    intent: { allow: joinFamilies(accepted.flatMap(({ allow }) => allow)) },
    lost: [...accepted.flatMap(({ lost }) => lost), ...otherProtocols(layers, machine)],
  };
}

/** Kinds whose rules cannot name a device of the host. */
const WITHOUT_DEVICES: ReadonlySet<KindName> = new Set(['aws', 'cisco']);

/** What of an intent a kind has words for. */
export function writableIn(kind: KindName, { intent, lost }: Derived): Derived {
  if (!WITHOUT_DEVICES.has(kind)) return { intent, lost };
  const tied = intent.allow.filter(({ device }) => device !== undefined);
  const devices = [...new Set(tied.map(({ device }) => device))];
  const unsaid = devices.map((device) => {
    const own = tied.filter((one) => one.device === device);
    const ports = TRANSPORTS.flatMap((transport) => {
      const some = own.filter((one) => one.transport === transport).map((one) => one.ports);
      return some.length === 0 ? [] : [`${transport} ${portsText(rangesOf(some, 1))}`];
    });
    return `${ports.join(' and ')} is allowed on ${device} only, and ${kind} knows no devices of the host; left out`;
  });
  const allow = intent.allow.filter(({ device }) => device === undefined);
  return { intent: { allow }, lost: [...lost, ...unsaid] };
}

const PROTOCOLS = { tcp: 6, udp: 17 } as const;

function sourceTests(blocks: readonly string[], family: Family): Test {
  const networks = blocks.flatMap((block) => readNetwork(block) ?? []);
  const own = networks.filter((network) => network.family === family);
  const ranges = rangesOf(
    own.map(({ first, last }) => [first, last] as const),
    1n,
  );
  return { test: 'address', field: 'source', in: { family, ranges } };
}

function allowanceTests({ transport, ports, device }: Allowance): readonly Test[] {
  const [first, last] = ports;
  const protocol = PROTOCOLS[transport];
  return [
    { test: 'number', field: 'protocol', in: [protocol, protocol + 1] },
    { test: 'number', field: 'destination-port', in: [first, last + 1] },
    ...(device === undefined ? [] : [{ test: 'name', field: 'in-device', in: [device] } as const]),
  ];
}

function allowanceRules(allowance: Allowance): readonly Rule[] {
  const { from, families } = allowance;
  const tests = allowanceTests(allowance);
  const text = `allow ${allowance.transport} ${allowance.ports.join('-')}`;
  const asked = from === undefined ? families : FAMILIES;
  return asked.map((family) => ({
    text,
    steps: [
      from === undefined ? { test: 'family', family } : sourceTests(from, family),
      ...tests,
      { do: 'accept' },
    ],
  }));
}

const accept = { do: 'accept' } as const;

/** An intent as a layer, to be asked like any other: `sameAnswers([intentLayer(x)], [read(write(x))], …)`. */
export function intentLayer({ allow }: Intent): Layer {
  const known: Rule = {
    text: 'known connections',
    steps: [{ test: 'name', field: 'state', in: ['established', 'related'] }, accept],
  };
  const loopback: Rule = {
    text: 'loopback',
    steps: [{ test: 'name', field: 'in-device', in: ['lo'] }, accept],
  };
  const icmp: Rule = {
    text: 'ICMP',
    steps: [{ test: 'number', field: 'protocol', in: [1, 2, 58, 59] }, accept],
  };
  const rules = [known, loopback, icmp, ...allow.flatMap(allowanceRules)];
  const hook = { point: 'input', priority: 0, type: 'filter' } as const;
  const chain = { name: 'input', hook, policy: 'drop', rules } as const;
  const table = { name: 'filter', family: 'inet', chains: [chain] } as const;
  return { kind: 'nftables', origin: 'intent', role: 'live', tables: [table], unread: [] };
}
