import { ownValue } from '../../../model/own-value.ts';
import { FULL_PORTS } from '../../boxes.ts';
import type { NumberField, Test } from '../../layer.ts';
import { protocolNumber } from '../../protocol-names.ts';
import { difference, type Ranges, rangesOf, union } from '../../ranges.ts';
import { servicePort } from '../../service-ports.ts';
import { MAX_PORT, numberTest, PROTOCOLS, protocolTest, readNumber, singles } from '../../steps.ts';
import { ALWAYS, allOf, opaqueWay, type Ways } from '../../ways.ts';
import { hostWays, type Place, type Tables } from './addresses.ts';
import type { Conditions, DeviceItem, IcmpItem, PortItem } from './statements.ts';

function readPort(text: string): number | null {
  return readNumber(text, MAX_PORT) ?? servicePort(text) ?? null;
}

/** Ports that a comparison holds for (pf.conf(5), "port"); null where a name is not known. */
function portRange({ operator, first, last }: PortItem): Ranges<number> | null {
  const from = readPort(first);
  const to = last === undefined ? from : readPort(last);
  if (from === null || to === null) return null;
  const span = (a: number, b: number) => rangesOf([[a, b]], 1);
  switch (operator) {
    case '=':
      return span(from, from);
    case '!=':
      return difference(FULL_PORTS, span(from, from));
    case '<':
      return span(0, from - 1);
    case '<=':
      return span(0, from);
    case '>':
      return span(from + 1, MAX_PORT);
    case '>=':
      return span(from, MAX_PORT);
    case ':':
      return span(from, to);
    case '><':
      return span(from + 1, to - 1);
    case '<>':
      return union(span(0, from - 1), span(to + 1, MAX_PORT));
    default:
      return null;
  }
}

function portWays(field: NumberField, items: readonly PortItem[] | undefined): Ways {
  if (items === undefined) return ALWAYS;
  let known: Ranges<number> = [];
  const ways: (readonly Test[])[] = [];
  for (const item of items) {
    const ports = portRange(item);
    if (ports === null) ways.push(opaqueWay('port', `${item.operator}${item.first}`));
    else known = union(known, ports);
  }
  return known.length === 0 ? ways : [[numberTest(field, known)], ...ways];
}

function protocolWays(names: readonly string[] | undefined): Ways {
  if (names === undefined) return ALWAYS;
  const numbers: number[] = [];
  const ways: (readonly Test[])[] = [];
  for (const name of names) {
    const number = protocolNumber(name);
    if (number === undefined) ways.push(opaqueWay('protocol', name));
    else numbers.push(number);
  }
  return numbers.length === 0 ? ways : [[protocolTest(...numbers)], ...ways];
}

/**
 * What `on` names: a device has a number at its end, a group has none. `lo` and its like hold all
 * devices of a driver; who else is in a group is not in the text (ifconfig(8), "group").
 */
function isDevice({ name }: DeviceItem): boolean {
  return /\d$/.test(name) || name === 'lo';
}

function pattern({ name }: DeviceItem): string {
  return name === 'lo' ? 'lo*' : name;
}

export function deviceWays(
  items: readonly DeviceItem[] | undefined,
  field: 'in-device' | 'out-device',
): Ways {
  if (items === undefined || items.some(({ name }) => name === 'any')) return ALWAYS;
  const devices = items.filter(isDevice);
  const named = devices.filter(({ not }) => !not).map(pattern);
  const others = devices.filter(({ not }) => not);
  return [
    ...(named.length === 0 ? [] : [[{ test: 'name', field, in: named } as const]]),
    ...others.map((item) => [{ test: 'name', field, in: [pattern(item)], not: true } as const]),
    ...items
      .filter((item) => !isDevice(item))
      .map(({ not, name }) => opaqueWay(`${not ? 'not-' : ''}${field}-group`, name)),
  ];
}

const FLAGS = 'FSRPAU';

function flagBits(text: string): number | null {
  let bits = 0;
  for (const letter of text) {
    const at = FLAGS.indexOf(letter);
    // E and W are no flags of the model; a first packet need not have them
    if (at === -1 && letter !== 'E' && letter !== 'W') return null;
    if (at !== -1) bits |= 1 << at;
  }
  return bits;
}

/** `flags S/SA`; of rules without it pf asks the same of TCP, which every first packet has. */
function flagWays(flags: string | undefined): Ways {
  if (flags === undefined || flags === 'any') return ALWAYS;
  const [set = '', mask = set] = flags.split('/');
  const bits = flagBits(set);
  const of = flagBits(mask);
  if (bits === null || of === null || of === 0) return [opaqueWay('flags', flags)];
  return [[{ test: 'tcp-flags', mask: of, in: [bits] }]];
}

/** icmp-type names of pf.conf(5) that a firewall text is likely to have, IPv4 and IPv6. */
const ICMP4: Readonly<Record<string, number>> = {
  echorep: 0,
  unreach: 3,
  squench: 4,
  redir: 5,
  althost: 6,
  echoreq: 8,
  routeradv: 9,
  routersol: 10,
  timex: 11,
  paramprob: 12,
  timereq: 13,
  timerep: 14,
  inforeq: 15,
  inforep: 16,
  maskreq: 17,
  maskrep: 18,
  trace: 30,
};
const ICMP6: Readonly<Record<string, number>> = {
  unreach: 1,
  toobig: 2,
  timex: 3,
  paramprob: 4,
  echoreq: 128,
  echorep: 129,
  listqry: 130,
  groupqry: 130,
  listenrep: 131,
  grouprep: 131,
  listendone: 132,
  groupterm: 132,
  routersol: 133,
  routeradv: 134,
  neighbrsol: 135,
  neighbradv: 136,
  redir: 137,
  routrrenum: 138,
};

function icmpWays(
  items: readonly IcmpItem[] | undefined,
  names: Readonly<Record<string, number>>,
  protocol: number,
): Ways {
  if (items === undefined) return ALWAYS;
  return items.map(({ type, code }) => {
    const known = readNumber(type, 255) ?? ownValue(names, type);
    if (known === undefined) return opaqueWay('icmp-type', type);
    const typeTest = [protocolTest(protocol), numberTest('icmp-type', singles([known]))];
    if (code === undefined) return typeTest;
    const number = readNumber(code, 255);
    return number === null
      ? [...typeTest, ...opaqueWay('icmp-code', code)]
      : [...typeTest, numberTest('icmp-code', singles([number]))];
  });
}

/** The ways in which a packet can match a rule's conditions. */
export function conditionWays(
  conditions: Conditions,
  place: Place,
  tables: Tables,
  side: 'in-device' | 'out-device',
): Ways {
  const { family, protocols, from, to, opaque, limits } = conditions;
  const rest: readonly Test[] = [
    ...opaque.map((text): Test => ({ test: 'opaque', text })),
    ...limits.map((text): Test => ({ test: 'limit', over: false, text })),
  ];
  return allOf([
    family === undefined ? ALWAYS : [[{ test: 'family', family }]],
    protocolWays(protocols),
    portWays('destination-port', to?.ports),
    portWays('source-port', from?.ports),
    flagWays(conditions.flags),
    icmpWays(conditions.icmp4, ICMP4, PROTOCOLS.icmp),
    icmpWays(conditions.icmp6, ICMP6, PROTOCOLS.icmp6),
    deviceWays(conditions.on, side),
    hostWays('source', from?.hosts, place, tables),
    hostWays('destination', to?.hosts, place, tables),
    [rest],
  ]);
}
