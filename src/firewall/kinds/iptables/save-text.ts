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
  /** What comes behind the chain. */
  readonly words: readonly Word[];
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
const COUNTERS = /^\[\d+:\d+\]\s*/;
/** Said by iptables-nft-save of a table that nft has put rules in which it cannot express. */
const INCOMPATIBLE = /^# Table [`']([^`']*)' is incompatible/;
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
    const incompatible = INCOMPATIBLE.exec(text);
    if (incompatible !== null) unread.push(incompatibleTable(source.origin, incompatible[1] ?? ''));
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

function incompatibleTable(origin: string, table: string): string {
  return `${origin}: table ${table} holds rules that iptables cannot express`;
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
  const words = splitWords(plain);
  if (words === null) throw fault(source, line, `${quote(text)} has a quote that does not end`);
  const [command, chain] = words;
  if (!plain.startsWith('-') || command === undefined) {
    throw fault(source, line, `${quote(text)} is neither a chain nor a rule`);
  }
  if (chain === undefined) throw fault(source, line, `${quote(text)} names no chain`);
  const rule = { chain: chain.text, line, text: plain };
  switch (command.text) {
    case '-A':
    case '--append':
      table.rules.push({ ...rule, words: words.slice(2) });
      return;
    case '-I':
    case '--insert':
      table.rules.push({ ...rule, ...placeOf(words.slice(2)) });
      return;
    case '-N':
    case '--new-chain':
      table.chains.push({ name: chain.text });
      return;
    case '-P':
    case '--policy':
      table.chains.push(policyOf(source, chain.text, words[2]?.text ?? '', line));
      return;
    default:
      unread.push(`${source.origin}, line ${line}: ${quote(plain)} is no rule but an order`);
  }
}

function placeOf(words: readonly Word[]): Pick<SavedRule, 'position' | 'words'> {
  const number = words[0]?.text ?? '';
  if (!/^[1-9]\d{0,8}$/.test(number)) return { position: 1, words };
  return { position: Number(number), words: words.slice(1) };
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
 * Null when a quote does not end.
 */
export function splitWords(text: string): Word[] | null {
  if (!text.includes('"')) {
    return (text.match(/\S+/g) ?? []).map((word) => ({ text: word, quoted: false }));
  }
  const pieces: readonly string[] = text.match(/(?:"(?:[^"\\]|\\.)*"|[^\s"])+|"/g) ?? [];
  if (pieces.includes('"')) return null;
  return pieces.map((piece) => ({ text: unquote(piece), quoted: piece.startsWith('"') }));
}

function unquote(piece: string): string {
  return piece.replace(/"((?:[^"\\]|\\.)*)"/g, (_, inside: string) =>
    inside.replace(/\\(.)/g, '$1'),
  );
}

function quote(text: string): string {
  return JSON.stringify(text.length > MOST_QUOTED ? `${text.slice(0, MOST_QUOTED)}…` : text);
}

function fault({ origin }: Source, line: number, what: string) {
  return problem('FIREWALL_SYNTAX', { origin, line, kind: 'iptables', problem: what });
}
