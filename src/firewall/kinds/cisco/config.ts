import { quote, syntaxFault } from '../../fault.ts';
import type { Source } from '../../kind.ts';
import { prefixOfMask } from '../../masks.ts';

/** IOS, IOS XE and NX-OS write wildcards and are asked per packet; ASA writes netmasks and keeps state. */
export type Dialect = 'ios' | 'asa';

export interface Entry {
  readonly line: number;
  /** From the text, or as IOS numbers entries that have none: 10, 20, … */
  readonly sequence: number;
  readonly text: string;
  /** From permit or deny on. */
  readonly words: readonly string[];
  /** False: one of those that a group stands for, as an ASA shows them. */
  readonly parent: boolean;
  readonly remark?: string;
}

export interface AccessList {
  readonly name: string;
  readonly dialect: Dialect;
  readonly type: 'standard' | 'extended' | 'ipv6';
  readonly entries: readonly Entry[];
}

export interface Binding {
  readonly list: string;
  /** `self`: for what is sent to an ASA itself (`control-plane`). */
  readonly direction: 'in' | 'out' | 'self';
  /** Absent: all interfaces (ASA, `global`). */
  readonly device?: string;
  readonly ipv6: boolean;
}

/** A named group or object: lines of words. */
export interface Group {
  readonly kind: 'network' | 'service' | 'protocol';
  /** `object-group service NAME tcp`: what its port-object lines are for. */
  readonly protocol?: string;
  readonly lines: readonly (readonly string[])[];
}

/** `ip nat inside source static tcp 10.0.0.5 443 …`: a host that has another address outside. */
export interface StaticNat {
  readonly text: string;
  /** Absent: all. */
  readonly transport?: 'tcp' | 'udp';
  /** Address or CIDR block inside. */
  readonly local: string;
  readonly port?: string;
}

export interface Config {
  readonly lists: readonly AccessList[];
  readonly bindings: readonly Binding[];
  readonly groups: ReadonlyMap<string, Group>;
  /** Names by which `reflect` entries remember connections. */
  readonly reflected: ReadonlySet<string>;
  readonly nats: readonly StaticNat[];
  readonly unread: readonly string[];
}

interface ListDraft {
  readonly name: string;
  readonly dialect: Dialect;
  readonly type: AccessList['type'];
  readonly entries: Entry[];
  remark?: string;
}

type Block =
  | { readonly in: 'list'; readonly list: ListDraft }
  | { readonly in: 'interface'; name: string; readonly bindings: Binding[] }
  | { readonly in: 'group'; readonly lines: (readonly string[])[] }
  | { readonly in: 'nothing' };

const ACTIONS = new Set(['permit', 'deny']);
/** Lines of a list that are no entries. */
const BETWEEN = new Set(['statistics', 'hardware', 'exit', 'fragments', 'description']);
/** Features that let packets in or keep them out beside access lists. */
const BESIDE = /^(?:zone-pair security|ip inspect name|service-policy type inspect)\b/;

const STATIC_NAT = /^ip nat inside source static /;

/** `/24`, or `255.255.255.0` as one; behind neither the block is that of its address alone. */
function lengthOf(mask: string): string {
  if (mask.startsWith('/')) return mask;
  const prefix = prefixOfMask(mask);
  return prefix === null ? '' : `/${prefix}`;
}

function isStandardNumber(name: string): boolean {
  const number = Number(name);
  return (number >= 1 && number <= 99) || (number >= 1_300 && number <= 1_999);
}

class ConfigReader {
  private readonly source: Source;
  private readonly lists = new Map<string, ListDraft>();
  private readonly bindings: Binding[] = [];
  private readonly groups = new Map<string, Group>();
  private readonly reflected = new Set<string>();
  private readonly nats: StaticNat[] = [];
  private readonly unread: string[] = [];
  private readonly interfaces: Extract<Block, { in: 'interface' }>[] = [];
  private block: Block = { in: 'nothing' };
  private line = 0;
  private indented = false;

  constructor(source: Source) {
    this.source = source;
  }

  read(): Config {
    for (const text of this.source.text.split('\n')) {
      this.line += 1;
      const words = text.trim().split(/\s+/);
      const [first = ''] = words;
      if (first === '' || first.startsWith('!')) continue;
      this.indented = /^\s/.test(text);
      this.readLine(text.trim(), words);
    }
    if (this.lists.size === 0) throw this.fault('there is no access list in it');
    return {
      lists: [...this.lists.values()],
      bindings: [
        ...this.bindings,
        // a name that is given to an interface is written below the line that binds
        ...this.interfaces.flatMap(({ name, bindings }) =>
          bindings.map((binding) => ({ ...binding, device: name })),
        ),
      ],
      groups: this.groups,
      reflected: this.reflected,
      nats: this.nats,
      unread: this.unread,
    };
  }

  private fault(problem: string) {
    return syntaxFault('cisco', this.source, Math.max(this.line, 1), problem);
  }

  private readLine(text: string, words: readonly string[]): void {
    if (this.readHeading(text, words) || this.readBelow(text, words)) return;
    this.block = { in: 'nothing' };
    if (BESIDE.test(text))
      this.unread.push(
        `${this.source.origin}, line ${this.line}: ${quote(text)} filters beside the access lists`,
      );
  }

  /** Lines that begin something, wherever they stand. */
  private readHeading(text: string, words: readonly string[]): boolean {
    const [first, second = '', third = '', fourth] = words;
    if (first === 'ip' && second === 'access-list') return this.beginList(words.slice(2));
    if (first === 'ipv6' && second === 'access-list') return this.begin(third, 'ipv6');
    if (STATIC_NAT.test(text)) return this.readNat(text, words.slice(5));
    if (first === 'access-list') return this.readNumbered(text, words);
    if (first === 'access-group') return this.bindAsa(words);
    if (first === 'interface') return this.beginInterface(words.slice(1).join(''));
    if (first === 'object-group') return this.beginGroup(second, third, fourth);
    if (first === 'object') return this.beginGroup(second, third, undefined);
    return this.readShown(text, words);
  }

  /** Headings of `show access-lists`. */
  private readShown(text: string, words: readonly string[]): boolean {
    const shown = /^(Standard|Extended) IP access list (\S+)/i.exec(text);
    const [, type, name] = shown ?? [];
    if (type !== undefined && name !== undefined)
      return this.begin(name, type.toLowerCase() === 'standard' ? 'standard' : 'extended');
    const six = words.join(' ').match(/^IPv6 access list (\S+)/i)?.[1];
    return six !== undefined && this.begin(six, 'ipv6');
  }

  private beginList(words: readonly string[]): boolean {
    const [type = '', name = ''] = words;
    if (type === 'standard' || type === 'extended') return this.begin(name, type);
    if (type === 'resequence' || type === 'log-update' || type === 'persistent') return true;
    return this.begin(type, 'extended');
  }

  private begin(name: string, type: AccessList['type'], dialect: Dialect = 'ios'): boolean {
    if (name === '') throw this.fault('the name of an access list is missing');
    const key = `${type === 'ipv6' ? 'ipv6 ' : ''}${name}`;
    const list = this.lists.get(key) ?? { name, dialect, type, entries: [] };
    this.lists.set(key, list);
    this.block = { in: 'list', list };
    return true;
  }

  /** `access-list 101 permit …`, and ASA's `access-list NAME [line N] extended permit …`. */
  private readNumbered(text: string, words: readonly string[]): boolean {
    const [, name = '', ...rest] = words;
    // `show access-list` of an ASA begins each list with a count, and nests what groups stand for
    if (name.endsWith(';') || name === 'cached') return true;
    // for frames, and for sessions of the web portal
    if (rest[0] === 'ethertype' || rest[0] === 'webtype') return true;
    const at = rest[0] === 'line' ? rest.splice(0, 2)[1] : undefined;
    const typed = rest[0] === 'extended' || rest[0] === 'standard' ? rest.shift() : undefined;
    const asa = typed !== undefined || at !== undefined || !/^\d+$/.test(name);
    const standard = typed === 'standard' || (!asa && isStandardNumber(name));
    this.begin(name, standard ? 'standard' : 'extended', asa ? 'asa' : 'ios');
    if (this.block.in === 'list') {
      const { list } = this.block;
      if (at !== undefined) this.makeRoom(list, Number(at));
      this.addEntry(list, at, withoutCounts(rest), text);
    }
    this.block = { in: 'nothing' };
    return true;
  }

  /**
   * `line 3` puts an entry in front of the third. Where an ASA shows its lists, entries with groups
   * are followed by what the groups stand for, indented, under the same number.
   */
  private makeRoom({ entries }: ListDraft, at: number): void {
    if (this.indented) {
      const parent = entries.findIndex(({ sequence, parent: is }) => sequence === at && is);
      if (parent !== -1) entries.splice(parent, 1);
      return;
    }
    if (!entries.some(({ sequence }) => sequence === at)) return;
    for (const [place, entry] of entries.entries())
      if (entry.sequence >= at) entries[place] = { ...entry, sequence: entry.sequence + 1 };
  }

  private addEntry(
    list: ListDraft,
    sequence: string | undefined,
    words: readonly string[],
    text: string,
  ): void {
    const [first = ''] = words;
    if (first === 'remark') {
      list.remark = words.slice(1).join(' ');
      return;
    }
    if (!ACTIONS.has(first) && first !== 'evaluate')
      throw this.fault(
        `${quote(first)} stands in access list ${list.name} instead of permit or deny`,
      );
    const reflect = words.indexOf('reflect');
    if (reflect !== -1) this.reflected.add(words[reflect + 1] ?? '');
    const before = list.entries.at(-1)?.sequence ?? 0;
    const step = list.dialect === 'asa' ? 1 : 10;
    list.entries.push({
      line: this.line,
      sequence: sequence === undefined ? before + step : Number(sequence),
      text,
      words,
      parent: !this.indented,
      ...(list.remark === undefined ? {} : { remark: list.remark }),
    });
    delete list.remark;
  }

  private readNat(text: string, words: readonly string[]): boolean {
    const [first = '', second = '', third = '', fourth = ''] = words;
    this.block = { in: 'nothing' };
    if (first === 'tcp' || first === 'udp')
      this.nats.push({ text, transport: first, local: second, port: third });
    else if (first === 'network') this.nats.push({ text, local: `${second}${lengthOf(fourth)}` });
    else this.nats.push({ text, local: /^\d/.test(first) ? first : second });
    return true;
  }

  private bindAsa(words: readonly string[]): boolean {
    const [, list = '', direction, , device] = words;
    if (direction === 'global') {
      this.bindings.push({ list, direction: 'in', ipv6: false });
    } else if (words.at(-1) === 'control-plane') {
      this.bindings.push({ list, direction: 'self', ipv6: false });
    } else if ((direction === 'in' || direction === 'out') && device !== undefined) {
      this.bindings.push({ list, direction, device, ipv6: false });
    } else {
      throw this.fault('an access-group names no direction and interface');
    }
    this.block = { in: 'nothing' };
    return true;
  }

  private beginInterface(name: string): boolean {
    const block: Block = { in: 'interface', name, bindings: [] };
    this.interfaces.push(block);
    this.block = block;
    return true;
  }

  private beginGroup(kind: string, name: string, protocol: string | undefined): boolean {
    const known = kind === 'ip' ? 'network' : kind;
    if (known !== 'network' && known !== 'service' && known !== 'protocol') {
      this.block = { in: 'nothing' };
      return true;
    }
    // NX-OS writes `object-group ip address NAME`
    const label = kind === 'ip' && protocol !== undefined ? protocol : name;
    const of = kind === 'service' && protocol !== undefined ? { protocol } : {};
    const before = this.groups.get(label);
    // an ASA shows an object once for its address, and again for its nat
    const lines = before?.kind === known ? [...before.lines] : [];
    this.groups.set(label, { kind: known, ...of, lines });
    this.block = { in: 'group', lines };
    return true;
  }

  /** Lines below a heading; false: it is none of them. */
  private readBelow(text: string, words: readonly string[]): boolean {
    const { block } = this;
    if (block.in === 'list') return this.readEntry(block.list, text, words);
    if (block.in === 'interface') return this.readInterface(block, words);
    if (block.in !== 'group') return false;
    if (words[0] !== 'description') block.lines.push(words);
    return true;
  }

  private readEntry(list: ListDraft, text: string, words: readonly string[]): boolean {
    const bare = words[0] === 'sequence' ? words.slice(1) : words;
    const numbered = /^\d+$/.test(bare[0] ?? '');
    const [sequence, rest] = numbered ? [bare[0], bare.slice(1)] : [undefined, bare];
    const [first = ''] = rest;
    if (BETWEEN.has(first)) return true;
    if (!ACTIONS.has(first) && first !== 'remark' && first !== 'evaluate') {
      if (numbered || this.indented)
        throw this.fault(`${quote(text)} is no entry of an access list`);
      return false;
    }
    // IPv6 lists may have their numbers behind the word sequence, and so do those that are shown
    const at = rest.indexOf('sequence');
    const behind = at === -1 ? undefined : rest[at + 1];
    const plain =
      at === -1 || first === 'remark' ? rest : [...rest.slice(0, at), ...rest.slice(at + 2)];
    this.addEntry(list, sequence ?? behind, withoutCounts(plain), text);
    return true;
  }

  private readInterface(
    block: Extract<Block, { in: 'interface' }>,
    words: readonly string[],
  ): boolean {
    const [first, second, third = '', fourth] = words;
    if (first === 'nameif' && second !== undefined) block.name = second;
    const four = first === 'ip' && second === 'access-group';
    const six = first === 'ipv6' && second === 'traffic-filter';
    if (!four && !six) return !['router', 'line', 'route-map', 'policy-map'].includes(first ?? '');
    if (fourth !== 'in' && fourth !== 'out') throw this.fault('an access-group names no direction');
    block.bindings.push({ list: third, direction: fourth, ipv6: six });
    return true;
  }
}

/** `(12 matches)` and `(hitcnt=3)` of what is shown. */
function withoutCounts(words: readonly string[]): readonly string[] {
  const at = words.findIndex((word) => word.startsWith('('));
  return at === -1 ? words : words.slice(0, at);
}

/** Finds access lists, where they are bound, and what they name; throws FIREWALL_SYNTAX. */
export function readConfig(source: Source): Config {
  return new ConfigReader(source).read();
}
