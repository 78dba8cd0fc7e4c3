import { quote, syntaxFault } from '../../fault.ts';
import type { Kind, Source } from '../../kind.ts';
import type { Layer } from '../../layer.ts';
import { tableOf } from '../pf/layer-of.ts';
import type { Statement } from '../pf/statements.ts';
import { Aliases } from './aliases.ts';
import { changeOpnsense } from './change.ts';
import { Interfaces, isSet } from './interfaces.ts';
import { filterRules, redirects, registeredRules } from './rules.ts';
import { systemRules } from './system-rules.ts';
import { xmlOf } from './write.ts';
import { type Element, readXml } from './xml.ts';

const ROOTS = ['opnsense', 'pfsense'];

function recognizes({ text }: Source): boolean {
  return /<(?:opnsense|pfsense)[\s>]/.test(text.slice(0, 2_000));
}

/** One-to-one translations move packets to hosts before the filter is asked. */
function unreadOf(root: Element, { origin }: Source): string[] {
  const modern = root.child('OPNsense')?.child('Firewall')?.child('Filter')?.child('onetoone');
  const enabled = [
    ...(root.child('nat')?.children('onetoone') ?? []).filter(
      (rule) => !isSet(rule.child('disabled')),
    ),
    ...(modern?.children('rule') ?? []).filter((rule) => rule.child('enabled')?.text !== '0'),
  ];
  return enabled.map(({ line }) => `${origin}, line ${line}: one-to-one NAT is not followed`);
}

function read(sources: readonly Source[], role: Layer['role']): Layer {
  const [source, ...more] = sources;
  if (source === undefined || more.length > 0)
    throw syntaxFault(
      'opnsense',
      source ?? { origin: 'the rules' },
      1,
      `${sources.length} texts were given instead of one config.xml`,
    );
  const { name, root } = readXml(source);
  if (!ROOTS.includes(name))
    throw syntaxFault('opnsense', source, 1, `its root element is ${quote(name)}`);
  const part = ['filter', 'nat', 'OPNsense', 'system'].some((key) => root.child(key) !== undefined);
  if (!part)
    throw syntaxFault('opnsense', source, 1, 'it holds no filter, nat or OPNsense element');
  const names = { source, aliases: new Aliases(root), interfaces: new Interfaces(root) };
  const off = isSet(root.child('system')?.child('disablefilter'));
  const statements: readonly Statement[] = [
    ...names.aliases.tables(),
    { is: 'skip', devices: [{ not: false, name: 'lo0' }] },
    ...redirects(root, names),
    ...systemRules(root, names.interfaces),
    ...registeredRules(root, names),
    ...filterRules(root, names),
  ];
  const table = tableOf(statements, name, role === 'central' ? 'elsewhere' : 'here');
  return {
    kind: 'opnsense',
    origin: source.origin,
    role,
    tables: [off ? { ...table, dormant: true } : table],
    unread: off ? [] : unreadOf(root, source),
  };
}

/** OPNsense and pfSense: their config.xml, or a part of it with the root element. */
export const opnsense: Kind = {
  name: 'opnsense',
  title: 'OPNsense and pfSense',
  recognizes,
  read,
  write: (intent) => [{ path: 'config.xml', text: xmlOf(intent) }],
  change: changeOpnsense,
};
