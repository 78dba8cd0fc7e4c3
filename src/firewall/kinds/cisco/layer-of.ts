import { addressTest, readAddresses } from '../../both-families.ts';
import type { Source } from '../../kind.ts';
import type { Chain, Family, Layer, Rule, Step, Table } from '../../layer.ts';
import { servicePort } from '../../service-ports.ts';
import {
  ESTABLISHED,
  MAX_PORT,
  numberTest,
  opaqueTest,
  PROTOCOLS,
  protocolTest,
  readNumber,
  singles,
} from '../../steps.ts';
import type { AccessList, Binding, Config } from './config.ts';
import { entryWays } from './entry.ts';

/** IPv6 lists let neighbour discovery in before their last, unwritten entry. */
const DISCOVERY: Rule = {
  text: 'permit icmp any any nd-na, nd-ns (implicit)',
  steps: [
    protocolTest(PROTOCOLS.icmp6),
    numberTest('icmp-type', singles([135, 136])),
    { do: 'accept' },
  ],
};

const IMPLICIT_DENY: Rule = { text: 'deny any (implicit)', steps: [{ do: 'drop' }] };

/** Applied to an interface, such a list permits all in IOS (Catalyst 2960 manual, "Access List Rules"). */
const EMPTY: Rule = {
  text: 'a list without entries: IOS lets everything through, NX-OS nothing',
  steps: [{ do: 'opaque', text: 'entries=none' }],
};

function chainName({ name, type }: AccessList): string {
  return type === 'extended' ? name : `${type} ${name}`;
}

function listChain(source: Source, config: Config, list: AccessList): Chain {
  const rules = list.entries
    .toSorted((a, b) => a.sequence - b.sequence)
    .flatMap((entry): Rule[] => {
      const permit = entry.words[0] !== 'deny';
      return entryWays(source, config, list, entry).map((tests) => ({
        handle: `${entry.sequence}`,
        line: entry.line,
        text: entry.text,
        ...(entry.remark === undefined ? {} : { comment: entry.remark }),
        steps: [...tests, { do: permit ? 'accept' : 'drop' }],
      }));
    });
  if (rules.length === 0 && list.dialect === 'ios')
    return { name: chainName(list), rules: [EMPTY] };
  return {
    name: chainName(list),
    rules: [
      ...rules,
      ...(list.type === 'ipv6' ? [DISCOVERY] : []),
      ...(goesOn(config, list.name) ? [] : [IMPLICIT_DENY]),
    ],
  };
}

/**
 * With a global list an ASA asks it behind those of interfaces, and refuses the rest behind both (Cisco
 * ASA Series Firewall CLI Configuration Guide, "Implicit Deny").
 */
function goesOn({ bindings }: Config, name: string): boolean {
  const inbound = bindings.filter(({ direction }) => direction === 'in');
  const isGlobal = inbound.some(({ device }) => device === undefined);
  return isGlobal && inbound.some(({ list, device }) => list === name && device !== undefined);
}

function familiesOf({ dialect, type }: AccessList): readonly Family[] {
  if (type === 'ipv6') return [6];
  return dialect === 'asa' && type === 'extended' ? [4, 6] : [4];
}

function familySteps(list: AccessList): Step[] {
  const [family, other] = familiesOf(list);
  return family === undefined || other !== undefined ? [] : [{ test: 'family', family }];
}

function enter(
  list: AccessList,
  tests: readonly Step[],
  text: string,
  how: 'goto' | 'jump' = 'goto',
): Rule {
  return {
    text,
    steps: [...familySteps(list), ...tests, { do: how, chain: chainName(list) }],
  };
}

/** Lists that are bound to interfaces, in one direction. */
function boundRules(config: Config, direction: Binding['direction']): Rule[] {
  return config.bindings
    .filter((binding) => binding.direction === direction)
    .sort((a, b) => Number(a.device === undefined) - Number(b.device === undefined))
    .flatMap(({ list: name, device, ipv6 }): Rule[] => {
      const field = direction === 'in' ? 'in-device' : 'out-device';
      const on = (side: typeof field, not: boolean): Step[] =>
        device === undefined
          ? []
          : [{ test: 'name', field: side, in: [device], ...(not ? { not } : {}) }];
      // what comes in by an interface goes on to a host behind the others
      const back = direction === 'out' ? on('in-device', true) : [];
      const tests = [...back, ...on(field, false)];
      const text = `access-group ${name} ${direction}${device === undefined ? '' : ` on ${device}`}`;
      const list = config.lists.find((one) => one.name === name && (one.type === 'ipv6') === ipv6);
      // IOS lets everything through a list that is bound and not there; here it was just not given
      if (list === undefined) return [{ text, steps: [...tests, { do: 'opaque', text }] }];
      if (!goesOn(config, name)) return [enter(list, tests, text)];
      const last = device === undefined || direction === 'out';
      return [
        enter(list, tests, text, 'jump'),
        ...(last ? [{ ...IMPLICIT_DENY, steps: [...tests, ...IMPLICIT_DENY.steps] }] : []),
      ];
    });
}

/** Without a line that binds them: the one list of a family is taken to be in charge. */
function unboundRules({ lists }: Config): Rule[] {
  return ([4, 6] as const).flatMap((family): Rule[] => {
    const ofFamily = lists.filter((list) => familiesOf(list).includes(family));
    const [only, ...more] = ofFamily;
    const test: Step = { test: 'family', family };
    if (only !== undefined && more.length === 0)
      return [enter(only, [test], `access list ${only.name}`)];
    const text =
      only === undefined
        ? `no access list for IPv${family} was given`
        : `which of the access lists ${ofFamily.map(({ name }) => name).join(', ')} is in charge was not given`;
    return [{ text, steps: [test, { do: 'opaque', text: `access-group=${family}` }] }];
  });
}

function dialectOf({ lists }: Config): 'ios' | 'asa' {
  return lists.some(({ dialect }) => dialect === 'asa') ? 'asa' : 'ios';
}

/** An ASA lets in what its security levels say, where no list is bound. */
function restRules(config: Config): Rule[] {
  const isGlobal = config.bindings.some(
    ({ direction, device }) => direction === 'in' && device === undefined,
  );
  if (dialectOf(config) === 'ios' || isGlobal) return [];
  return [
    {
      text: 'interfaces without an access list',
      steps: [{ do: 'opaque', text: 'security-level=unknown' }],
    },
  ];
}

/** What is sent to another address and moved is asked for by that one, before the router moves it. */
function arrivals({ nats }: Config): Rule[] {
  return nats.map(({ text, transport, local, port }): Rule => {
    const addresses = readAddresses([local]);
    const number =
      port === undefined ? undefined : (readNumber(port, MAX_PORT) ?? servicePort(port));
    return {
      text,
      steps: [
        ...(transport === undefined ? [] : [protocolTest(PROTOCOLS[transport])]),
        ...(addresses === null ? [] : [addressTest('destination', addresses)]),
        ...(number === undefined ? [] : [numberTest('destination-port', singles([number]))]),
        opaqueTest(`sent-to=${text}`),
        { do: 'accept' },
      ],
    };
  });
}

const ROUTES_IPV6 = /^[ \t]*ipv6 (?:address|enable|unicast-routing|traffic-filter)\b/m;

/** Without a word about IPv6 a router hands none on; whether the text is all of it nobody knows. */
function silentRules({ text }: Source): Rule[] {
  if (ROUTES_IPV6.test(text)) return [];
  const said = 'nothing in it says whether the router hands IPv6 on';
  return [
    {
      text: said,
      steps: [
        { test: 'family', family: 6 },
        { do: 'opaque', text: 'ipv6=no' },
      ],
    },
  ];
}

function tableOf(source: Source, config: Config): Table {
  const dialect = dialectOf(config);
  const bound = config.bindings.length > 0;
  const known: Rule[] =
    dialect === 'asa'
      ? [{ text: 'known connections', steps: [ESTABLISHED, { do: 'accept' }] }]
      : [];
  const inbound: Chain = {
    name: 'in',
    hook: { point: 'input', priority: 0, type: 'filter' },
    policy: 'accept',
    rules: [
      ...known,
      ...arrivals(config),
      ...(bound
        ? [...boundRules(config, 'in'), ...restRules(config), ...silentRules(source)]
        : unboundRules(config)),
    ],
  };
  const outbound: Chain = {
    name: 'out',
    hook: { point: 'input', priority: 10, type: 'filter' },
    policy: 'accept',
    rules: [...known, ...boundRules(config, 'out')],
  };
  return {
    name: dialect,
    family: 'inet',
    chains: [
      inbound,
      ...(outbound.rules.length > known.length ? [outbound] : []),
      ...config.lists.map((list) => listChain(source, config, list)),
    ],
  };
}

export function layerOf(source: Source, config: Config, role: Layer['role']): Layer {
  return {
    kind: 'cisco',
    origin: source.origin,
    role,
    tables: [tableOf(source, config)],
    unread: config.unread,
  };
}
