import type { Chain, Hook, Layer, Rule, Step, Test } from '../../layer.ts';
import { rangesOf, union } from '../../ranges.ts';
import { opaqueTest } from '../../steps.ts';
import type { Config, Policy, RuleSet, Zone } from './config.ts';
import { addressRanges, peerIs } from './match.ts';
import { lastRules, rulesOf, SUFFIXES } from './rules.ts';

/** One of firewalld's base chains, with the chains of zones and policies that belong to it. */
interface Base {
  /** `filter_INPUT`: what the chains are called that dispatch from it. */
  readonly name: string;
  /** `filter_IN`: what the chains of zones and policies are called. */
  readonly prefix: string;
  readonly table: 'filter' | 'nat' | 'mangle';
  readonly hook: Hook;
}

const MANGLE: Base = {
  name: 'mangle_PREROUTING',
  prefix: 'mangle_PRE',
  table: 'mangle',
  hook: { point: 'prerouting', priority: -140, type: 'filter' },
};
const NAT: Base = {
  name: 'nat_PREROUTING',
  prefix: 'nat_PRE',
  table: 'nat',
  hook: { point: 'prerouting', priority: -90, type: 'nat' },
};
const INPUT: Base = {
  name: 'filter_INPUT',
  prefix: 'filter_IN',
  table: 'filter',
  hook: { point: 'input', priority: 10, type: 'filter' },
};
const FORWARD: Base = {
  name: 'filter_FORWARD',
  prefix: 'filter_FWD',
  table: 'filter',
  hook: { point: 'forward', priority: 10, type: 'filter' },
};

/** IPv6 networks that embed IPv4 addresses no packet goes to (RFC 3964; firewalld.conf(5), RFC3964_IPv4). */
const RFC3964 = [
  '::/96',
  '2002::/24',
  '2002:a00::/24',
  '2002:7f00::/24',
  '2002:a9fe::/32',
  '2002:ac10::/28',
  '2002:c0a8::/32',
  '2002:e000::/19',
];
/** RFC 3964's `::ffff:0:0/96` reads as IPv4: given as numbers. */
const MAPPED_FIRST = 0xffffn << 32n;

/**
 * The tables that firewalld makes of its configuration (nftables back end, firewalld 1.0 and later,
 * with its chain names). Left out: output, source translation, logging, and the IPv6 reverse path
 * filter, which drops only what this machine could not answer.
 */
export function assemble(config: Config, role: Layer['role'], origin: string): Layer {
  const zones = activeZones(config);
  const policies = activePolicies(config);
  const chains = [MANGLE, NAT, INPUT, FORWARD].flatMap((base) =>
    withoutEmpty(chainsOf(base, zones, policies, config)),
  );
  return {
    kind: 'firewalld',
    origin,
    role,
    tables: [{ name: 'firewalld', family: 'inet', chains }],
    unread: [...config.unread, ...missing(config, zones)],
  };
}

function activeZones(config: Config): Zone[] {
  const bound = [...config.zones.values()].filter(
    ({ name, interfaces, sources }) =>
      name === config.defaultZone || interfaces.length + sources.length > 0,
  );
  return bound.sort((a, b) => compare(a.name, b.name));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** A policy acts when a zone on both of its sides has something bound to it. */
function activePolicies(config: Config): Policy[] {
  const acts = (names: readonly string[]) =>
    names.some((name) => ['ANY', 'HOST'].includes(name) || isBound(config.zones.get(name), config));
  const active = [...config.policies.values()].filter(
    ({ ingress, egress }) => acts(ingress) && acts(egress) && !ingress.includes('HOST'),
  );
  return active.sort((a, b) => a.priority - b.priority || compare(a.name, b.name));
}

function isBound(zone: Zone | undefined, config: Config): boolean {
  if (zone === undefined) return false;
  const { name, interfaces, sources } = zone;
  return name === config.defaultZone || interfaces.length + sources.length > 0;
}

function missing(config: Config, zones: readonly Zone[]): string[] {
  const wanted = new Set(
    [...zones, ...config.policies.values()].flatMap(({ services }) => services),
  );
  const unread = [...wanted].filter((name) => !config.services.has(name));
  return [
    ...(config.zones.has(config.defaultZone) ? [] : [`zone ${config.defaultZone} was not read`]),
    ...unread.map((name) => `service ${name} was not read`),
  ];
}

function chainsOf(
  base: Base,
  zones: readonly Zone[],
  policies: readonly Policy[],
  config: Config,
): Chain[] {
  const ofZones = zones.flatMap((zone) => zoneChains(base, zone, config));
  const own = policies.filter((policy) => belongs(base, policy));
  const ofPolicies = own.flatMap((policy) => policyChains(base, policy, config));
  const dispatch = own.map((policy) => [policy, policyDispatch(base, policy, config)] as const);
  const part = (isPart: (policy: Policy) => boolean) =>
    dispatch.flatMap(([policy, rules]) => (isPart(policy) ? rules : []));
  return [
    { name: base.name, hook: base.hook, policy: 'accept', rules: baseRules(base, config) },
    { name: `${base.name}_ZONES`, rules: zoneDispatch(base, zones, config) },
    { name: `${base.name}_POLICIES_pre`, rules: part(({ priority }) => priority < 0) },
    { name: `${base.name}_POLICIES_post`, rules: part(({ priority }) => priority >= 0) },
    ...ofZones,
    ...ofPolicies,
  ];
}

/**
 * Leaves out empty chains and the jumps to them; not those of a `goto`, which ends the search for a
 * zone even when the zone has nothing to say.
 */
function withoutEmpty(chains: readonly Chain[]): Chain[] {
  const targets = chains.flatMap(({ rules }) =>
    rules.flatMap(({ steps }) => steps.flatMap(gotoOf)),
  );
  const kept = chains.filter(({ name, rules }) => rules.length > 0 || targets.includes(name));
  const names = new Set(kept.map(({ name }) => name));
  const linked = kept.map((chain) => ({
    ...chain,
    rules: chain.rules.filter(({ steps }) => steps.every((step) => !jumpsBeside(step, names))),
  }));
  if (kept.length < chains.length) return withoutEmpty(linked);
  return linked.some(({ rules }) => rules.some(({ steps }) => steps.some(decides))) ? linked : [];
}

function gotoOf(step: Step): string[] {
  return 'do' in step && step.do === 'goto' ? [step.chain] : [];
}

function jumpsBeside(step: Step, names: ReadonlySet<string>): boolean {
  return 'do' in step && step.do === 'jump' && !names.has(step.chain);
}

function decides(step: Step): boolean {
  return 'do' in step && step.do !== 'jump' && step.do !== 'goto';
}

function baseRules(base: Base, config: Config): Rule[] {
  const jump = rule(`jump ${base.name}_ZONES`, { do: 'jump', chain: `${base.name}_ZONES` });
  if (base.table !== 'filter') return [jump];
  const direct = config.direct.map((text) => rule(text, opaqueTest(text), { do: 'opaque', text }));
  const translated = isStatus('dnat');
  return [
    ...direct,
    rule('ct state { established, related } accept', isState('established', 'related'), {
      do: 'accept',
    }),
    // With StrictForwardPorts only firewalld's own translations pass here, which are not told apart.
    config.strictForwardPorts
      ? rule('ct status dnat, StrictForwardPorts', translated, opaqueTest('StrictForwardPorts'), {
          do: 'accept',
        })
      : rule('ct status dnat accept', translated, { do: 'accept' }),
    rule('iifname "lo" accept', comesBy('lo'), { do: 'accept' }),
    rule('ct state invalid drop', isState('invalid'), { do: 'drop' }),
    ...(base === FORWARD && config.rfc3964 ? [rfc3964()] : []),
    jump,
    rule('reject', { do: 'reject' }),
  ];
}

function rfc3964(): Rule {
  const mapped = rangesOf([[MAPPED_FIRST, MAPPED_FIRST + 0xffff_ffffn]], 1n);
  const ranges = RFC3964.reduce((all, text) => {
    const read = addressRanges(text);
    return read === undefined ? all : union(all, read.ranges);
  }, mapped);
  const test: Test = { test: 'address', field: 'destination', in: { family: 6, ranges } };
  return rule('RFC3964_IPv4 reject', test, { do: 'reject' });
}

function rule(text: string, ...steps: readonly Step[]): Rule {
  return { text, steps };
}

function isState(...states: readonly string[]): Test {
  return { test: 'name', field: 'state', in: states };
}

function isStatus(...status: readonly string[]): Test {
  return { test: 'name', field: 'status', in: status };
}

function comesBy(...devices: readonly string[]): Test {
  return { test: 'name', field: 'in-device', in: devices };
}

/** Binding of a zone: `eth+` is firewalld's way of saying `eth*`. */
function deviceName(device: string): string {
  return device.endsWith('+') ? `${device.slice(0, -1)}*` : device;
}

function sourceTest(field: 'source' | 'destination', source: string, config: Config): Test {
  if (source.startsWith('ipset:')) {
    return peerIs(field, { not: false, ipset: source.slice('ipset:'.length) }, config.ipsets);
  }
  const isMac = /^(?:[\da-f]{2}:){5}[\da-f]{2}$/i.test(source);
  return peerIs(
    field,
    isMac ? { not: false, mac: source } : { not: false, address: source },
    config.ipsets,
  );
}

/** Sources before interfaces before the default zone, of one priority; sources by name of their zone. */
function zoneDispatch(base: Base, zones: readonly Zone[], config: Config): Rule[] {
  const byPriority = [...zones].sort((a, b) => a.priority - b.priority);
  const priorities = [...new Set(byPriority.map(({ priority }) => priority))];
  const rules = priorities.flatMap((priority) => {
    const same = zones.filter((zone) => zone.priority === priority);
    return [
      ...same.flatMap((zone) => sourceDispatch(base, zone, config)),
      // firewalld puts each interface before those it had.
      ...same.flatMap((zone) => deviceDispatch(base, zone)).reverse(),
    ];
  });
  return [...rules, defaultDispatch(base, config)];
}

function sourceDispatch(base: Base, { name, sources }: Zone, config: Config): Rule[] {
  return sources.map((source) =>
    rule(`zone ${name}: source ${source}`, sourceTest('source', source, config), {
      do: 'goto',
      chain: `${base.prefix}_${name}`,
    }),
  );
}

function deviceDispatch(base: Base, { name, interfaces }: Zone): Rule[] {
  return interfaces.map((device) =>
    rule(`zone ${name}: interface ${device}`, comesBy(deviceName(device)), {
      do: 'goto',
      chain: `${base.prefix}_${name}`,
    }),
  );
}

function defaultDispatch(base: Base, { defaultZone, zones }: Config): Rule {
  const text = `default zone ${defaultZone}`;
  return zones.has(defaultZone)
    ? rule(text, { do: 'goto', chain: `${base.prefix}_${defaultZone}` })
    : rule(text, { do: 'opaque', text });
}

function zoneChains(base: Base, zone: Zone, config: Config): Chain[] {
  const name = `${base.prefix}_${zone.name}`;
  const jumps = [
    `${base.name}_POLICIES_pre`,
    ...SUFFIXES.map((suffix) => `${name}_${suffix}`),
    `${base.name}_POLICIES_post`,
  ].map((chain) => rule(`jump ${chain}`, { do: 'jump', chain }));
  const last = base.table === 'filter' ? zoneEnd(base, zone) : [];
  const between = base === FORWARD && zone.forward ? forwardRules(zone, config) : [];
  return [{ name, rules: [...jumps, ...last] }, ...partChains(base, name, zone, config, between)];
}

/** Packets that are passed on know no ICMP rule of the zone's. */
function zoneEnd(base: Base, zone: Zone): Rule[] {
  return lastRules(zone, base === INPUT);
}

function partChains(
  base: Base,
  name: string,
  set: RuleSet,
  config: Config,
  also: readonly Rule[],
): Chain[] {
  const rules = partRules(base, set, config);
  return SUFFIXES.map((suffix) => ({
    name: `${name}_${suffix}`,
    rules: suffix === 'allow' ? [...rules[suffix], ...also] : rules[suffix],
  }));
}

/** A zone's filter rules are for the host itself; a policy's for wherever it leads. */
function partRules(base: Base, set: RuleSet, config: Config): ReturnType<typeof rulesOf> {
  if (base !== FORWARD || 'egress' in set) return rulesOf(set, config, base.table);
  return { pre: [], deny: [], allow: [], post: [] };
}

function forwardRules({ interfaces, sources }: Zone, config: Config): Rule[] {
  return [
    ...interfaces.map((device) =>
      rule(
        `forward to ${device}`,
        { test: 'name', field: 'out-device', in: [deviceName(device)] },
        { do: 'accept' },
      ),
    ),
    ...sources.map((source) =>
      rule(`forward to ${source}`, sourceTest('destination', source, config), { do: 'accept' }),
    ),
  ];
}

/** A policy to HOST is asked in INPUT, all others in FORWARD; translation comes before both. */
function belongs(base: Base, { egress }: Policy): boolean {
  if (base === INPUT) return egress.includes('HOST');
  return base !== FORWARD || !egress.includes('HOST');
}

function policyChains(base: Base, policy: Policy, config: Config): Chain[] {
  const name = policyChain(base, policy);
  const jumps = SUFFIXES.map((suffix) => {
    const chain = `${name}_${suffix}`;
    return rule(`jump ${chain}`, { do: 'jump', chain });
  });
  const last = base.table === 'filter' ? lastRules(policy, false) : [];
  return [{ name, rules: [...jumps, ...last] }, ...partChains(base, name, policy, config, [])];
}

function policyChain(base: Base, policy: Policy): string {
  return `${base.prefix}_policy_${policy.name}`;
}

function policyDispatch(base: Base, policy: Policy, config: Config): Rule[] {
  const from = sideTests('ingress', policy.ingress, config);
  const to = sideTests('egress', policy.egress, config);
  const chain = policyChain(base, policy);
  const text = `policy ${policy.name}`;
  return from.flatMap((ingress) =>
    to.map((egress) => rule(text, ...ingress, ...egress, { do: 'jump', chain })),
  );
}

/** Ways of coming from, or going to, the zones on one side; ANY and HOST are no test at all. */
function sideTests(
  side: 'ingress' | 'egress',
  names: readonly string[],
  config: Config,
): (readonly Test[])[] {
  if (names.includes('ANY') || names.includes('HOST')) return [[]];
  const field = side === 'ingress' ? 'source' : 'destination';
  const device = side === 'ingress' ? 'in-device' : 'out-device';
  return names.flatMap((name) => {
    const zone = config.zones.get(name);
    if (zone === undefined) return [[opaqueTest(`${side}-zone ${name}`)]];
    const { interfaces, sources } = zone;
    // Versions differ in whether the default zone's packets count without a binding.
    const byDefault = name === config.defaultZone ? [[opaqueTest(`${side}-zone ${name}`)]] : [];
    return [
      ...interfaces.map((one): Test[] => [{ test: 'name', field: device, in: [deviceName(one)] }]),
      ...sources.map((source) => [sourceTest(field, source, config)]),
      ...byDefault,
    ];
  });
}
