import { allBlocks } from '../../both-families.ts';
import { plainComment, sourcesOf } from '../../change-parts.ts';
import type { Allowance, Intent } from '../../kind.ts';
import { NEEDED_ICMP4 } from '../../needed-icmp.ts';

export interface RuleText {
  readonly action: 'pass' | 'block';
  readonly device?: string;
  readonly family: 'inet' | 'inet6' | 'inet46';
  readonly protocol: string;
  readonly source: string;
  readonly sourceNot?: boolean;
  readonly port?: string;
  readonly icmp?: string;
  readonly sequence: number;
  readonly description: string;
}

export interface AliasText {
  readonly name: string;
  readonly members: readonly string[];
}

/** Text of an element; control characters have no place in XML 1.0. */
function escaped(text: string): string {
  return text
    .replaceAll(/[^\t\n\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

function element(name: string, text: string): string {
  return `          <${name}>${escaped(text)}</${name}>`;
}

/** One rule in the shape of OPNsense's model Firewall/Filter. */
export function ruleXml(rule: RuleText): string {
  return [
    '        <rule>',
    element('enabled', '1'),
    element('sequence', `${rule.sequence}`),
    element('action', rule.action),
    element('quick', '1'),
    element('interface', rule.device ?? ''),
    element('direction', 'in'),
    element('ipprotocol', rule.family),
    element('protocol', rule.protocol),
    element('source_net', rule.source),
    element('source_not', rule.sourceNot === true ? '1' : '0'),
    element('destination_net', 'any'),
    ...(rule.port === undefined ? [] : [element('destination_port', rule.port)]),
    ...(rule.icmp === undefined ? [] : [element('icmptype', rule.icmp)]),
    element('description', rule.description),
    '        </rule>',
  ].join('\n');
}

export function aliasXml({ name, members }: AliasText): string {
  return [
    '        <alias>',
    element('enabled', '1'),
    element('name', name),
    element('type', 'network'),
    element('content', members.join('\n')),
    '        </alias>',
  ].join('\n');
}

export function configXml(aliases: readonly AliasText[], rules: readonly RuleText[]): string {
  return [
    '<?xml version="1.0"?>',
    '<!-- written by Postern: a part of config.xml -->',
    ...(rules.some(({ device }) => device !== undefined)
      ? [
          '<!-- interfaces are devices of the host here: put in the ones of the firewall (wan, opt1) -->',
        ]
      : []),
    '<opnsense>',
    '  <OPNsense>',
    '    <Firewall>',
    '      <Alias><aliases>',
    ...aliases.map(aliasXml),
    '      </aliases></Alias>',
    '      <Filter><rules>',
    ...rules.map(ruleXml),
    '      </rules></Filter>',
    '    </Firewall>',
    '  </OPNsense>',
    '</opnsense>',
    '',
  ].join('\n');
}

interface Parts {
  readonly aliases: readonly AliasText[];
  readonly rules: readonly RuleText[];
}

function allowanceParts(allowance: Allowance, number: number): Parts {
  const { transport, ports, device, comment } = allowance;
  const sources = sourcesOf(allowance);
  const anyone = allowance.from === undefined;
  const members = allBlocks(sources);
  if (members.length === 0) return { aliases: [], rules: [] };
  const [four, six] = [sources[4].length > 0, sources[6].length > 0];
  const name = `postern_${number}`;
  const [first, last] = ports;
  const rule: RuleText = {
    action: 'pass',
    ...(device === undefined ? {} : { device }),
    family: four && six ? 'inet46' : four ? 'inet' : 'inet6',
    protocol: transport.toUpperCase(),
    source: anyone ? 'any' : name,
    port: first === last ? `${first}` : `${first}-${last}`,
    sequence: number + 1,
    description: plainComment(comment ?? '') || `Postern ${number}`,
  };
  return { aliases: anyone ? [] : [{ name, members }], rules: [rule] };
}

/** Names of icmptype in pf.conf(5); those for IPv6 are let in by the firewall itself. */
const ICMP_NAMES: Readonly<Record<number, string>> = {
  3: 'unreach',
  8: 'echoreq',
  11: 'timex',
  12: 'paramprob',
};

export function xmlOf({ allow }: Intent): string {
  const parts = allow.map((allowance, at) => allowanceParts(allowance, at + 1));
  const icmp: RuleText = {
    action: 'pass',
    family: 'inet',
    protocol: 'ICMP',
    source: 'any',
    icmp: NEEDED_ICMP4.map((type) => ICMP_NAMES[type] ?? `${type}`).join(','),
    sequence: 1,
    description: 'ICMP that IP needs',
  };
  return configXml(
    parts.flatMap(({ aliases }) => aliases),
    [icmp, ...parts.flatMap(({ rules }) => rules)],
  );
}
