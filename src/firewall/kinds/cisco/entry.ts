import { readNetwork } from '../../../model/network.ts';
import {
  addressSteps,
  type BothFamilies,
  everyAddress,
  isNobody,
  joinedAll,
  NO_ADDRESS,
  readAddresses,
} from '../../both-families.ts';
import { FULL_PORTS } from '../../boxes.ts';
import { quote, syntaxFault } from '../../fault.ts';
import type { Source } from '../../kind.ts';
import type { Family, NumberField, Test } from '../../layer.ts';
import { prefixOfMask, prefixOfWildcard } from '../../masks.ts';
import { protocolNumber } from '../../protocol-names.ts';
import { difference, type Ranges, rangesOf, union } from '../../ranges.ts';
import { servicePort } from '../../service-ports.ts';
import {
  ESTABLISHED,
  MAX_PORT,
  numberTest,
  PROTOCOLS,
  protocolTest,
  readNumber,
  singles,
} from '../../steps.ts';
import { ALWAYS, allOf, opaqueWay, type Ways } from '../../ways.ts';
import type { AccessList, Config, Entry, Group } from './config.ts';
import { icmpType } from './icmp-names.ts';

/** Groups in groups. */
const MOST_NESTED = 16;

/** What a place for an address can hold. */
interface Addresses {
  readonly known: BothFamilies;
  /** What is not known of it. */
  readonly unclear: readonly string[];
}

const NO_OPTIONS = new Set(['log', 'log-input', 'inactive', 'time-range', 'disable', 'default']);
const OPERATORS = new Set(['eq', 'neq', 'lt', 'gt', 'range']);

function readPort(text: string): number | undefined {
  return readNumber(text, MAX_PORT) ?? servicePort(text);
}

/** Reads one entry's words from left to right. */
class EntryReader {
  private readonly source: Source;
  private readonly list: AccessList;
  private readonly config: Config;
  private readonly entry: Entry;
  private readonly conditions: Ways[] = [];
  private at = 1;

  constructor(source: Source, config: Config, list: AccessList, entry: Entry) {
    this.source = source;
    this.config = config;
    this.list = list;
    this.entry = entry;
  }

  read(): Ways {
    if (this.entry.words[0] === 'evaluate') return this.evaluate();
    if (this.entry.words.includes('inactive')) return [];
    if (this.list.type === 'standard') this.readStandard();
    else this.readExtended();
    return allOf(this.conditions);
  }

  private fault(problem: string) {
    return syntaxFault('cisco', this.source, this.entry.line, problem);
  }

  private peek(): string | undefined {
    return this.entry.words[this.at];
  }

  private next(expected: string): string {
    const word = this.peek();
    if (word === undefined) throw this.fault(`the entry ends where ${expected} should stand`);
    this.at += 1;
    return word;
  }

  /** A reflexive list holds connections that went out; of new ones it knows nothing. */
  private evaluate(): Ways {
    const name = this.entry.words[1] ?? '';
    return this.config.reflected.has(name) ? [[ESTABLISHED]] : [opaqueWay('evaluate', name)];
  }

  private families(): readonly Family[] {
    if (this.list.dialect === 'asa' && this.list.type === 'extended') return [4, 6];
    return this.list.type === 'ipv6' ? [6] : [4];
  }

  private readStandard(): void {
    this.place('source', this.address());
    this.readOptions();
  }

  private readExtended(): void {
    const protocols = this.protocol();
    this.place('source', this.address());
    const source = this.ports('source-port');
    this.place('destination', this.address());
    const destination = this.ports('destination-port');
    this.conditions.push(source, destination);
    if (protocols === PROTOCOLS.icmp || protocols === PROTOCOLS.icmp6) this.icmp(protocols);
    this.readOptions();
  }

  /** The one protocol's number; undefined for all, several, or what is not understood. */
  private protocol(): number | undefined {
    const word = this.next('a protocol');
    if (word === 'ip' || word === 'ipv6') return undefined;
    if (word === 'object-group' || word === 'object') {
      this.conditions.push(this.service(this.next('the name of a group'), MOST_NESTED));
      return undefined;
    }
    const six = this.list.type === 'ipv6' && word === 'icmp';
    const number = six ? PROTOCOLS.icmp6 : protocolNumber(word);
    this.conditions.push([
      number === undefined ? opaqueWay('protocol', word) : [protocolTest(number)],
    ]);
    return number;
  }

  private place(field: 'source' | 'destination', { known, unclear }: Addresses): void {
    const ways = unclear.map((text) => opaqueWay(field, text));
    const exact = isNobody(known) ? [] : [addressSteps(field, known)];
    this.conditions.push([...exact, ...ways]);
  }

  private every(families = this.families()): Addresses {
    return { known: everyAddress(families), unclear: [] };
  }

  private address(): Addresses {
    const word = this.next('an address');
    if (word === 'any') return this.every();
    if (word === 'any4') return this.every([4]);
    if (word === 'any6') return this.every([6]);
    if (word === 'host') return this.exactly(this.next('an address'));
    if (word === 'object-group' || word === 'object' || word === 'addrgroup')
      return this.networks(this.next('the name of a group'), MOST_NESTED);
    if (word === 'interface')
      return { known: NO_ADDRESS, unclear: [`interface ${this.next('a name')}`] };
    if (word.includes('/') || this.list.type === 'ipv6') return this.exactly(word);
    return this.masked(word.replace(/,$/, ''));
  }

  private exactly(text: string): Addresses {
    const known = readAddresses([text]);
    return known === null ? { known: NO_ADDRESS, unclear: [text] } : { known, unclear: [] };
  }

  /** An address with its wildcard, or on an ASA its netmask; a standard list may leave it out. */
  private masked(address: string): Addresses {
    // `show access-lists` writes an entry of a standard list so: 10.0.0.0, wildcard bits 0.0.0.255
    if (this.peek() === 'wildcard' && this.entry.words[this.at + 1] === 'bits') this.at += 2;
    const mask = this.peek();
    const single = readNetwork(address) === null ? undefined : this.exactly(address);
    if (single === undefined) throw this.fault(`${quote(address)} is no address`);
    if (mask === undefined || readNetwork(mask) === null) {
      if (this.list.type === 'standard') return single;
      throw this.fault(`the mask of ${address} is missing`);
    }
    this.at += 1;
    const prefix = this.list.dialect === 'asa' ? prefixOfMask(mask) : prefixOfWildcard(mask);
    return prefix === null
      ? { known: NO_ADDRESS, unclear: [`${address} ${mask}`] }
      : this.exactly(`${address}/${prefix}`);
  }

  /** Members of a network group or object (netmasks in both dialects). */
  private networks(name: string, depth: number): Addresses {
    const group = this.config.groups.get(name);
    if (group === undefined || group.kind !== 'network' || depth === 0)
      return { known: NO_ADDRESS, unclear: [`object-group ${name}`] };
    const members = group.lines
      .filter(([first = '']) => !IGNORED_LINES.has(first))
      .map((line) => this.member(line, depth));
    return {
      known: joinedAll(members.map(({ known }) => known)),
      unclear: members.flatMap(({ unclear }) => unclear),
    };
  }

  private member(line: readonly string[], depth: number): Addresses {
    const words = MEMBER_WORDS.has(line[0] ?? '') ? line.slice(1) : line;
    const [first = '', second = '', third = ''] = /^\d+$/.test(words[0] ?? '')
      ? words.slice(1)
      : words;
    if (line[0] === 'group-object' || first === 'group-object')
      return this.networks(line.at(-1) ?? '', depth - 1);
    if (first === 'object') return this.networks(second, depth - 1);
    if (first === 'any') return this.every();
    if (first === 'host') return this.exactly(second);
    if (first === 'range') return this.exactly(`${second}-${third}`);
    if (second === '') return this.exactly(first);
    if (second.startsWith('/')) return this.exactly(`${first}${second}`);
    const prefix = prefixOfMask(second) ?? prefixOfWildcard(second);
    return this.exactly(prefix === null ? line.join(' ') : `${first}/${prefix}`);
  }

  private isServiceGroup(name: string | undefined): boolean {
    return name !== undefined && this.config.groups.get(name)?.kind === 'service';
  }

  private ports(field: NumberField): Ways {
    const word = this.peek();
    if (
      (word === 'object-group' || word === 'portgroup') &&
      this.isServiceGroup(this.entry.words[this.at + 1])
    ) {
      this.at += 2;
      return this.groupPorts(field, this.entry.words[this.at - 1] as string, MOST_NESTED);
    }
    if (word === undefined || !OPERATORS.has(word)) return ALWAYS;
    this.at += 1;
    const operands: string[] = [];
    operands.push(this.next('a port'));
    if (word === 'range') operands.push(this.next('a port'));
    // IOS takes several ports behind eq and neq
    if (word === 'eq' || word === 'neq')
      while (readPort(this.peek() ?? '') !== undefined) operands.push(this.next('a port'));
    return comparison(field, word, operands);
  }

  /** A group of ports alone: `port-object eq 80`. */
  private groupPorts(field: NumberField, name: string, depth: number): Ways {
    const group = this.config.groups.get(name);
    if (group === undefined || depth === 0) return [opaqueWay('port-group', name)];
    return group.lines.flatMap((line): Ways => {
      const [first = '', operator = '', ...operands] = line;
      if (first === 'group-object') return this.groupPorts(field, operator, depth - 1);
      if (first === 'port-object') return comparison(field, operator, operands);
      if (OPERATORS.has(first)) return comparison(field, first, line.slice(1));
      return IGNORED_LINES.has(first) ? [] : [opaqueWay('port-group', line.join(' '))];
    });
  }

  /** A group of protocols with their ports: `tcp eq 443`, `service-object udp destination eq 53`. */
  private service(name: string, depth: number): Ways {
    const group = this.config.groups.get(name);
    if (group === undefined || group.kind === 'network' || depth === 0)
      return [opaqueWay('service-group', name)];
    return group.lines.flatMap((line) => this.serviceLine(line, group, depth));
  }

  private serviceLine(line: readonly string[], group: Group, depth: number): Ways {
    const [first = ''] = line;
    if (IGNORED_LINES.has(first)) return [];
    if (first === 'group-object') return this.service(line[1] ?? '', depth - 1);
    const words = SERVICE_WORDS.has(first) ? line.slice(1) : line;
    const [name = '', ...rest] = words;
    if (name === 'object') return this.service(rest[0] ?? '', depth - 1);
    const numbers = protocolsOf(group.kind === 'service' ? (group.protocol ?? name) : name);
    if (numbers === null) return [opaqueWay('service', line.join(' '))];
    const protocol: Ways = [numbers.length === 0 ? [] : [protocolTest(...numbers)]];
    const side = rest[0] === 'source' ? 'source-port' : 'destination-port';
    const operands = rest[0] === 'source' || rest[0] === 'destination' ? rest.slice(1) : rest;
    const [operator, ...values] = operands;
    if (operator === undefined) return protocol;
    if (!OPERATORS.has(operator)) return [opaqueWay('service', line.join(' '))];
    return allOf([protocol, comparison(side, operator, values)]);
  }

  private icmp(protocol: number): void {
    const word = this.peek();
    if (word === undefined || NO_OPTIONS.has(word)) return;
    const type = icmpType(protocol, word);
    if (type === undefined) return;
    this.at += 1;
    this.conditions.push([[numberTest('icmp-type', singles([type.type]))]]);
    if (type.code !== undefined)
      this.conditions.push([[numberTest('icmp-code', singles([type.code]))]]);
    const code = readNumber(this.peek() ?? '', 255);
    if (code === null) return;
    this.at += 1;
    this.conditions.push([[numberTest('icmp-code', singles([code]))]]);
  }

  private readOptions(): void {
    for (let word = this.peek(); word !== undefined; word = this.peek()) {
      this.at += 1;
      const tests = this.option(word);
      if (tests.length > 0) this.conditions.push([tests]);
    }
  }

  private option(word: string): readonly Test[] {
    // ACK or RST is set
    if (word === 'established') return [{ test: 'tcp-flags', mask: 20, in: [4, 16, 20] }];
    // what is not the first fragment has no ports, and opens no connection
    if (word === 'fragments') return [{ test: 'never', odd: true }];
    if (word === 'reflect') {
      this.at += 1;
      if (this.peek() === 'timeout') this.at += 2;
      return [];
    }
    if (word === 'time-range') return opaqueWay('time-range', this.next('a name'));
    if (word === 'log' || word === 'log-input') {
      // ASA: a level and an interval; IOS: a tag
      this.skipLogOptions();
      return [];
    }
    return opaqueWay('option', word);
  }

  private skipLogOptions(): void {
    const [, level, interval] = this.entry.words.slice(this.at - 1);
    if (level === undefined || level === 'time-range') return;
    this.at += 1;
    if (interval === 'interval') this.at += 2;
  }
}

const IGNORED_LINES = new Set(['description', 'nat']);
const MEMBER_WORDS = new Set(['network-object', 'subnet']);
const SERVICE_WORDS = new Set(['service-object', 'service', 'protocol-object', 'port-object']);

function protocolsOf(name: string): readonly number[] | null {
  if (name === 'ip') return [];
  if (name === 'tcp-udp') return [PROTOCOLS.tcp, PROTOCOLS.udp];
  const number = protocolNumber(name);
  return number === undefined ? null : [number];
}

function comparison(field: NumberField, operator: string, operands: readonly string[]): Ways {
  const ports = operands.map(readPort);
  const [first, second] = ports;
  if (first === undefined || ports.includes(undefined))
    return [opaqueWay('port', [operator, ...operands].join(' '))];
  const span = (from: number, to: number) => rangesOf([[from, to]], 1);
  const all = ports
    .flatMap((port) => (port === undefined ? [] : [span(port, port)]))
    .reduce((some, port) => union(some, port), [] as Ranges<number>);
  const sets: Readonly<Record<string, Ranges<number>>> = {
    eq: all,
    neq: difference(FULL_PORTS, all),
    lt: span(0, first - 1),
    gt: span(first + 1, MAX_PORT),
    range: span(Math.min(first, second ?? first), Math.max(first, second ?? first)),
  };
  const set = sets[operator];
  return [set === undefined ? opaqueWay('port', operator) : [numberTest(field, set)]];
}

/** The ways in which an entry can match; throws FIREWALL_SYNTAX for one that is cut short. */
export function entryWays(source: Source, config: Config, list: AccessList, entry: Entry): Ways {
  return new EntryReader(source, config, list, entry).read();
}
