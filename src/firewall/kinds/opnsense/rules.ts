import { readNetwork } from '../../../model/network.ts';
import { quote, syntaxFault } from '../../fault.ts';
import type { Source } from '../../kind.ts';
import type { Conditions, HostItem, HostSpec, IcmpItem, Statement } from '../pf/statements.ts';
import { type Aliases, portItem } from './aliases.ts';
import { type Interfaces, isSet } from './interfaces.ts';
import type { Element } from './xml.ts';

export interface Names {
  readonly source: Source;
  readonly aliases: Aliases;
  readonly interfaces: Interfaces;
}

/** A rule and where it stands among the others: floating, of groups, of one interface. */
export interface Placed {
  readonly rank: number;
  readonly statement: Statement;
}

type Filter = Extract<Statement, { is: 'filter' }>;

const FLOATING = 1;
const OF_GROUP = 2;
const OF_INTERFACE = 3;

/** Conditions that pf has and a packet's addresses and ports do not tell. */
const OPAQUE = ['os', 'sched', 'tagged', 'dscp', 'vlanprio', 'prio', 'divert-to'];
const LIMITS = ['max', 'max-src-nodes', 'max-src-states', 'max-src-conn'];

const FLAG_LETTERS: Readonly<Record<string, string>> = {
  fin: 'F',
  syn: 'S',
  rst: 'R',
  psh: 'P',
  ack: 'A',
  urg: 'U',
  ece: 'E',
  cwr: 'W',
};

function text(element: Element, name: string): string {
  return element.child(name)?.text ?? '';
}

function listOf(value: string): readonly string[] {
  return value.split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim()]));
}

/** One side of a rule: who, which ports, and whether it is all but these. */
interface Side {
  readonly names: readonly string[];
  readonly port: string;
  readonly not: boolean;
}

function legacySide(element: Element | undefined): Side {
  if (element === undefined) return { names: [], port: '', not: false };
  const any = element.child('any') !== undefined;
  const names = any ? [] : listOf(text(element, 'network') || text(element, 'address'));
  return { names, port: text(element, 'port'), not: isSet(element.child('not')) };
}

function modernSide(element: Element, side: 'source' | 'destination'): Side {
  return {
    names: listOf(text(element, `${side}_net`)),
    port: text(element, `${side}_port`),
    not: text(element, `${side}_not`) === '1',
  };
}

class RuleReader {
  private readonly names: Names;

  constructor(names: Names) {
    this.names = names;
  }

  filter(element: Element, sides: readonly [Side, Side], action: string): Filter {
    const [pass, answer] = this.verdict(element, action);
    const icmp = this.icmp(element);
    const [from, to] = [this.spec(sides[0]), this.spec(sides[1])];
    const conditions: Conditions = {
      line: element.line,
      text: '',
      ...this.direction(element),
      ...this.on(element),
      ...this.family(element),
      ...this.protocols(element),
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      ...icmp,
      ...this.flags(element),
      opaque: this.opaque(element),
      limits: this.limits(element),
      overload: [],
      ...this.label(element),
    };
    return {
      is: 'filter',
      action: pass,
      quick: true,
      ...(answer === undefined ? {} : { answer }),
      conditions: { ...conditions, text: describe(element, action, sides) },
    };
  }

  spec({ names, port, not }: Side): HostSpec | undefined {
    const hosts = names.includes('any') ? [] : names.flatMap((name) => this.host(name, not));
    const ports = port === '' || port === 'any' ? undefined : this.names.aliases.ports(port);
    if (hosts.length === 0 && ports === undefined) return undefined;
    return {
      ...(hosts.length === 0 ? {} : { hosts }),
      ...(ports === undefined ? {} : { ports }),
    };
  }

  private host(name: string, not: boolean): readonly HostItem[] {
    const { aliases, interfaces } = this.names;
    if (aliases.has(name)) return [{ not, host: { is: 'table', name } }];
    const own = interfaces.hosts(name);
    if (own !== null) return own.map((host) => ({ not, host }));
    return readNetwork(name) === null
      ? [{ not, host: { is: 'table', name } }]
      : [{ not, host: { is: 'addresses', text: name } }];
  }

  private verdict(
    element: Element,
    action: string,
  ): readonly ['pass' | 'block' | 'match', 'drop' | 'return' | undefined] {
    if (action === 'pass' || action === 'match') return [action, undefined];
    if (action === 'block') return ['block', 'drop'];
    if (action === 'reject') return ['block', 'return'];
    throw syntaxFault(
      'opnsense',
      this.names.source,
      element.line,
      `a rule's type is ${quote(action)}, not pass, block or reject`,
    );
  }

  private direction(element: Element): Pick<Conditions, 'direction'> {
    const said = text(element, 'direction');
    if (said === 'in' || said === 'out') return { direction: said };
    return said === 'any' ? {} : { direction: 'in' };
  }

  private on(element: Element): Pick<Conditions, 'on'> {
    const keys = listOf(text(element, 'interface')).filter((key) => key !== 'any');
    if (keys.length === 0) return {};
    const not = text(element, 'interfacenot') === '1';
    return { on: this.names.interfaces.devices(keys).map(({ name }) => ({ not, name })) };
  }

  private family(element: Element): Pick<Conditions, 'family'> {
    const said = text(element, 'ipprotocol');
    if (said === 'inet46') return {};
    return { family: said === 'inet6' ? 6 : 4 };
  }

  private protocols(element: Element): Pick<Conditions, 'protocols'> {
    const said = text(element, 'protocol').toLowerCase();
    if (said === '' || said === 'any') return {};
    const names = said.split('/');
    const six = text(element, 'ipprotocol') === 'inet6';
    return { protocols: names.map((name) => (six && name === 'icmp' ? 'icmp6' : name)) };
  }

  private icmp(element: Element): Pick<Conditions, 'icmp4' | 'icmp6'> {
    const items = (name: string): readonly IcmpItem[] | undefined => {
      const types = listOf(text(element, name)).filter((type) => type !== 'any');
      return types.length === 0 ? undefined : types.map((type) => ({ type }));
    };
    const four = items('icmptype');
    const six = items('icmp6-type') ?? items('icmp6type');
    if (text(element, 'ipprotocol') === 'inet6') {
      const either = six ?? four;
      return either === undefined ? {} : { icmp6: either };
    }
    return four === undefined ? {} : { icmp4: four };
  }

  private flags(element: Element): Pick<Conditions, 'flags'> {
    const letters = (name: string) =>
      listOf(text(element, name))
        .map((flag) => FLAG_LETTERS[flag] ?? flag)
        .join('');
    const set = letters('tcpflags1');
    const of = letters('tcpflags2');
    return of === '' || element.child('tcpflags_any') !== undefined
      ? {}
      : { flags: `${set}/${of}` };
  }

  private opaque(element: Element): readonly string[] {
    return OPAQUE.flatMap((name) => {
      const value = text(element, name);
      return value === '' ? [] : [`${name}=${value}`];
    });
  }

  private limits(element: Element): readonly string[] {
    const counts = LIMITS.flatMap((name) => {
      const value = text(element, name);
      return value === '' ? [] : [`${name} ${value}`];
    });
    const rate = text(element, 'max-src-conn-rate');
    return rate === ''
      ? counts
      : [...counts, `max-src-conn-rate ${rate}/${text(element, 'max-src-conn-rates')}`];
  }

  private label(element: Element): Pick<Conditions, 'label'> {
    const label = text(element, 'descr') || text(element, 'description');
    return label === '' ? {} : { label };
  }
}

function describe(element: Element, action: string, [from, to]: readonly [Side, Side]): string {
  const side = ({ names, port, not }: Side) =>
    `${not ? '!' : ''}${names.join(',') || 'any'}${port === '' ? '' : ` port ${port}`}`;
  return [
    action,
    text(element, 'direction') || 'in',
    `on ${text(element, 'interface') || 'any'}`,
    text(element, 'ipprotocol') || 'inet',
    text(element, 'protocol') || 'any',
    `from ${side(from)} to ${side(to)}`,
  ].join(' ');
}

function legacyRule(reader: RuleReader, names: Names, element: Element): readonly Placed[] {
  if (element.child('disabled') !== undefined && isSet(element.child('disabled'))) return [];
  const sides = [
    legacySide(element.child('source')),
    legacySide(element.child('destination')),
  ] as const;
  const statement = reader.filter(element, sides, text(element, 'type') || 'pass');
  const floating = text(element, 'floating') === 'yes' || text(element, 'floating') === '1';
  const said = element.child('quick');
  // rules of an interface are quick unless they say no; floating ones only where they say so
  const quick = floating ? said !== undefined && isSet(said) : said === undefined || isSet(said);
  const group = names.interfaces.isGroup(text(element, 'interface'));
  const rank = floating ? FLOATING : group ? OF_GROUP : OF_INTERFACE;
  return [{ rank, statement: { ...statement, quick } }];
}

function modernRule(reader: RuleReader, names: Names, element: Element): readonly Placed[] {
  if (text(element, 'enabled') === '0') return [];
  const sides = [modernSide(element, 'source'), modernSide(element, 'destination')] as const;
  const statement = reader.filter(element, sides, text(element, 'action') || 'pass');
  const keys = listOf(text(element, 'interface'));
  const [only] = keys;
  const floating = keys.length !== 1 || text(element, 'interfacenot') === '1';
  const group = only !== undefined && names.interfaces.isGroup(only);
  const rank = floating ? FLOATING : group ? OF_GROUP : OF_INTERFACE;
  return [{ rank, statement: { ...statement, quick: text(element, 'quick') !== '0' } }];
}

function sequenceOf(element: Element): number {
  return Number(text(element, 'sequence')) || 0;
}

/** Rules of both generations in the order in which pf gets them. */
export function filterRules(root: Element, names: Names): readonly Statement[] {
  const reader = new RuleReader(names);
  const modern = root.child('OPNsense')?.child('Firewall')?.child('Filter')?.child('rules');
  const placed = [
    ...[...(modern?.children('rule') ?? [])]
      .sort((a, b) => sequenceOf(a) - sequenceOf(b))
      .flatMap((element) => modernRule(reader, names, element)),
    ...(root.child('filter')?.children('rule') ?? []).flatMap((element) =>
      legacyRule(reader, names, element),
    ),
  ];
  return placed.sort((a, b) => a.rank - b.rank).map(({ statement }) => statement);
}

interface Forward {
  readonly element: Element;
  readonly conditions: Conditions;
  readonly hosts: readonly HostItem[];
  readonly port: string;
}

/** Of a forward that names no family the target tells it. */
function familyOfTarget(element: Element): Pick<Conditions, 'family'> {
  if (text(element, 'ipprotocol') !== '') return {};
  return { family: text(element, 'target').includes(':') ? 6 : 4 };
}

function forwardsOf(root: Element, names: Names): readonly Forward[] {
  const reader = new RuleReader(names);
  return (root.child('nat')?.children('rule') ?? []).flatMap((element): readonly Forward[] => {
    if (isSet(element.child('disabled'))) return [];
    const sides = [
      legacySide(element.child('source')),
      legacySide(element.child('destination')),
    ] as const;
    const { conditions } = reader.filter(element, sides, 'pass');
    const target = { names: listOf(text(element, 'target')), port: '', not: false };
    return [
      {
        element,
        conditions: { ...conditions, ...familyOfTarget(element) },
        hosts: reader.spec(target)?.hosts ?? [],
        port: text(element, 'local-port'),
      },
    ];
  });
}

/** Port forwards. With `pass` the filter is not asked; otherwise a rule of its own lets them in. */
export function redirects(root: Element, names: Names): readonly Statement[] {
  return forwardsOf(root, names).map(({ element, conditions, hosts, port }): Statement => {
    const pass = text(element, 'associated-rule-id') === 'pass' || text(element, 'pass') === 'pass';
    const [first] = port === '' ? [] : [portItem(port)];
    const target = `${text(element, 'target')}:${port}`;
    return {
      is: 'redirect',
      no: isSet(element.child('nordr')),
      pass,
      conditions: { ...conditions, text: `rdr ${conditions.text} -> ${target}` },
      ...(hosts.length === 0
        ? {}
        : { to: { hosts, ...(first === undefined ? {} : { port: first.first }) } }),
    };
  });
}

/**
 * Rules that OPNsense makes for forwards with "Register rule" and keeps nowhere (26.1, model
 * Firewall/DNat, `pass`): where they stand among the others is not known.
 */
export function registeredRules(root: Element, names: Names): readonly Statement[] {
  return forwardsOf(root, names)
    .filter(({ element }) => text(element, 'pass') === 'rule')
    .map(({ conditions, hosts }): Statement => {
      const { to: _, ...rest } = conditions;
      return {
        is: 'filter',
        action: 'pass',
        quick: true,
        conditions: {
          ...rest,
          ...(hosts.length === 0 ? {} : { to: { hosts } }),
          text: `${conditions.text} (rule of the port forward)`,
          opaque: [...conditions.opaque, 'rule=registered'],
        },
      };
    });
}
