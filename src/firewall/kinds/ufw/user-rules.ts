import type { Source } from '../../kind.ts';
import type { Family, Rule } from '../../layer.ts';
import { linesOf } from './lines.ts';
import { commandWords, isTupleLine, readTuple, type Tuple } from './tuple.ts';

/** What ufw itself says of the rules in user.rules and user6.rules. */
export interface Notes {
  /** Of a line in one of them; nothing for lines that are of no tuple. */
  of(origin: string, line: number): Pick<Rule, 'handle' | 'text' | 'comment'> | undefined;
  readonly unread: readonly string[];
}

/** A tuple with the rules below it. */
interface Entry {
  readonly tuple: Tuple | undefined;
  readonly line: number;
  readonly rules: { readonly text: string; readonly line: number }[];
}

/** Reads the tuples of both files, and holds the rules below each against it. */
export function annotate(user: Source | undefined, user6: Source | undefined): Notes {
  const notes = new Map<string, Pick<Rule, 'handle' | 'text' | 'comment'>>();
  const unread: string[] = [];
  let number = 0;
  for (const [family, source] of [[4, user] as const, [6, user6] as const]) {
    const applications = new Set<string>();
    for (const entry of source === undefined ? [] : entriesOf(source.text)) {
      const { tuple } = entry;
      const origin = source?.origin ?? '';
      if (tuple === undefined || !agrees(entry, tuple, family)) unread.push(strange(origin, entry));
      if (tuple === undefined) continue;
      // `ufw status numbered` shows the rules of a profile as one.
      const profile = profileOf(tuple);
      if (profile === undefined || !applications.has(profile)) number += 1;
      if (profile !== undefined) applications.add(profile);
      const note = noteOf(tuple, number);
      for (const { line } of entry.rules) notes.set(`${origin}:${line}`, note);
    }
  }
  return { of: (origin, line) => notes.get(`${origin}:${line}`), unread };
}

function noteOf(tuple: Tuple, number: number): Pick<Rule, 'handle' | 'text' | 'comment'> {
  return {
    handle: String(number),
    text: commandWords(tuple).join(' '),
    ...(tuple.comment !== '' && { comment: tuple.comment }),
  };
}

function strange(origin: string, { line }: Entry): string {
  return `${origin}, line ${line}: the tuple and the rules below it disagree; ufw's next change will write other rules`;
}

/** What ufw groups the rules of application profiles by. */
function profileOf(tuple: Tuple): string | undefined {
  const { application, sourceApplication, destination, source } = tuple;
  if (application === '' && sourceApplication === '') return undefined;
  const to = application === '' ? tuple.port : application;
  const from = sourceApplication === '' ? tuple.sourcePort : sourceApplication;
  const { direction, inDevice, outDevice } = tuple;
  return [to, destination, from, source, direction, inDevice, outDevice].join(' ');
}

function entriesOf(text: string): Entry[] {
  const entries: Entry[] = [];
  let open = false;
  text.split(/\r?\n/).forEach((raw, at) => {
    const line = raw.trim();
    if (isTupleLine(line)) {
      entries.push({ tuple: readTuple(line), line: at + 1, rules: [] });
      open = true;
    } else if (line.startsWith('#')) {
      open = false;
    } else if (open && line.startsWith('-')) {
      entries.at(-1)?.rules.push({ text: line, line: at + 1 });
    }
  });
  return entries;
}

function agrees({ rules }: Entry, tuple: Tuple, family: Family): boolean {
  const expected = linesOf(tuple, family);
  const found = rules.map(({ text }) => oneSpelling(text));
  return (
    expected.length === found.length &&
    expected.every((text, at) => oneSpelling(text) === found[at])
  );
}

/** ufw before 0.34 wrote the state match by its old name. */
function oneSpelling(text: string): string {
  return text.replaceAll('-m state --state ', '-m conntrack --ctstate ').replaceAll(/\s+/g, ' ');
}
