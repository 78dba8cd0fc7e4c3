import { allBlocks, everyAddress, isNobody, isWhole } from '../../both-families.ts';
import { impossible, plainComment, sidesOf, slugOf } from '../../change-parts.ts';
import type { Change, Script } from '../../kind.ts';
import { FAMILIES, type Layer } from '../../layer.ts';
import { type AliasText, aliasXml, type RuleText, ruleXml } from './write.ts';

function familyOf({ families }: Change): RuleText['family'] {
  if (families.length === 2) return 'inet46';
  return families.includes(6) ? 'inet6' : 'inet';
}

interface Parts {
  readonly alias?: AliasText;
  readonly rule: RuleText;
}

/** A rule on no interface is a floating one: it comes before those of interfaces. */
function partsOf(change: Change): Parts {
  const { allowed } = sidesOf(change, 'opnsense');
  const everyone = FAMILIES.every((family) =>
    isWhole(family, everyAddress(change.families)[family])
      ? isWhole(family, allowed[family])
      : true,
  );
  if (everyone) throw impossible(change, 'opnsense', 'everyone may come in');
  const name = `postern_${slugOf(change).replace('-', '_')}`;
  const nobody = isNobody(allowed);
  const rule: RuleText = {
    action: 'block',
    family: familyOf(change),
    protocol: change.transport.toUpperCase(),
    source: nobody ? 'any' : name,
    sourceNot: !nobody,
    port: `${change.port}`,
    sequence: 1,
    description: `Postern ${plainComment(change.reason)}`.trim(),
  };
  return nobody ? { rule } : { rule, alias: { name, members: allBlocks(allowed) } };
}

function apiCall(path: string, body: unknown): string {
  const json = JSON.stringify(body).replaceAll("'", '');
  return `curl -u "$KEY:$SECRET" -H 'Content-Type: application/json' -d '${json}' https://FIREWALL/api/firewall/${path}`;
}

function apiSteps({ alias, rule }: Parts): readonly string[] {
  const aliasBody = alias && {
    alias: { enabled: '1', name: alias.name, type: 'network', content: alias.members.join('\n') },
  };
  const ruleBody = {
    rule: {
      enabled: '1',
      sequence: `${rule.sequence}`,
      action: rule.action,
      quick: '1',
      interface: '',
      direction: 'in',
      ipprotocol: rule.family,
      protocol: rule.protocol,
      source_net: rule.source,
      source_not: rule.sourceNot === true ? '1' : '0',
      destination_net: 'any',
      destination_port: rule.port,
      description: rule.description,
    },
  };
  return [
    ...(aliasBody === undefined
      ? []
      : [apiCall('alias/addItem', aliasBody), apiCall('alias/reconfigure', {})]),
    apiCall('filter/addRule', ruleBody),
    apiCall('filter/apply', {}),
  ];
}

/** Steps for a person: the firewall is another machine, and its key is not ours to hold. */
export function changeOpnsense(change: Change, _layers: readonly Layer[]): Script {
  if (change.device !== undefined)
    throw impossible(
      change,
      'opnsense',
      `${change.device} is a device of the host, not of the firewall`,
    );
  const parts = partsOf(change);
  return {
    kind: 'opnsense',
    apply: [],
    undo: [],
    persist: [],
    touches: [],
    text: [
      `# ${plainComment(change.reason)}`,
      '# In the web interface: Firewall, Rules, Floating: add this rule at the top, tick "Quick", apply.',
      '# As it stands in config.xml:',
      ...(parts.alias === undefined ? [] : [aliasXml(parts.alias)]),
      ruleXml(parts.rule),
      '# Or by the API of OPNsense (Firewall, Automation), with a key of yours:',
      ...apiSteps(parts),
      '# To take it back: delete the rule (the API answers addRule with its uuid) and the alias, apply.',
      '',
    ].join('\n'),
    warnings: [
      'A person has to do this: Postern changes no firewall that it does not run on.',
      'The rule is for the port on every host behind the firewall; give it a destination to narrow it.',
    ],
  };
}
