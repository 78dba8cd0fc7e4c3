import type { Action, Rule, Step, Test } from '../../layer.ts';
import { opaqueTest } from '../../steps.ts';
import type { Config, ForwardPort, RichElement, RichRule, RuleSet } from './config.ts';
import { anyIcmp, icmpIs } from './icmp.ts';
import {
  addressIs,
  addressRanges,
  familyIs,
  peerIs,
  portIs,
  portRanges,
  protocolIs,
} from './match.ts';

/** A rule with the chain of its zone or policy that it goes to. */
interface Placed {
  readonly hook: 'filter' | 'nat' | 'mangle';
  readonly suffix: Suffix;
  readonly priority: number;
  readonly rule: Rule;
}

export type Suffix = (typeof SUFFIXES)[number];
/** The chains of a zone in the order in which they are asked (firewalld.richlanguage(5)); the log chain decides nothing. */
export const SUFFIXES = ['pre', 'deny', 'allow', 'post'] as const;

/** Where two ways of matching lead to one action: a service has several ports. */
interface Match {
  readonly label: string;
  readonly tests: readonly Test[];
}

/** All rules of a zone or policy, by chain, in their order. */
export function rulesOf(
  set: RuleSet,
  config: Config,
  hook: Placed['hook'],
): Readonly<Record<Suffix, Rule[]>> {
  const placed = [
    ...set.unknown.map(unknownRule),
    ...set.rich.flatMap((rule) => richRules(rule, config)),
    ...plainRules(set, config),
  ].filter((one) => one.hook === hook);
  // Those without a priority, 0, are in chains of their own.
  placed.sort((a, b) => a.priority - b.priority);
  const inChain = (suffix: Suffix) =>
    placed.filter((one) => one.suffix === suffix).map(({ rule }) => rule);
  return {
    pre: inChain('pre'),
    deny: inChain('deny'),
    allow: inChain('allow'),
    post: inChain('post'),
  };
}

function unknownRule(text: string): Placed {
  const steps: Step[] = [opaqueTest(text), { do: 'opaque', text }];
  return {
    hook: 'filter',
    suffix: 'pre',
    priority: Number.NEGATIVE_INFINITY,
    rule: { text, steps },
  };
}

function allow(label: string, tests: readonly Test[]): Placed {
  return placeIn('allow', label, tests, { do: 'accept' });
}

function placeIn(suffix: Suffix, text: string, tests: readonly Test[], action: Action): Placed {
  const rule = { text, steps: [...tests, action] };
  return {
    hook: action.do === 'dnat' || action.do === 'redirect' ? 'nat' : 'filter',
    suffix,
    priority: 0,
    rule,
  };
}

function plainRules(set: RuleSet, config: Config): Placed[] {
  const services = set.services.flatMap((name) => serviceMatches(name, config));
  const icmp = set.icmpBlocks.flatMap((name) =>
    icmpIs(name).map((tests) =>
      set.icmpBlockInversion
        ? allow(`icmp-block ${name} (inverted)`, tests)
        : placeIn('deny', `icmp-block ${name}`, tests, { do: 'reject' }),
    ),
  );
  return [
    ...icmp,
    ...services.map(({ label, tests }) => allow(label, tests)),
    ...set.ports.map((port) =>
      allow(`port ${port.port}/${port.protocol}`, portIs('destination-port', port)),
    ),
    ...set.protocols.map((name) => allow(`protocol ${name}`, [protocolIs(name)])),
    ...set.sourcePorts.map((port) =>
      allow(`source-port ${port.port}/${port.protocol}`, portIs('source-port', port)),
    ),
    ...set.forwardPorts.map((forward) => forwardRule(forward)),
  ];
}

function forwardRule(forward: ForwardPort): Placed {
  const { port, protocol, toPort = '', toAddress = '' } = forward;
  const label = `forward-port port=${port}:proto=${protocol}:toport=${toPort}:toaddr=${toAddress}`;
  const family = familyIs(toAddress.includes(':') ? 6 : 4);
  const tests = [family, ...portIs('destination-port', forward)];
  return placeIn('allow', label, tests, translation(forward));
}

function translation({ toPort, toAddress }: ForwardPort): Action {
  const ports = toPort === undefined ? undefined : portRanges(toPort);
  if (toPort !== undefined && ports === undefined)
    return { do: 'opaque', text: `to-port ${toPort}` };
  if (toAddress === undefined) return { do: 'redirect', ...(ports && { ports }) };
  const to = addressRanges(toAddress);
  if (to === undefined) return { do: 'opaque', text: `to-addr ${toAddress}` };
  return { do: 'dnat', to, ...(ports && { ports }) };
}

/** The ports and protocols of a service and of those it includes. */
function serviceMatches(name: string, config: Config, seen = new Set<string>()): Match[] {
  if (seen.has(name)) return [];
  seen.add(name);
  const service = config.services.get(name);
  if (service === undefined)
    return [{ label: `service ${name}`, tests: [opaqueTest(`service ${name}`)] }];
  const included = service.includes.flatMap((other) => serviceMatches(other, config, seen));
  const destinations: Test[][] =
    service.destinations.length === 0
      ? [[]]
      : service.destinations.map(({ address }) => [addressIs('destination', address)]);
  const own = destinations.flatMap((destination) =>
    [
      ...service.ports.map((port) => portIs('destination-port', port)),
      ...service.protocols.map((protocol) => [protocolIs(protocol)]),
      ...service.sourcePorts.map((port) => portIs('source-port', port)),
    ].map((tests) => ({ label: `service ${name}`, tests: [...destination, ...tests] })),
  );
  return [...included, ...own];
}

function richRules(rule: RichRule, config: Config): Placed[] {
  const { family, source, destination, element } = rule;
  const common = [
    ...(family === undefined ? [] : [familyIs(family)]),
    ...(destination === undefined ? [] : [peerIs('destination', destination, config.ipsets)]),
    ...(source === undefined ? [] : [peerIs('source', source, config.ipsets)]),
  ];
  const action = actionOf(rule);
  if (action === undefined) return [];
  return elementMatches(element, rule, config).map((tests) => ({
    hook: hookOf(action.steps),
    suffix: suffixOf(rule, action.denies),
    priority: rule.priority,
    rule: { text: rule.text, steps: [...common, ...tests, ...action.steps] },
  }));
}

function hookOf(steps: readonly Step[]): Placed['hook'] {
  const verbs = steps.map((step) => ('do' in step ? step.do : undefined));
  if (verbs.includes('set-mark')) return 'mangle';
  return verbs.includes('dnat') || verbs.includes('redirect') ? 'nat' : 'filter';
}

function suffixOf({ priority }: RichRule, denies: boolean): Suffix {
  if (priority !== 0) return priority < 0 ? 'pre' : 'post';
  return denies ? 'deny' : 'allow';
}

/** Ways that the rule's element matches; one that matches everything when there is none. */
function elementMatches(
  element: RichElement | undefined,
  { family }: RichRule,
  config: Config,
): (readonly Test[])[] {
  if (element === undefined) return [[]];
  switch (element.is) {
    case 'service':
      return serviceMatches(element.name, config).map(({ tests }) => tests);
    case 'port':
    case 'forward-port':
      return [portIs('destination-port', element)];
    case 'source-port':
      return [portIs('source-port', element)];
    case 'protocol':
      return [[protocolIs(element.value)]];
    case 'icmp-block':
    case 'icmp-type':
      return icmpIs(element.name, family);
    default:
      return [];
  }
}

/** What the rule does in the end; undefined when it only logs. */
function actionOf({ action, element }: RichRule): { steps: Step[]; denies: boolean } | undefined {
  if (element?.is === 'forward-port') return { steps: [translation(element)], denies: false };
  if (action === undefined) {
    return element?.is === 'icmp-block' ? { steps: [{ do: 'reject' }], denies: true } : undefined;
  }
  const limit: Step[] =
    action.limit === undefined
      ? []
      : [{ test: 'limit', over: false, text: `limit ${action.limit}` }];
  if (action.do === 'mark')
    return { steps: [...limit, markAction(action.set ?? '')], denies: false };
  return { steps: [...limit, { do: action.do }], denies: action.do !== 'accept' };
}

/** `0x1`, or `0x1/0xff`: firewalld writes (mark & mask) ^ value. */
function markAction(set: string): Action {
  const [value, mask] = set.split('/').map(Number);
  if (value === undefined || !isMark(value) || (mask !== undefined && !isMark(mask))) {
    return { do: 'opaque', text: `mark set ${set}` };
  }
  return { do: 'set-mark', field: 'mark', and: mask ?? 0, xor: value };
}

function isMark(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff;
}

/** What a zone or policy does with what none of its rules decided about. */
export function lastRules(set: RuleSet, isZone: boolean): Rule[] {
  const refuses = ['DROP', '%%REJECT%%', 'REJECT'].includes(set.target);
  const knows = set.icmpBlockInversion || set.target === 'default';
  const icmp: Rule = {
    text: set.icmpBlockInversion ? 'icmp-block-inversion' : 'ICMP of target default',
    steps: [anyIcmp(), { do: set.icmpBlockInversion ? 'reject' : 'accept' }],
  };
  const text = `target ${set.target}`;
  return [
    ...(isZone && !refuses && knows ? [icmp] : []),
    ...targetSteps(set.target).map((step) => ({ text, steps: [step] })),
  ];
}

function targetSteps(target: string): Step[] {
  switch (target) {
    case 'CONTINUE':
      return [];
    case 'ACCEPT':
      return [{ do: 'accept' }];
    case 'DROP':
      return [{ do: 'drop' }];
    case 'default':
    case 'REJECT':
    case '%%REJECT%%':
      return [{ do: 'reject' }];
    default:
      return [{ do: 'opaque', text: `target ${target}` }];
  }
}
