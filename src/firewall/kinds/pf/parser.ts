import { ownValue } from '../../../model/own-value.ts';
import { quote } from '../../fault.ts';
import type { Source } from '../../kind.ts';
import { readConditions } from './conditions-reader.ts';
import { Cursor } from './cursor.ts';
import { readDevices, readHosts, readTarget } from './hosts-reader.ts';
import type { Statement } from './statements.ts';

/** Anchors in anchors: what anybody writes, and far from the end of the stack. */
const MOST_NESTED = 32;

/** Statements that decide nothing about who gets in; the last ones are macOS's. */
const SILENT = new Set([
  'scrub',
  'altq',
  'queue',
  'nat',
  'nat-anchor',
  'binat-anchor',
  'scrub-anchor',
  'dummynet-anchor',
  'dummynet',
]);

type Read = (cursor: Cursor, depth: number) => readonly Statement[];

function skip(cursor: Cursor): readonly Statement[] {
  cursor.skipStatement();
  return [];
}

function unread(why: string, filters?: true): Read {
  return (cursor) => {
    const { line } = cursor;
    const begun = cursor.mark();
    cursor.skipStatement();
    const text = cursor.textSince(begun);
    return [{ is: 'unread', line, text, why, ...(filters === undefined ? {} : { filters }) }];
  };
}

function readSet(cursor: Cursor): readonly Statement[] {
  cursor.take('set');
  if (cursor.take('skip')) {
    cursor.need('on');
    const devices = readDevices(cursor);
    cursor.skipStatement();
    return [{ is: 'skip', devices }];
  }
  if (!cursor.take('block-policy')) return skip(cursor);
  const answer = cursor.word('drop or return') === 'return' ? 'return' : 'drop';
  return [{ is: 'block-policy', answer }];
}

function readTable(cursor: Cursor): readonly Statement[] {
  cursor.take('table');
  cursor.need('<');
  const name = cursor.word('the name of a table');
  cursor.need('>');
  const files: string[] = [];
  const hosts: ReturnType<typeof readHosts>[] = [];
  while (!cursor.atEnd()) {
    if (cursor.take('file')) files.push(cursor.word('a file'));
    else if (cursor.at('{')) hosts.push(readHosts(cursor));
    else cursor.word('persist, const, counters, file or a list');
  }
  const [first, ...more] = hosts;
  const all = first === undefined ? {} : { hosts: [...first, ...more.flat()] };
  return [{ is: 'table', name, files, ...all }];
}

function readFilter(cursor: Cursor): readonly Statement[] {
  const begun = cursor.mark();
  const word = cursor.word('a rule');
  const action = word === 'pass' || word === 'block' ? word : 'match';
  const answer = action === 'block' ? readAnswer(cursor) : undefined;
  const { conditions, quick, redirect } = readConditions(cursor);
  return [
    {
      is: 'filter',
      action,
      quick,
      conditions: { ...conditions, text: cursor.textSince(begun) },
      ...(answer === undefined ? {} : { answer }),
      ...(redirect === undefined ? {} : { redirect }),
    },
  ];
}

function readAnswer(cursor: Cursor): 'drop' | 'return' | undefined {
  if (cursor.take('drop')) return 'drop';
  const found = ['return', 'return-rst', 'return-icmp', 'return-icmp6'].some((word) =>
    cursor.take(word),
  );
  if (!found) return undefined;
  if (cursor.at('(')) cursor.skipBrackets();
  return 'return';
}

function readRedirect(cursor: Cursor, no: boolean): readonly Statement[] {
  const begun = cursor.mark();
  const word = cursor.word('rdr');
  const pass = cursor.take('pass');
  if (word === 'binat') return unread('a binat rule is not followed')(cursor, 0);
  const { conditions: bare } = readConditions(cursor);
  const to = cursor.take('->') ? readTarget(cursor) : undefined;
  // round-robin, sticky-address and their like choose among targets
  cursor.skipStatement();
  const conditions = { ...bare, text: cursor.textSince(begun) };
  return [{ is: 'redirect', no, pass, conditions, ...(to === undefined ? {} : { to }) }];
}

function readNo(cursor: Cursor): readonly Statement[] {
  cursor.take('no');
  return cursor.at('rdr') ? readRedirect(cursor, true) : skip(cursor);
}

function readAnchor(cursor: Cursor, depth: number): readonly Statement[] {
  const begun = cursor.mark();
  cursor.take('anchor');
  const named = ![
    'in',
    'out',
    'on',
    'quick',
    'inet',
    'inet6',
    'proto',
    'from',
    'to',
    'all',
    '{',
  ].some((word) => cursor.at(word));
  const name = named && !cursor.atEnd() ? cursor.word('the name of an anchor') : '';
  const { conditions: bare, quick } = readConditions(cursor);
  const conditions = { ...bare, text: cursor.textSince(begun) };
  if (!cursor.take('{')) return [{ is: 'anchor', name, quick, conditions }];
  if (depth >= MOST_NESTED) throw cursor.fault(`anchors are nested more than ${MOST_NESTED} deep`);
  const body = readStatements(cursor, depth + 1);
  return [{ is: 'anchor', name, quick, conditions, body }];
}

function readAntispoof(cursor: Cursor): readonly Statement[] {
  const { line } = cursor;
  const begun = cursor.mark();
  cursor.take('antispoof');
  if (cursor.take('log') && cursor.at('(')) cursor.skipBrackets();
  const quick = cursor.take('quick');
  cursor.need('for');
  const devices = readDevices(cursor);
  cursor.skipStatement();
  const text = cursor.textSince(begun);
  return [{ is: 'antispoof', quick, devices, line, text }];
}

const READERS: Readonly<Record<string, Read>> = {
  set: readSet,
  table: readTable,
  pass: readFilter,
  block: readFilter,
  match: readFilter,
  no: readNo,
  rdr: (cursor) => readRedirect(cursor, false),
  binat: (cursor) => readRedirect(cursor, false),
  anchor: readAnchor,
  antispoof: readAntispoof,
  'rdr-anchor': unread('the rules of this anchor were not given'),
  load: unread('this file was not given'),
  include: unread('this file was not given', true),
  ether: unread('rules for frames are not followed'),
};

function readerOf(word: string): Read | undefined {
  if (SILENT.has(word)) return skip;
  return ownValue(READERS, word);
}

/** Statements up to the end, or inside of an anchor up to its closing brace. */
function readStatements(cursor: Cursor, depth: number): readonly Statement[] {
  const statements: Statement[] = [];
  for (;;) {
    cursor.skipNewlines();
    if (cursor.take('}')) {
      if (depth === 0) throw cursor.fault('a brace is closed that was not opened');
      return statements;
    }
    const word = cursor.peek();
    if (word === undefined) {
      if (depth > 0) throw cursor.fault('the brace of an anchor is not closed');
      return statements;
    }
    // pfctl -vvsr numbers its rules and puts counters in brackets below
    if (/^@\d+$/.test(word)) {
      cursor.take(word);
      continue;
    }
    const read = word.startsWith('[') ? skip : readerOf(word);
    if (read === undefined) throw cursor.fault(`${quote(word)} begins no statement of pf.conf`);
    for (const statement of read(cursor, depth)) statements.push(statement);
    if (!cursor.atEnd()) throw cursor.fault(`${quote(cursor.peek() ?? '')} was not expected`);
  }
}

/** Reads a pf.conf, or what `pfctl -s rules` prints; throws FIREWALL_SYNTAX. */
export function parsePf(source: Source): readonly Statement[] {
  return readStatements(new Cursor(source), 0);
}
