import { problem } from '../../../model/errors.ts';
import type { Source } from '../../kind.ts';
import type { Family } from '../../layer.ts';
import { prefixOf } from './lines.ts';
import type { Settings } from './settings.ts';

/** A line of the text, and where it is from when it is from a file. */
export interface ComposedLine {
  readonly text: string;
  readonly origin?: string;
  readonly line?: number;
}

export interface Files {
  readonly before?: Source;
  readonly after?: Source;
  readonly user?: Source;
}

const SIDES = ['input', 'output', 'forward'] as const;
type Side = (typeof SIDES)[number];

/** A rule that no reader understands: stands where rules are missing. */
export function unknownRule(chain: string): string {
  return `-A ${chain} -m not-read -j NOT-READ`;
}

/**
 * What ufw-init loads for one family, as one text for iptables-restore: its own chains, then the
 * files in the order in which they are loaded. A file that declares a chain empties it, as
 * `iptables-restore --noflush` does.
 */
export function compose(settings: Settings, files: Files, family: Family): ComposedLine[] {
  const prefix = prefixOf(family);
  if (family === 6 && settings.ipv6 === false) return withoutIpv6();
  const loaded = new LoadedTables(prefix);
  loaded.own(headLines(prefix, settings));
  for (const name of ['before', 'after', 'user'] as const) {
    const source = files[name];
    if (source !== undefined) loaded.load(source);
    else loaded.own(SIDES.map((side) => unknownRule(`${prefix}-${name}-${side}`)));
  }
  loaded.own(SIDES.map((side) => `-A ${prefix}-before-${side} -j ${prefix}-user-${side}`));
  for (const side of SIDES) loaded.setPolicy(side.toUpperCase(), policyOf(settings, side));
  return loaded.lines();
}

/** With IPV6=no ufw shuts IPv6 out, but for the loopback device. */
function withoutIpv6(): ComposedLine[] {
  const policies = SIDES.map((side) => `:${side.toUpperCase()} DROP [0:0]`);
  const rules = ['-A INPUT -i lo -j ACCEPT', '-A OUTPUT -o lo -j ACCEPT'];
  return ['*filter', ...policies, ...rules, 'COMMIT'].map(own);
}

function own(text: string): ComposedLine {
  return { text };
}

function policyOf(settings: Settings, side: Side): 'ACCEPT' | 'DROP' {
  return settings.policies[side] === 'ACCEPT' ? 'ACCEPT' : 'DROP';
}

function headLines(prefix: string, settings: Settings): string[] {
  const unknown = settings.enabled === undefined;
  return SIDES.flatMap((side) => {
    const hook = side.toUpperCase();
    const jumps = ['before-logging', 'before', 'after', 'after-logging', 'reject', 'track'];
    return [
      ...(unknown ? [unknownRule(hook)] : []),
      ...jumps.map((name) => `-A ${hook} -j ${prefix}-${name}-${side}`),
      ...policyLines(prefix, settings, side),
    ];
  });
}

function policyLines(prefix: string, settings: Settings, side: Side): string[] {
  const policy = settings.policies[side];
  const skip = `${prefix}-skip-to-policy-${side}`;
  const isNew = '-m conntrack --ctstate NEW -j ACCEPT';
  switch (policy) {
    case undefined:
      return [unknownRule(`${prefix}-reject-${side}`), unknownRule(skip)];
    case 'REJECT':
      return [`-A ${prefix}-reject-${side} -j REJECT`, `-A ${skip} -j REJECT`];
    case 'ACCEPT':
      return [
        ...['tcp', 'udp'].map((name) => `-A ${prefix}-track-${side} -p ${name} ${isNew}`),
        `-A ${skip} -j ACCEPT`,
      ];
    default:
      return [`-A ${skip} -j DROP`];
  }
}

/** The chains that ufw-init makes before it loads a file. */
function ownChains(prefix: string): string[] {
  const names = [
    ...['before-logging', 'before', 'after', 'after-logging', 'reject', 'track'],
    ...['user', 'user-logging', 'skip-to-policy'],
  ];
  return [
    ...names.flatMap((name) => SIDES.map((side) => `${prefix}-${name}-${side}`)),
    ...['logging-deny', 'logging-allow', 'user-limit', 'user-limit-accept'].map(
      (name) => `${prefix}-${name}`,
    ),
  ];
}

interface LoadedTable {
  /** Declarations by chain. */
  readonly chains: Map<string, string>;
  rules: (ComposedLine & { readonly chain: string })[];
}

/** The kernel's own chains: there without a declaration, and never emptied by one. */
const BUILT_IN = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'];

class LoadedTables {
  readonly #filter: LoadedTable = { chains: new Map(), rules: [] };
  readonly #tables = new Map([['filter', this.#filter]]);

  constructor(prefix: string) {
    for (const chain of ownChains(prefix)) this.#filter.chains.set(chain, `:${chain} - [0:0]`);
  }

  own(lines: readonly string[]): void {
    for (const text of lines) this.#filter.rules.push({ text, chain: chainOf(text) });
  }

  setPolicy(chain: string, policy: string): void {
    this.#filter.chains.set(chain, `:${chain} ${policy} [0:0]`);
  }

  /** Throws FIREWALL_SYNTAX for lines outside of tables. */
  load(source: Source): void {
    let table: LoadedTable | undefined;
    source.text.split(/\r?\n/).forEach((raw, at) => {
      const text = raw.trim();
      if (text === '' || text.startsWith('#')) return;
      if (text.startsWith('*')) table = this.#table(text.slice(1).trim());
      else if (table === undefined) throw outside(source, at + 1, text);
      else if (text === 'COMMIT') table = undefined;
      else take(table, { text, origin: source.origin, line: at + 1 });
    });
  }

  #table(name: string): LoadedTable {
    const known = this.#tables.get(name);
    if (known !== undefined) return known;
    const table = { chains: new Map(), rules: [] };
    this.#tables.set(name, table);
    return table;
  }

  lines(): ComposedLine[] {
    return [...this.#tables].flatMap(([name, { chains, rules }]) => {
      const implied = BUILT_IN.filter(
        (chain) => !chains.has(chain) && rules.some((rule) => rule.chain === chain),
      );
      return [
        own(`*${name}`),
        ...implied.map((chain) => own(`:${chain} ACCEPT [0:0]`)),
        ...[...chains.values()].map(own),
        ...rules,
        own('COMMIT'),
      ];
    });
  }
}

function take(table: LoadedTable, line: ComposedLine): void {
  if (!line.text.startsWith(':')) {
    table.rules.push({ ...line, chain: chainOf(line.text) });
    return;
  }
  const chain = line.text.slice(1).split(/\s/)[0] ?? '';
  table.chains.set(chain, line.text);
  if (!BUILT_IN.includes(chain)) table.rules = table.rules.filter((rule) => rule.chain !== chain);
}

function chainOf(text: string): string {
  return text.split(/\s+/)[1] ?? '';
}

function outside({ origin }: Source, line: number, text: string) {
  const what = `"${text.slice(0, 60)}" stands in no table`;
  return problem('FIREWALL_SYNTAX', { origin, line, kind: 'ufw', problem: what });
}
