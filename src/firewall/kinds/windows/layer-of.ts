import type { Action, Chain, Layer, Rule, Step } from '../../layer.ts';
import { ESTABLISHED, opaqueTest } from '../../steps.ts';
import { waysOf } from './conditions.ts';
import type { WindowsDocument, WindowsProfile, WindowsRule } from './document.ts';
import { ruleText } from './rule-text.ts';

/** Windows Filtering Platform does not filter the loopback with these rules. */
const LOOPBACK = ['Loopback Pseudo-Interface*', 'lo*'];

function plainRule(text: string, ...steps: readonly Step[]): Rule {
  return { text, steps };
}

/** Rules of one duty, a model rule for each way in which a Windows rule can match. */
function modelRules(
  rules: readonly WindowsRule[],
  document: WindowsDocument,
  action: Action,
  profileTests: (rule: WindowsRule) => readonly Step[],
): Rule[] {
  return rules.flatMap((rule) =>
    waysOf(rule, document).map((tests) => ({
      handle: rule.name,
      ...(rule.line === undefined ? {} : { line: rule.line }),
      ...(rule.displayName === '' ? {} : { comment: rule.displayName }),
      text: ruleText(rule),
      steps: [...tests, ...profileTests(rule), action],
    })),
  );
}

function overrides(rule: WindowsRule): boolean {
  return rule.words.OverrideBlockRules === 'True';
}

interface Duties {
  readonly bypass: readonly WindowsRule[];
  readonly block: readonly WindowsRule[];
  readonly allow: readonly WindowsRule[];
}

/**
 * The order in which Windows asks: authenticated bypass, block, allow, default (Microsoft Learn,
 * "Windows Firewall rules": explicit block over conflicting allow rules).
 */
function duties(rules: readonly WindowsRule[]): Duties {
  const allow = rules.filter((rule) => rule.action === 'Allow');
  return {
    bypass: allow.filter(overrides),
    block: rules.filter((rule) => rule.action === 'Block'),
    allow: allow.filter((rule) => !overrides(rule)),
  };
}

function filtering(
  rules: readonly WindowsRule[],
  document: WindowsDocument,
  profileTests: (rule: WindowsRule) => readonly Step[] = () => [],
): Rule[] {
  const { bypass, block, allow } = duties(rules);
  const authenticated: Step[] = [opaqueTest('authenticated=bypass')];
  return [
    ...modelRules(bypass, document, { do: 'accept' }, (rule) => [
      ...profileTests(rule),
      ...authenticated,
    ]),
    ...modelRules(block, document, { do: 'drop' }, profileTests),
    ...modelRules(allow, document, { do: 'accept' }, profileTests),
  ];
}

function profileChain(profile: WindowsProfile, document: WindowsDocument): Chain {
  const applies = (rule: WindowsRule) =>
    (rule.profiles === undefined || rule.profiles.includes(profile.name)) &&
    (profile.localRules || !rule.local);
  const name = profile.name;
  if (!profile.enabled)
    return { name, rules: [plainRule(`${name} profile: Enabled False`, { do: 'accept' })] };
  const rules = document.rules.filter(applies);
  const shown = profile.inboundRules ? rules : rules.filter(overrides);
  return {
    name,
    rules: [
      ...filtering(shown, document),
      profile.inboundRules
        ? plainRule(`${name} profile: DefaultInboundAction`, { do: profile.defaultInbound })
        : plainRule(`${name} profile: AllowInboundRules False`, { do: 'drop' }),
    ],
  };
}

/** Of a text that does not say which profile is active: what depends on it is not known. */
function anyProfile(document: WindowsDocument): Rule[] {
  const { profiles } = document;
  const [first] = profiles;
  const same = (read: (profile: WindowsProfile) => unknown) =>
    profiles.every((profile) => first !== undefined && read(profile) === read(first));
  if (!same(({ enabled, inboundRules, localRules }) => `${enabled}${inboundRules}${localRules}`))
    return [plainRule('the profiles differ', { do: 'opaque', text: 'profile=active' })];
  if (first?.enabled === false) return [plainRule('all profiles: Enabled False', { do: 'accept' })];
  if (first?.inboundRules === false)
    return [plainRule('all profiles: AllowInboundRules False', { do: 'drop' })];
  const rules = document.rules.filter((rule) => first?.localRules !== false || !rule.local);
  return [
    ...filtering(rules, document, (rule) =>
      rule.profiles === undefined ? [] : [opaqueTest(`profile=${rule.profiles.join(',')}`)],
    ),
    same(({ defaultInbound }) => defaultInbound) && first !== undefined
      ? plainRule('DefaultInboundAction', { do: first.defaultInbound })
      : plainRule('DefaultInboundAction differs', { do: 'opaque', text: 'profile=active' }),
  ];
}

/** A command that was not followed may have let in anything, or switched the firewall off. */
function notFollowed({ unread: [first] }: WindowsDocument): Rule[] {
  return first === undefined
    ? []
    : [plainRule(first, opaqueTest('commands=all'), { do: 'accept' })];
}

function deviceRules(document: WindowsDocument): Rule[] {
  const { connections, profiles } = document;
  const jumps = profiles.flatMap(({ name, exempt }) => {
    const devices = connections
      .filter(({ profile }) => profile === name)
      .map(({ device }) => device);
    const free = devices.filter((device) => exempt.includes(device));
    return [
      ...(free.length === 0
        ? []
        : [
            plainRule(
              `${name} profile: DisabledInterfaceAliases`,
              { test: 'name', field: 'in-device', in: free },
              { do: 'accept' },
            ),
          ]),
      ...(devices.length === 0
        ? []
        : [
            plainRule(
              `${name} profile on ${devices.join(', ')}`,
              { test: 'name', field: 'in-device', in: devices },
              { do: 'goto', chain: name },
            ),
          ]),
    ];
  });
  // a network that Windows has not identified is public (Get-NetConnectionProfile)
  const rest = profiles.some(({ name }) => name === 'Public')
    ? plainRule('Public profile on all others', { do: 'goto', chain: 'Public' })
    : plainRule('no Public profile was told', { do: 'opaque', text: 'profile=Public' });
  return [...jumps, rest];
}

/** The layer that a collected document, or a script's rules, make. */
export function layerOf(document: WindowsDocument, origin: string, role: Layer['role']): Layer {
  const active: WindowsDocument = {
    ...document,
    rules: document.rules.filter((rule) => rule.enabled && rule.inbound),
  };
  const known = active.connections.length > 0;
  const inbound: Chain = {
    name: 'inbound',
    hook: { point: 'input', priority: 0, type: 'filter' },
    policy: 'drop',
    rules: [
      plainRule(
        'loopback is not filtered',
        { test: 'name', field: 'in-device', in: LOOPBACK },
        {
          do: 'accept',
        },
      ),
      plainRule('known connections', ESTABLISHED, { do: 'accept' }),
      ...notFollowed(active),
      ...(known ? deviceRules(active) : anyProfile(active)),
    ],
  };
  const chains = known ? active.profiles.map((profile) => profileChain(profile, active)) : [];
  return {
    kind: 'windows',
    origin,
    role,
    tables: [{ name: 'windows', family: 'inet', chains: [inbound, ...chains] }],
    unread: document.unread,
  };
}
