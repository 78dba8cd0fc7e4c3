import { ownValue } from '../../../model/own-value.ts';
import type { Cursor } from './cursor.ts';
import { readDevices, readHosts, readPorts, readTarget } from './hosts-reader.ts';
import type { Conditions, HostSpec, IcmpItem, Target } from './statements.ts';

type Draft = { -readonly [Key in keyof Conditions]: Conditions[Key] };

interface Reading {
  readonly draft: Draft;
  readonly opaque: string[];
  readonly limits: string[];
  readonly overload: string[];
  quick: boolean;
  redirect?: Target;
}

type ReadOption = (cursor: Cursor, reading: Reading) => void;

/** Options with one value, that do not decide whether a packet matches or gets in. */
const SILENT_VALUES = [
  'tag',
  'queue',
  'rtable',
  'ridentifier',
  'tos-set',
  'set-tos',
  'min-ttl',
  'max-mss',
  'dnpipe',
  'dnqueue',
  'reply-to',
  'dup-to',
  'route-to',
  'nat-to',
  'divert-packet',
  'divert-reply',
];
/** The same, without a value. */
const SILENT_WORDS = [
  'allow-opts',
  'no-df',
  'random-id',
  'round-robin',
  'random',
  'source-hash',
  'sticky-address',
  'static-port',
  'least-states',
  'bitmask',
  'once',
];
/** Conditions with one value that nothing in a packet's addresses and ports tells. */
const OPAQUE_VALUES = [
  'user',
  'group',
  'tos',
  'prio',
  'tagged',
  'probability',
  'received-on',
  'os',
];

const STATE_LIMITS = [
  'max',
  'max-src-nodes',
  'max-src-states',
  'max-src-conn',
  'max-src-conn-rate',
];

function ignoreValue(cursor: Cursor): void {
  if (cursor.at('(') || cursor.at('{')) cursor.skipBrackets();
  else cursor.word('a value');
  if (cursor.take('/')) cursor.word('a prefix length');
}

function opaqueValue(name: string): ReadOption {
  return (cursor, { opaque }) => {
    const begun = cursor.mark();
    while (['=', '!=', '<', '<=', '>', '>=', '!'].some((sign) => cursor.take(sign)));
    ignoreValue(cursor);
    while (['><', '<>'].some((sign) => cursor.take(sign))) ignoreValue(cursor);
    opaque.push(`${name}=${cursor.textSince(begun)}`);
  };
}

function readHostSpec(cursor: Cursor, reading: Reading): HostSpec {
  const bare = ['port', 'os'].some((word) => cursor.at(word));
  const hosts = bare ? undefined : readHosts(cursor);
  const ports = cursor.take('port') ? readPorts(cursor) : undefined;
  if (cursor.take('os')) opaqueValue('os')(cursor, reading);
  return {
    ...(hosts === undefined ? {} : { hosts }),
    ...(ports === undefined ? {} : { ports }),
  };
}

function readIcmp(cursor: Cursor): readonly IcmpItem[] {
  return cursor.list(() => {
    const type = cursor.word('an ICMP type');
    return cursor.take('code') ? { type, code: cursor.word('an ICMP code') } : { type };
  });
}

/** `keep state (max-src-conn 10, overload <bruteforce> flush)` */
function readState(cursor: Cursor, { limits, overload }: Reading): void {
  if (!cursor.take('state')) return;
  if (!cursor.take('(')) return;
  while (!cursor.take(')')) {
    cursor.skipNewlines();
    if (cursor.take(',')) continue;
    if (cursor.take('<')) {
      overload.push(cursor.word('the name of a table'));
      cursor.need('>');
      continue;
    }
    const word = cursor.word('an option of the state');
    if (!STATE_LIMITS.includes(word)) continue;
    const count = cursor.word('a number');
    const rate = cursor.take('/') ? `/${cursor.word('seconds')}` : '';
    limits.push(`${word} ${count}${rate}`);
  }
}

function readFlags(cursor: Cursor): string {
  const set = cursor.at('/') ? '' : cursor.word('TCP flags');
  return cursor.take('/') ? `${set}/${cursor.word('TCP flags')}` : set;
}

/** `set prio 5`, `set (tos 4, prio 2)`, `set queue x` */
function readSetOption(cursor: Cursor): void {
  if (cursor.at('(')) {
    cursor.skipBrackets();
    return;
  }
  cursor.word('an option');
  ignoreValue(cursor);
}

const OPTIONS: Readonly<Record<string, ReadOption>> = {
  in: (_, { draft }) => {
    draft.direction = 'in';
  },
  out: (_, { draft }) => {
    draft.direction = 'out';
  },
  log: (cursor) => {
    if (cursor.at('(')) cursor.skipBrackets();
  },
  'log-all': () => {},
  quick: (_, reading) => {
    reading.quick = true;
  },
  on: (cursor, { draft, opaque }) => {
    if (cursor.take('rdomain')) opaque.push(`rdomain=${cursor.word('a number')}`);
    else draft.on = readDevices(cursor);
  },
  inet: (_, { draft }) => {
    draft.family = 4;
  },
  inet6: (_, { draft }) => {
    draft.family = 6;
  },
  proto: (cursor, { draft }) => {
    draft.protocols = cursor.list(() => cursor.word('a protocol'));
  },
  all: () => {},
  from: (cursor, reading) => {
    reading.draft.from = readHostSpec(cursor, reading);
  },
  to: (cursor, reading) => {
    reading.draft.to = readHostSpec(cursor, reading);
  },
  flags: (cursor, { draft }) => {
    draft.flags = readFlags(cursor);
  },
  'icmp-type': (cursor, { draft }) => {
    draft.icmp4 = readIcmp(cursor);
  },
  'icmp6-type': (cursor, { draft }) => {
    draft.icmp6 = readIcmp(cursor);
  },
  keep: readState,
  modulate: readState,
  synproxy: readState,
  no: readState,
  label: (cursor, { draft }) => {
    draft.label = cursor.word('a label');
  },
  'rdr-to': (cursor, reading) => {
    reading.redirect = readTarget(cursor);
  },
  // handed to a program here before anything else: the filter has decided by then
  'divert-to': (cursor) => {
    cursor.word('an address');
    if (cursor.take('port')) cursor.word('a port');
  },
  'binat-to': (cursor, { opaque }) => {
    opaque.push(`binat-to=${cursor.word('an address')}`);
  },
  'af-to': (cursor, { opaque }) => {
    opaque.push('af-to=another family');
    cursor.skipStatement();
  },
  fragment: (_, { opaque }) => {
    opaque.push('fragment=yes');
  },
  set: readSetOption,
  scrub: (cursor) => {
    cursor.skipBrackets();
  },
};

function readOption(cursor: Cursor, reading: Reading): void {
  const word = cursor.peek() ?? '';
  if (cursor.take('!')) {
    reading.opaque.push(`not=${cursor.word('tagged')}`);
    ignoreValue(cursor);
    return;
  }
  const read = ownValue(OPTIONS, word);
  if (read !== undefined) {
    cursor.take(word);
    read(cursor, reading);
  } else if (SILENT_WORDS.includes(word)) {
    cursor.take(word);
  } else if (SILENT_VALUES.includes(word)) {
    cursor.take(word);
    ignoreValue(cursor);
  } else if (OPAQUE_VALUES.includes(word)) {
    cursor.take(word);
    opaqueValue(word)(cursor, reading);
  } else {
    // a newer pf may know it: what it says of the rule is not known
    reading.opaque.push(`option=${word}`);
    cursor.skipStatement();
  }
}

/** The conditions and options of one rule, up to its end, an arrow or an anchor's brace. */
export function readConditions(cursor: Cursor): {
  readonly conditions: Conditions;
  readonly quick: boolean;
  readonly redirect?: Target;
} {
  const opaque: string[] = [];
  const limits: string[] = [];
  const overload: string[] = [];
  const draft: Draft = { line: cursor.line, text: '', opaque, limits, overload };
  const reading: Reading = { draft, opaque, limits, overload, quick: false };
  while (!cursor.atEnd() && !cursor.at('->') && !cursor.at('{')) readOption(cursor, reading);
  const { quick, redirect } = reading;
  return { conditions: draft, quick, ...(redirect === undefined ? {} : { redirect }) };
}
