import { problem } from '../../../model/errors.ts';
import type { Source } from '../../kind.ts';

/** A word of a rule; one that stood in quotes is never an option. */
export interface Word {
  readonly text: string;
  readonly quoted: boolean;
}

/** `:INPUT DROP [0:0]`; user chains have no policy. */
export interface SavedChain {
  readonly name: string;
  readonly policy?: 'accept' | 'drop';
}

export interface SavedRule {
  readonly chain: string;
  /** From 1; absent: at the end. */
  readonly position?: number;
  readonly line: number;
  /** Without its counters. */
  readonly text: string;
  /** What comes behind the chain, for `splitWords`. */
  readonly rest: string;
}

export interface SavedTable {
  readonly name: string;
  readonly chains: readonly SavedChain[];
  readonly rules: readonly SavedRule[];
}

export interface SavedText {
  readonly tables: readonly SavedTable[];
  /** What the text itself says it does not tell, a sentence each. */
  readonly unread: readonly string[];
}

interface OpenTable {
  readonly name: string;
  readonly line: number;
  readonly chains: SavedChain[];
  readonly rules: SavedRule[];
}

const CHAIN = /^:(\S+)\s+(\S+)(?:\s+\[\d+:\d+\])?\s*$/;
/** An order of iptables with its chain. */
const ORDER = /^(-\S+)(?:\s+(\S+)\s*(.*))?$/;
const QUOTED = /"((?:[^"\\]|\\.)*)"/g;
const COUNTERS = /^\[\d+:\d+\]\s*/;
/**
 * Said by iptables-nft-save of a table that nft has put rules or chains in which it cannot express; of
 * the second it prints what it can, and may print an empty table.
 */
const INCOMPATIBLE = /^# Table [`']([^`']*)' (?:is|contains) incompatible/;
/** Said on standard error, which may have been kept with the rest. */
const OTHER_BACK_END = /^# Warning: (ip6?tables-legacy) tables present/;
const MOST_QUOTED = 60;

/**
 * Reads what `iptables-save` prints and `iptables-restore` takes (iptables-restore(8)), `-c` or not.
 * Throws FIREWALL_SYNTAX for another text, and for one that ends within a table.
 */
export function readSaveText(source: Source): SavedText {
  const tables: SavedTable[] = [];
  const unread: string[] = [];
  let open: OpenTable | null = null;
  const lines = source.text.split(/\r?\n/);
  lines.forEach((raw, at) => {
    const line = at + 1;
    const text = raw.trim();
    if (text.startsWith('#')) unread.push(...admissions(source, text));
    if (text === '' || text.startsWith('#')) return;
    if (text.startsWith('*')) {
      if (open !== null) throw fault(source, line, `table ${open.name} has no COMMIT`);
      open = { name: text.slice(1).trim(), line, chains: [], rules: [] };
      return;
    }
    if (open === null) throw fault(source, line, `${quote(text)} stands in no table`);
    if (text === 'COMMIT') {
      tables.push(open);
      open = null;
      return;
    }
    readLine(source, open, text, line, unread);
  });
  if (open !== null) {
    const { name, line } = open as OpenTable;
    throw fault(source, line, `table ${name} has no COMMIT: the text is cut short`);
  }
  return { tables, unread };
}

/** What is said of a table that iptables-nft-save does not tell whole. */
export function leavesOut(origin: string, table: string): string {
  return `${origin}: table ${table} holds rules that iptables cannot express`;
}

/** What a comment says that the text leaves out. */
function admissions({ origin }: Source, comment: string): readonly string[] {
  const table = INCOMPATIBLE.exec(comment)?.[1];
  const backEnd = OTHER_BACK_END.exec(comment)?.[1];
  return [
    ...(table === undefined ? [] : [leavesOut(origin, table)]),
    ...(backEnd === undefined ? [] : [`${origin}: the rules of ${backEnd} are not in the text`]),
  ];
}

function readLine(
  source: Source,
  table: OpenTable,
  text: string,
  line: number,
  unread: string[],
): void {
  if (text.startsWith(':')) {
    table.chains.push(readChain(source, text, line));
    return;
  }
  const plain = text.replace(COUNTERS, '');
  if (hasOpenQuote(plain))
    throw fault(source, line, `${quote(text)} has a quote that does not end`);
  const [, command, chain, rest = ''] = ORDER.exec(plain) ?? [];
  if (command === undefined) {
    throw fault(source, line, `${quote(text)} is neither a chain nor a rule`);
  }
  if (chain === undefined) throw fault(source, line, `${quote(text)} names no chain`);
  switch (command) {
    case '-A':
    case '--append':
      table.rules.push({ chain, line, text: plain, rest });
      return;
    case '-I':
    case '--insert':
      table.rules.push({ chain, line, text: plain, ...placeOf(rest) });
      return;
    case '-N':
    case '--new-chain':
      table.chains.push({ name: chain });
      return;
    case '-P':
    case '--policy':
      table.chains.push(policyOf(source, chain, rest.split(' ', 1)[0] ?? '', line));
      return;
    default:
      unread.push(`${source.origin}, line ${line}: ${quote(plain)} is no rule but an order`);
  }
}

function placeOf(rest: string): Pick<SavedRule, 'position' | 'rest'> {
  const [, number, behind] = /^([1-9]\d{0,8})(?:\s+(.*))?$/.exec(rest) ?? [];
  if (number === undefined) return { position: 1, rest };
  return { position: Number(number), rest: behind ?? '' };
}

function hasOpenQuote(text: string): boolean {
  return text.includes('"') && text.replace(QUOTED, '').includes('"');
}

function readChain(source: Source, text: string, line: number): SavedChain {
  const [, name, policy] = CHAIN.exec(text) ?? [];
  if (name === undefined || policy === undefined) {
    throw fault(source, line, `${quote(text)} is no chain`);
  }
  return policyOf(source, name, policy, line);
}

function policyOf(source: Source, name: string, policy: string, line: number): SavedChain {
  if (policy === '-') return { name };
  if (policy === 'ACCEPT') return { name, policy: 'accept' };
  if (policy === 'DROP') return { name, policy: 'drop' };
  throw fault(source, line, `${quote(policy)} is no policy`);
}

/**
 * Words apart by blanks; double quotes hold blanks, and a backslash in them the next character.
 * The text has no quote that does not end.
 */
export function splitWords(text: string): Word[] {
  if (!text.includes('"'))
    return (text.match(/\S+/g) ?? []).map((word) => ({ text: word, quoted: false }));
  const pieces = text.match(/(?:"(?:[^"\\]|\\.)*"|[^\s"])+/g) ?? [];
  return pieces.map((piece) =>
    piece.includes('"')
      ? { text: piece.replace(QUOTED, withoutEscapes), quoted: piece.startsWith('"') }
      : { text: piece, quoted: false },
  );
}

function withoutEscapes(_: string, inside: string): string {
  return inside.includes('\\') ? inside.replace(/\\(.)/g, '$1') : inside;
}

function quote(text: string): string {
  return JSON.stringify(text.length > MOST_QUOTED ? `${text.slice(0, MOST_QUOTED)}…` : text);
}

function fault({ origin }: Source, line: number, what: string) {
  return problem('FIREWALL_SYNTAX', { origin, line, kind: 'iptables', problem: what });
}
