import { isNobody, NO_ADDRESS, readAddresses } from '../../both-families.ts';
import type { Action, Chain, Hook, Rule, Table } from '../../layer.ts';
import { rangesOf } from '../../ranges.ts';
import { servicePort } from '../../service-ports.ts';
import { ESTABLISHED, MAX_PORT, opaqueTest, readNumber } from '../../steps.ts';
import type { Ways } from '../../ways.ts';
import { type KnownTable, type Place, readTable, type Tables } from './addresses.ts';
import type { Conditions, DeviceItem, HostSpec, Statement, Target } from './statements.ts';
import { conditionWays, deviceWays } from './tests-of.ts';

type Is<Name extends Statement['is']> = Extract<Statement, { is: Name }>;

/** Bit of the mark by which we remember what `rdr pass` let past the filter. */
const PASSED = 1;

function* everyStatement(statements: readonly Statement[]): Generator<Statement> {
  for (const statement of statements) {
    yield statement;
    if (statement.is === 'anchor' && statement.body !== undefined)
      yield* everyStatement(statement.body);
  }
}

function tablesOf(statements: readonly Statement[]): Tables {
  const known = new Map<string, KnownTable>();
  const overload = new Map<string, string>();
  const filled = new Set<string>();
  for (const statement of everyStatement(statements)) {
    if (statement.is === 'table' && statement.hosts !== undefined && statement.files.length === 0)
      known.set(statement.name, readTable(statement.hosts));
    if (statement.is === 'table' && [...(statement.hosts ?? []), ...statement.files].length > 0)
      filled.add(statement.name);
    if (statement.is === 'filter')
      for (const table of statement.conditions.overload)
        overload.set(table, statement.conditions.limits.join(', '));
  }
  // what is in one from the beginning and what rules add is not told apart
  for (const name of filled) if (overload.delete(name)) known.delete(name);
  return { known, overload };
}

export function unreadOf(statements: readonly Statement[], origin: string): string[] {
  const unread: string[] = [];
  for (const statement of everyStatement(statements)) {
    if (statement.is === 'unread')
      unread.push(`${origin}, line ${statement.line}: ${statement.why} (${statement.text})`);
    if (statement.is === 'anchor' && statement.body === undefined)
      unread.push(
        `${origin}, line ${statement.conditions.line}: the rules of anchor "${statement.name}" were not given`,
      );
  }
  return unread;
}

/** Turns statements into chains; one for each anchor and direction. */
class Builder {
  private readonly statements: readonly Statement[];
  private readonly place: Place;
  private readonly tables: Tables;
  private readonly answer: 'drop' | 'reject';
  readonly chains: Chain[] = [];

  constructor(statements: readonly Statement[], place: Place) {
    this.statements = statements;
    this.place = place;
    this.tables = tablesOf(statements);
    const policy = statements.findLast((statement) => statement.is === 'block-policy');
    this.answer = policy?.is === 'block-policy' && policy.answer === 'return' ? 'reject' : 'drop';
  }

  build(): void {
    const redirects = this.statements.filter((statement) => statement.is === 'redirect');
    const moves = this.filters().some(({ redirect }) => redirect !== undefined);
    // a filter of the newer pf sees where a packet was sent to; of the older, where it goes
    const before: Hook = { point: 'prerouting', priority: -150, type: 'filter' };
    const after: Hook = { point: 'input', priority: 0, type: 'filter' };
    this.filterBase('in', moves ? before : after);
    // packets that a router hands on are filtered again where they leave
    if (this.place !== 'here') this.filterBase('out', { ...after, priority: 10 });
    if (redirects.length > 0) this.natBase(redirects.flatMap((rule) => this.redirectRules(rule)));
    if (moves) this.natBase(this.movingRules());
  }

  private filters(): readonly Is<'filter'>[] {
    return [...everyStatement(this.statements)].filter((statement) => statement.is === 'filter');
  }

  private filterBase(direction: 'in' | 'out', hook: Hook): void {
    const name = `filter ${direction}`;
    const side = direction === 'in' ? 'in-device' : 'out-device';
    this.chains.push({
      name: direction,
      hook,
      policy: 'accept',
      rules: [
        { text: 'known connections', steps: [ESTABLISHED, { do: 'accept' }] },
        ...this.skipRules(side),
        ...(direction === 'in' ? [...this.passedRule(), ...this.arrivals()] : this.stays()),
        { text: name, steps: [{ do: 'jump', chain: name }] },
      ],
    });
    this.filterChain(name, this.statements, direction);
  }

  private passedRule(): Rule[] {
    if (!this.statements.some((statement) => statement.is === 'redirect' && statement.pass))
      return [];
    return [
      {
        text: 'rdr pass',
        steps: [
          { test: 'number', field: 'mark', mask: PASSED, in: [PASSED, PASSED + 1] },
          { do: 'accept' },
        ],
      },
    ];
  }

  /** What is for the machine of these rules itself does not go out. */
  private stays(): Rule[] {
    if (this.place !== 'either') return [];
    const text = 'packets for the machine of these rules itself';
    return [{ text, steps: [opaqueTest('destination-address-of=self'), { do: 'accept' }] }];
  }

  /**
   * A host behind a router is reached by what is sent to the router and moved, too. The questions name
   * the host's address: whether somebody gets there by another is not told by the other rules.
   */
  private arrivals(): Rule[] {
    if (this.place === 'here') return [];
    const moved = (conditions: Conditions, target: Target): Rule[] => {
      const opaque = [...conditions.opaque, `sent-to=${conditions.text}`];
      const to = arrivalOf(conditions, target);
      return this.rules({ ...conditions, opaque, to }, 'in', false, [{ do: 'accept' }]);
    };
    return [...everyStatement(this.statements)].flatMap((statement) => {
      if (statement.is === 'redirect' && statement.pass && !statement.no && statement.to)
        return moved(statement.conditions, statement.to);
      if (statement.is === 'filter' && statement.action === 'pass' && statement.redirect)
        return moved(statement.conditions, statement.redirect);
      return [];
    });
  }

  private skipRules(side: 'in-device' | 'out-device'): Rule[] {
    return this.statements
      .filter((statement) => statement.is === 'skip')
      .flatMap(({ devices }) => this.skipped(devices))
      .flatMap((devices) =>
        deviceWays([devices], side).map((tests) => ({
          text: `set skip on ${devices.name}`,
          steps: [...tests, { do: 'accept' } as const],
        })),
      );
  }

  /** Nothing that comes to a host behind a router is on the router's loopback. */
  private skipped(devices: readonly DeviceItem[]): readonly DeviceItem[] {
    return this.place !== 'here' ? devices.filter(({ name }) => !/^lo\d*$/.test(name)) : devices;
  }

  private filterChain(
    name: string,
    statements: readonly Statement[],
    direction: 'in' | 'out',
  ): void {
    const rules = statements.flatMap((statement, at) => {
      if (statement.is === 'filter') return this.filterRules(statement, direction);
      if (statement.is === 'antispoof') return this.antispoofRules(statement, direction);
      if (statement.is === 'unread')
        return statement.filters === true ? [unreadRule(statement)] : [];
      if (statement.is !== 'anchor') return [];
      if (statement.body === undefined) return this.unreadAnchor(statement.conditions, direction);
      const chain = `${name}/${statement.name || at}`;
      this.filterChain(chain, statement.body, direction);
      return this.anchorRules(statement, chain, direction);
    });
    this.chains.push({ name, order: 'last', rules });
  }

  private ways(conditions: Conditions, direction: 'in' | 'out', place: Place): Ways {
    const { direction: only } = conditions;
    if (only !== undefined && only !== direction) return [];
    const side = direction === 'in' ? 'in-device' : 'out-device';
    return conditionWays(conditions, place, this.tables, side);
  }

  private rules(
    conditions: Conditions,
    direction: 'in' | 'out',
    quick: boolean,
    actions: readonly Action[],
    place = this.place,
  ): Rule[] {
    const { line, text, label } = conditions;
    return this.ways(conditions, direction, place).map((tests) => ({
      line,
      text,
      ...(label === undefined ? {} : { comment: label }),
      ...(quick ? { quick } : {}),
      steps: [...tests, ...actions],
    }));
  }

  private filterRules(statement: Is<'filter'>, direction: 'in' | 'out'): Rule[] {
    const { action, answer, quick, conditions, redirect } = statement;
    if (action === 'match') {
      // a match rule decides nothing; one that translates changes what the rules below see
      return redirect === undefined
        ? []
        : this.rules(conditions, direction, quick, [{ do: 'opaque', text: conditions.text }]);
    }
    if (action === 'pass') return this.rules(conditions, direction, quick, [{ do: 'accept' }]);
    const said = answer === 'return' ? 'reject' : answer;
    return this.rules(conditions, direction, quick, [{ do: said ?? this.answer }]);
  }

  /** A quick rule in there would decide, whatever stands behind the anchor. */
  private unreadAnchor(conditions: Conditions, direction: 'in' | 'out'): Rule[] {
    return this.rules(conditions, direction, true, [{ do: 'opaque', text: conditions.text }]);
  }

  private anchorRules(
    { conditions, quick }: Is<'anchor'>,
    chain: string,
    direction: 'in' | 'out',
  ): Rule[] {
    // behind a quick anchor the rest is asked only where nothing in it matched
    const unclear = quick ? [opaqueTest(`anchor=${chain} quick`)] : [];
    return this.rules(conditions, direction, false, [{ do: 'jump', chain }]).map((rule) => ({
      ...rule,
      steps: [...unclear, ...rule.steps],
    }));
  }

  /** Blocks what has an address of the device, or of its network, and comes in elsewhere. */
  private antispoofRules(statement: Is<'antispoof'>, direction: 'in' | 'out'): Rule[] {
    if (direction === 'out') return [];
    const { devices, line, text, quick } = statement;
    const base = { line, text, ...(quick ? { quick } : {}) };
    return devices.flatMap(({ name }) => {
      const elsewhere = deviceWays([{ not: true, name }], 'in-device').flat();
      const spoofed = (address: string) => opaqueTest(`source-address-of=${address}`);
      return [
        {
          ...base,
          steps: [...elsewhere, spoofed(`${name}:network`), { do: this.answer } as const],
        },
        { ...base, steps: [spoofed(name), { do: this.answer } as const] },
      ];
    });
  }

  private natBase(rules: readonly Rule[]): void {
    this.chains.push({
      name: 'redirects',
      hook: { point: 'prerouting', priority: -100, type: 'nat' },
      policy: 'accept',
      rules,
    });
  }

  private redirectRules({ no, pass, conditions, to }: Is<'redirect'>): Rule[] {
    const mark: Action = { do: 'set-mark', field: 'mark', and: ~PASSED >>> 0, xor: PASSED };
    const actions: readonly Action[] =
      no || to === undefined ? [{ do: 'accept' }] : [...(pass ? [mark] : []), targetAction(to)];
    // before translation a packet may well be to the router itself
    return this.rules(conditions, 'in', false, actions, 'here').map((rule) => this.unsure(rule));
  }

  /** Which addresses are a router's own is not known here. */
  private unsure(rule: Rule): Rule {
    if (this.place === 'here') return rule;
    const steps = rule.steps.map((step) =>
      'test' in step && step.test === 'name' && step.field === 'destination-type'
        ? opaqueTest('destination-address-of=self')
        : step,
    );
    return { ...rule, steps };
  }

  /**
   * The rule that decides also translates. Asked in the order in which they decide: quick ones first,
   * then from the last to the first.
   */
  private movingRules(): Rule[] {
    const filters = this.filters().filter(({ action }) => action !== 'match');
    const quick = filters.filter((rule) => rule.quick);
    const others = filters.filter((rule) => !rule.quick).reverse();
    return [...quick, ...others].flatMap(({ conditions, redirect }) =>
      this.rules(conditions, 'in', false, [
        redirect === undefined ? { do: 'accept' } : targetAction(redirect),
      ]),
    );
  }
}

/** Where a packet is sent that was moved. */
function arrivalOf({ to }: Conditions, { hosts, port }: Target): HostSpec {
  if (port === undefined) return { ...to, hosts };
  const [first = '', last] = port.split(':');
  return { hosts, ports: [{ operator: last === undefined ? '=' : '>=', first }] };
}

function unreadRule({ line, text }: Is<'unread'>): Rule {
  return { line, text, quick: true, steps: [{ do: 'opaque', text }] };
}

/** `port 8080`, `port 8000:*`; null for a name that is not known. */
function targetPorts(port: string): Ranges | null {
  const [first = '', last] = port.split(':');
  const from = readNumber(first, MAX_PORT) ?? servicePort(first);
  if (from === undefined) return null;
  return rangesOf([[from, last === undefined ? from : MAX_PORT]], 1);
}
type Ranges = readonly number[];

function targetAction({ hosts, port }: Target): Action {
  const texts = hosts.map(({ host }) => (host.is === 'addresses' ? host.text : 'unknown'));
  const addresses = readAddresses(texts) ?? NO_ADDRESS;
  const ports = port === undefined ? undefined : targetPorts(port);
  const family = addresses[4].length > 0 ? 4 : 6;
  const mixed = addresses[4].length > 0 && addresses[6].length > 0;
  if (isNobody(addresses) || mixed || ports === null)
    return { do: 'opaque', text: `redirect to ${texts.join(', ')}` };
  return {
    do: 'dnat',
    to: { family, ranges: addresses[family] },
    ...(ports === undefined ? {} : { ports }),
  };
}

/** One text's rules as a table. */
export function tableOf(statements: readonly Statement[], name: string, place: Place): Table {
  const builder = new Builder(statements, place);
  builder.build();
  return { name, family: 'inet', chains: builder.chains };
}
