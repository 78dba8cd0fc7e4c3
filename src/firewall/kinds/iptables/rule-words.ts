import { ownValue } from '../../../model/own-value.ts';
import type { Given } from './matches.ts';
import { MATCHES, PROTOCOL_MATCHES } from './matches.ts';
import type { Word } from './save-text.ts';
import { TARGETS } from './targets.ts';
import { protocolOf } from './words.ts';

/** A match or a target with its options. */
export interface Part {
  readonly name: string;
  readonly given: Given[];
  /** Words that nothing claims. */
  readonly strays: string[];
  /** As it stood. */
  readonly words: string[];
}

export interface TargetPart extends Part {
  readonly goto: boolean;
}

/** A rule taken apart, before anything is made of it. */
export interface RuleParts {
  readonly general: readonly Given[];
  readonly matches: readonly Part[];
  readonly target?: TargetPart;
  /** Words in front of all matches that nothing claims. */
  readonly strays: readonly string[];
}

/** Options of iptables itself (iptables(8), "PARAMETERS") by all their names. */
const GENERAL: Readonly<Record<string, string>> = {
  '-p': '-p',
  '--protocol': '-p',
  '--proto': '-p',
  '-s': '-s',
  '--source': '-s',
  '--src': '-s',
  '-d': '-d',
  '--destination': '-d',
  '--dst': '-d',
  '-i': '-i',
  '--in-interface': '-i',
  '-o': '-o',
  '--out-interface': '-o',
  '-f': '-f',
  '--fragment': '-f',
  '-4': '-4',
  '--ipv4': '-4',
  '-6': '-6',
  '--ipv6': '-6',
  '-c': '-c',
  '--set-counters': '-c',
  '-m': '-m',
  '--match': '-m',
  '-j': '-j',
  '--jump': '-j',
  '-g': '-g',
  '--goto': '-g',
};
const TAKES: Readonly<Record<string, number>> = { '-f': 0, '-4': 0, '-6': 0, '-c': 2 };

/** Takes a rule's words apart: which option belongs to which match. */
export function takeApart(words: readonly Word[]): RuleParts {
  return new Taker(words).take();
}

class Taker {
  readonly #words: readonly Word[];
  readonly #general: Given[] = [];
  readonly #matches: Part[] = [];
  readonly #strays: string[] = [];
  #target: TargetPart | undefined;
  /** What the next option most likely belongs to. */
  #current: Part | undefined;
  #at = 0;

  constructor(words: readonly Word[]) {
    const assigns = words.some(({ text }) => text.includes('='));
    this.#words = assigns ? words.flatMap(splitAssignment) : words;
  }

  take(): RuleParts {
    while (this.#at < this.#words.length) this.#step();
    const target = this.#target === undefined ? {} : { target: this.#target };
    return { general: this.#general, matches: this.#matches, strays: this.#strays, ...target };
  }

  #step(): void {
    const start = this.#at;
    const not = this.#skipNot();
    const word = this.#words[this.#at];
    if (word === undefined) return this.#stray(start);
    const general =
      word.quoted || !Object.hasOwn(GENERAL, word.text) ? undefined : GENERAL[word.text];
    this.#at += 1;
    if (general === undefined) return this.#option(word, not, start);
    const { values, inner } = this.#values(TAKES[general] ?? 1);
    if (values === null) return this.#stray(start);
    const [name = ''] = values;
    if (general === '-m') this.#current = this.#match(name);
    else if (general === '-j' || general === '-g') this.#aim(name, general === '-g');
    else this.#general.push({ option: general, not: not !== inner, values });
  }

  #skipNot(): boolean {
    const word = this.#words[this.#at];
    if (word === undefined || word.quoted || word.text !== '!') return false;
    this.#at += 1;
    return true;
  }

  /** The words that follow an option; null when there are too few. `inner`: old-style `--dport ! 22`. */
  #values(count: number): { values: string[] | null; inner: boolean } {
    const inner = count > 0 && this.#skipNot();
    const taken = this.#words.slice(this.#at, this.#at + count);
    this.#at += taken.length;
    return { values: taken.length < count ? null : taken.map(({ text }) => text), inner };
  }

  #match(name: string): Part {
    const part: Part = { name, given: [], strays: [], words: ['-m', name] };
    this.#matches.push(part);
    return part;
  }

  #aim(name: string, goto: boolean): void {
    this.#target = { name, goto, given: [], strays: [], words: [goto ? '-g' : '-j', name] };
    this.#current = this.#target;
  }

  #option(word: Word, not: boolean, start: number): void {
    const owner = word.quoted ? undefined : this.#ownerOf(word.text);
    if (owner === undefined) return this.#stray(start);
    const { values, inner } = this.#values(takesOf(owner, word.text) ?? 0);
    owner.words.push(...this.#words.slice(start, this.#at).map(({ text }) => text));
    if (values === null) owner.strays.push(word.text);
    else owner.given.push({ option: word.text, not: not !== inner, values });
  }

  /** The current part first, then the latest that knows the option, then the protocol's own match. */
  #ownerOf(option: string): Part | undefined {
    const parts = [this.#current, this.#target, ...this.#matches.toReversed()];
    const known = parts.find((part) => part !== undefined && takesOf(part, option) !== undefined);
    return known ?? this.#protocolMatch(option);
  }

  #protocolMatch(option: string): Part | undefined {
    const given = this.#general.find((each) => each.option === '-p' && !each.not);
    const name = PROTOCOL_MATCHES.get(protocolOf(given?.values[0] ?? '') ?? 0);
    const takes = MATCHES.get(name ?? '')?.takes ?? {};
    return name === undefined || !Object.hasOwn(takes, option) ? undefined : this.#match(name);
  }

  /** Words from `start` on belong to the current part, if only as its text. */
  #stray(start: number): void {
    const texts = this.#words.slice(start, this.#at).map(({ text }) => text);
    (this.#current?.strays ?? this.#strays).push(...texts);
    this.#current?.words.push(...texts);
  }
}

function takesOf(part: Part, option: string): number | undefined {
  const known = 'goto' in part ? TARGETS.get(part.name) : MATCHES.get(part.name);
  return known && ownValue(known.takes, option);
}

/** getopt_long(3) takes `--dport=22` too. */
function splitAssignment(word: Word): readonly Word[] {
  const [, option, value] = /^(--[a-z0-9-]+)=(.*)$/s.exec(word.text) ?? [];
  if (word.quoted || option === undefined || value === undefined) return [word];
  return [
    { text: option, quoted: false },
    { text: value, quoted: true },
  ];
}
