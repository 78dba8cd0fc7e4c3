import { familyOf } from '../model/address.ts';
import type { AuditedListener, Door, OutsideLook } from '../model/audit.ts';
import type { Listener } from '../model/listener.ts';
import { isPrivateNetwork, type Network, readNetwork } from '../model/network.ts';
import type { Policy } from '../model/policy.ts';
import {
  devicesText,
  handedOnTo,
  type Reachability,
  type ReachPart,
} from '../model/reachability.ts';
import { RULES, type RuleId } from '../model/rules.ts';
import type { Service } from '../model/service.ts';
import type { Level, Severity, Verdict } from '../model/verdict.ts';
import { protocolOfProgram } from './data/programs.ts';
import { judge } from './judge.ts';
import { type PolicyView, policyView } from './policy-view.ts';

/** What is known of one port of the host, before it is judged. */
export type DoorFacts = Omit<Door, 'verdict' | 'listeners'> & {
  readonly listeners: readonly Omit<AuditedListener, 'verdict'>[];
};

/** The host that the port is on, and when it was looked at. */
export interface DoorContext {
  /** One of its own addresses, for the patterns of the policy. */
  readonly addresses: readonly string[];
  readonly names: readonly string[];
  /** ISO 8601. */
  readonly now: string;
}

/** Services that an inner network should not have either. */
const BAD_ANYWHERE: ReadonlySet<string> = new Set([
  'exposed.telnet',
  'exposed.legacy',
  'exposed.debugger',
]);
/** Sources written out in a sentence. */
const MAX_NAMED = 4;

interface Case {
  readonly facts: DoorFacts;
  readonly policy: Policy;
  readonly view: PolicyView;
  /** What the port deserves when anyone can reach it. */
  readonly exposed: Verdict;
}

function verdict(rule: RuleId, level: Level, why: string, todo = RULES[rule].todo): Verdict {
  const severity: Severity = RULES[rule].severity;
  return { rule, level, severity, why, todo: todo === 'Nothing.' ? '' : todo };
}

/** The programs on the port, or what is known instead. */
function who({ listeners, publications, reachability }: DoorFacts): string {
  const names = new Set(
    listeners.map(({ program, container }) => program ?? container?.name ?? 'a program'),
  );
  for (const { container } of publications) names.add(`container ${container.name}`);
  if (publications.length === 0) for (const end of handedOnTo(reachability)) names.add(end);
  return names.size === 0 ? 'nobody' : [...names].join(', ');
}

/** The same at the beginning of a sentence; a program's name stays as it is. */
function subject(facts: DoorFacts): string {
  const name = who(facts);
  return name.startsWith('a program') ? `A${name.slice(1)}` : name;
}

function place({ transport, port }: DoorFacts): string {
  return `${transport} port ${port}`;
}

function listOf(words: readonly string[]): string {
  const shown = words.slice(0, MAX_NAMED).join(', ');
  return words.length > MAX_NAMED ? `${shown} and ${words.length - MAX_NAMED} more` : shown;
}

function accepting(reachability: readonly Reachability[]): readonly ReachPart[] {
  return reachability.flatMap(({ parts }) => parts.filter(({ fate }) => fate === 'accept'));
}

function undecided(reachability: readonly Reachability[]): readonly ReachPart[] {
  return reachability.flatMap(({ parts }) => parts.filter(({ fate }) => fate === 'unknown'));
}

function sourceText(
  source: string,
  devices: readonly string[] | undefined,
  parts: readonly ReachPart[],
): string {
  if (devices === undefined) return source;
  const whoever = source.endsWith('/0') ? 'anyone' : source;
  return `${whoever} on ${devicesText(devices, parts)}`;
}

/** Who gets in, in words: `anyone over IPv6, and 10.0.0.0/8`. */
function sources(reachability: readonly Reachability[]): string {
  const everywhere = reachability.filter(({ reach }) => reach === 'anyone');
  const others = reachability.filter(({ reach }) => reach !== 'anyone');
  const anyone =
    everywhere.length === 0
      ? []
      : [
          everywhere.length === reachability.length
            ? 'anyone'
            : `anyone over IPv${everywhere[0]?.family}`,
        ];
  const named = others.flatMap(({ parts }) =>
    parts
      .filter(({ fate }) => fate === 'accept')
      .flatMap(({ from, devices }) => from.map((source) => sourceText(source, devices, parts))),
  );
  return [...anyone, ...(named.length === 0 ? [] : [listOf(named)])].join(', and ');
}

/** The rules that let them in: `nftables: tcp dport 6379 accept`. */
function letInBy(reachability: readonly Reachability[]): string {
  const rules = new Set<string>();
  for (const { decisions } of accepting(reachability)) {
    for (const { layer, chain, rule } of decisions) {
      rules.add(
        rule === undefined ? `${layer}: the default of ${chain}` : `${layer}: ${rule.text}`,
      );
    }
  }
  return rules.size === 0 ? 'no firewall asks' : listOf([...rules]);
}

function worstReach(reachability: readonly Reachability[]): Reachability['reach'] {
  const order = ['anyone', 'unknown', 'networks', 'devices'] as const;
  return order.find((word) => reachability.some(({ reach }) => reach === word)) ?? 'nobody';
}

function isSensitive({ exposed }: Case): boolean {
  return exposed.level === 'close' || exposed.level === 'restrict';
}

function seenOpen(outside: readonly OutsideLook[] | undefined): readonly OutsideLook[] {
  return (outside ?? []).filter(({ state, phantom }) => state === 'open' && phantom === undefined);
}

/** Open from outside, and no program here that could have answered. */
function answeredBefore(facts: DoorFacts, { vantage, address }: OutsideLook, but: string): Verdict {
  const why = `From ${vantage} ${place(facts)} of ${address} is open, but ${but}: something in between answers.`;
  return verdict('host.no-listener', 'unknown', why);
}

/** Nobody listens: a rule without a use, or an answer that is not ours. */
function withoutListener({ facts }: Case): Verdict {
  const [first] = seenOpen(facts.outside);
  if (first !== undefined) {
    return answeredBefore(facts, first, 'no program listens there on this host');
  }
  const why = `The firewall lets ${sources(facts.reachability)} in to ${place(facts)} (${letInBy(facts.reachability)}), but nobody listens there.`;
  return verdict('host.allowed-unused', 'close', why);
}

/** The firewall lets nobody in. */
function blocked(state: Case): Verdict {
  const { facts, view } = state;
  const layers = facts.blockedBy;
  const by = layers.length === 0 ? 'the layers together' : listOf(layers);
  if (view.expect.length > 0) {
    const why = `The policy expects ${place(facts)} and ${who(facts)} listens there, but nobody is let in (${by}).`;
    return verdict('host.needed-but-blocked', 'expected', why);
  }
  if (layers.length === 1 && isSensitive(state)) {
    const why = `${subject(facts)} listens on ${place(facts)}; only one layer, ${by}, keeps everybody out.`;
    return verdict('host.one-layer', 'restrict', why);
  }
  return verdict(
    'host.blocked',
    'expected',
    `${subject(facts)} listens on ${place(facts)}, and nobody is let in (${by}).`,
    '',
  );
}

/** Somebody came through from outside whom no rule that was read lets in. */
function againstRules({ facts }: Case): Verdict | null {
  const look = seenOpen(facts.outside).find(({ itself }) => itself !== true);
  if (look === undefined) return null;
  const why = `${subject(facts)} listens on ${place(facts)}, and the rules that were read let nobody in, but from ${look.vantage} it is open: something else decides.`;
  return verdict('host.reach-unknown', 'unknown', why);
}

/** Whether everything that gets in lies within networks. */
function within(parts: readonly ReachPart[], networks: readonly Network[]): boolean {
  return parts.every(({ from }) =>
    from.every((source) => {
      const block = readNetwork(source);
      if (block === null) return false;
      return networks.some(
        ({ family, first, last }) =>
          family === block.family && first <= block.first && block.last <= last,
      );
    }),
  );
}

/** The policy's word where it names the port; null where it says nothing. */
function byPolicy(state: Case): Verdict | null {
  const { facts, view, exposed } = state;
  const [first] = view.expect;
  if (first === undefined) return view.only ? exposed : null;
  const free = view.expect.some(({ from }) => from === undefined);
  const networks = view.expect.flatMap((expectation) => expectation.networks);
  const asExpected = within(accepting(facts.reachability), networks);
  // more than the policy expects may get in
  if (!free && asExpected && !within(undecided(facts.reachability), networks)) {
    return unknownReach(state);
  }
  if (free || asExpected) {
    const from = first.from === undefined ? '' : ` from ${listOf(first.from)}`;
    return verdict(
      'policy.expected',
      'expected',
      `The policy expects ${place(facts)}${from}, and ${sources(facts.reachability)} can reach ${who(facts)} there.`,
      '',
    );
  }
  const wanted = listOf(view.expect.flatMap(({ from }) => from ?? []));
  return verdict(
    'host.wider-than-policy',
    'restrict',
    `${subject(facts)} on ${place(facts)} is reachable from ${sources(facts.reachability)}, and the policy expects only ${wanted} (${letInBy(facts.reachability)}).`,
    `Restrict it: postern restrict ${facts.port}${facts.transport === 'udp' ? ' --udp' : ''} --from ${view.expect.flatMap(({ from }) => from ?? []).join(',')}`,
  );
}

/**
 * A look that did not come through although the host lets anyone in. Where it lets only some in, its
 * own rules may have closed the port to the machine that looked.
 */
function closedOutside({ outside, reachability }: DoorFacts): OutsideLook | undefined {
  const looks = (outside ?? []).filter(({ itself }) => itself !== true);
  if (looks.some(({ state }) => state === 'open')) return undefined;
  const toAnyone = reachability.filter(({ reach }) => reach === 'anyone');
  return looks.find(
    ({ state, address }) =>
      (state === 'filtered' || state === 'unreachable') &&
      toAnyone.some(({ family }) => family === familyOf(address)),
  );
}

/** The host lets them in, and from outside nothing came through. */
function blockedBefore(state: Case, look: OutsideLook): Verdict {
  const { facts } = state;
  const why = `This host lets ${sources(facts.reachability)} in to ${who(facts)} on ${place(facts)}, but from ${look.vantage} it is ${look.state}: something before this host is the only layer.`;
  return isSensitive(state)
    ? verdict('host.one-layer', 'restrict', why)
    : verdict('host.blocked', 'expected', why, '');
}

function isUsedByItselfOnly({ listeners }: DoorFacts): boolean {
  const used = listeners.flatMap(({ usage }) => usage ?? []);
  return (
    used.length === listeners.length &&
    used.some(({ connections }) => connections > 0) &&
    used.every(({ loopbackOnly }) => loopbackOnly === true)
  );
}

/** Only some get in; to what no stranger may reach, only those of inner networks or devices. */
function isRestricted({ facts: { reachability }, exposed }: Case): boolean {
  if (!reachability.every(({ reach }) => reach !== 'anyone' && reach !== 'unknown')) return false;
  if (exposed.level === 'restrict') return true;
  if (!exposed.rule.startsWith('exposed.') || BAD_ANYWHERE.has(exposed.rule)) return false;
  return accepting(reachability).every(
    ({ from, devices }) => devices !== undefined || from.every(isInner),
  );
}

function isInner(source: string): boolean {
  const block = readNetwork(source);
  return block !== null && isPrivateNetwork(block);
}

function reached(state: Case): Verdict {
  const { facts, exposed } = state;
  const { reachability } = facts;
  const told = `Reachable from ${sources(reachability)} (${letInBy(reachability)}).`;
  if (exposed.level === 'unknown') {
    const why = `${told} What ${who(facts)} on ${place(facts)} is for, nothing says.`;
    return verdict('host.unknown-program', 'unknown', why);
  }
  if (!isSensitive(state)) return { ...exposed, why: `${told} ${exposed.why}` };
  if (isRestricted(state)) {
    return verdict(
      'host.restricted',
      'expected',
      `${subject(facts)} on ${place(facts)}: ${told}`,
      '',
    );
  }
  if (isUsedByItselfOnly(facts)) {
    const why = `${told} Every connection to ${who(facts)} while we looked came from this machine itself.`;
    return { ...verdict('host.loopback-would-do', 'close', why), severity: exposed.severity };
  }
  return { ...exposed, why: `${told} ${exposed.why}` };
}

function unknownReach({ facts }: Case): Verdict {
  const decisions = undecided(facts.reachability).flatMap((part) => part.decisions);
  const look = seenOpen(facts.outside).find(({ itself }) => itself !== true);
  const seen = look === undefined ? '' : ` From ${look.vantage} it is open.`;
  const last = decisions.findLast(({ fate }) => fate === 'unknown');
  const because =
    last === undefined
      ? ''
      : ` ${last.layer} decides${last.rule === undefined ? ', and could not be read whole' : `: ${last.rule.text}`}.`;
  const why = `${subject(facts)} listens on ${place(facts)}, and who can reach it is not known.${because}${seen}`;
  return verdict('host.reach-unknown', 'unknown', why);
}

function serviceOf({ listeners, publications, outside }: DoorFacts): Service | null {
  const seen = seenOpen(outside).find(({ service }) => service !== undefined)?.service;
  if (seen !== undefined) return seen;
  const words = [
    ...listeners.map(({ program }) => protocolOfProgram(program)),
    ...publications.map(({ container }) =>
      protocolOfProgram(container.image?.split('/').at(-1)?.split(':')[0]),
    ),
  ];
  const protocol = words.find((word) => word !== undefined);
  return protocol === undefined ? null : { protocol };
}

/** What the port would deserve if anyone reached it: the rules of a scan, told what the host knows. */
function exposedVerdict(facts: DoorFacts, policy: Policy, context: DoorContext): Verdict {
  const service = serviceOf(facts);
  const [address = '0.0.0.0'] = context.addresses;
  const { names, now } = context;
  const { transport, port } = facts;
  const input = { address, names, transport, port, state: 'open', service } as const;
  const only = { ...policy, rules: policy.rules.map((rule) => ({ ...rule, expect: [] })) };
  return judge({ ...input, identified: service !== null }, only, { now }).verdict;
}

function decide(state: Case): Verdict {
  const { facts } = state;
  const isHandedOn = facts.publications.length > 0 || handedOnTo(facts.reachability).length > 0;
  if (facts.listeners.length === 0 && !isHandedOn) return withoutListener(state);
  const inside = facts.listeners.every(({ scope }) => scope === 'loopback');
  if (inside && !isHandedOn) {
    const open = seenOpen(facts.outside).find(({ itself }) => itself !== true);
    if (open !== undefined) {
      return answeredBefore(facts, open, `${who(facts)} listens there on the loopback only`);
    }
    const why = `${subject(facts)} listens on ${place(facts)} of the loopback only.`;
    return verdict('host.loopback', 'expected', why, '');
  }
  const reach = worstReach(facts.reachability);
  if (reach === 'nobody') return againstRules(state) ?? blocked(state);
  const before = closedOutside(facts);
  if (reach === 'unknown' && accepting(facts.reachability).length === 0) return unknownReach(state);
  if (before !== undefined) return blockedBefore(state, before);
  return byPolicy(state) ?? reached(state);
}

/** A listener that the host's own ports and rules say nothing about. */
export function judgeElsewhere({ program, transport, port, namespace }: Listener): Verdict {
  const why = `${program ?? 'A program'} listens on ${transport} port ${port} of the namespace ${namespace}.`;
  return verdict('host.other-namespace', 'expected', why);
}

/** Should this port stand as it does? One answer from outside, inside, firewall and policy. Pure. */
export function judgeDoor(facts: DoorFacts, policy: Policy, context: DoorContext): Verdict {
  const [address = ''] = context.addresses;
  const host = { address, names: context.names };
  const view = policyView(policy, host, facts.transport, facts.port);
  const decided = decide({ facts, policy, view, exposed: exposedVerdict(facts, policy, context) });
  const override = Object.hasOwn(policy.severities, decided.rule)
    ? policy.severities[decided.rule]
    : undefined;
  return override === undefined || override === 'off'
    ? decided
    : { ...decided, severity: override };
}
