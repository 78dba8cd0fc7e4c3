import { syntaxFault } from '../../fault.ts';
import type { Source } from '../../kind.ts';

export interface Word {
  readonly text: string;
  /** `-Name`, outside quotes. */
  readonly parameter: boolean;
  /** Only PowerShell knows its value: a variable or an expression. */
  readonly opaque: boolean;
}

export interface Statement {
  readonly line: number;
  readonly words: readonly Word[];
}

const SPACE = /[ \t\r]/;
const SINGLE = /['\u2018\u2019\u201A\u201B]/;
const DOUBLE = /["\u201C\u201D\u201E]/;

class Lexer {
  private readonly source: Source;
  private readonly text: string;
  private at = 0;
  private line = 1;
  private words: Word[] = [];
  private begun = 1;
  /** Brackets that are open: a line end does not end a statement in them. */
  private readonly open: ('list' | 'expression')[] = [];
  private readonly statements: Statement[] = [];

  constructor(source: Source) {
    this.source = source;
    this.text = source.text.replace(/^\uFEFF/, '');
  }

  read(): readonly Statement[] {
    while (this.at < this.text.length) this.step();
    if (this.open.length > 0) throw this.cutShort('a bracket is not closed');
    this.endStatement();
    return this.statements;
  }

  private cutShort(problem: string) {
    return syntaxFault('windows', this.source, this.line, problem);
  }

  private step(): void {
    const character = this.text[this.at] as string;
    if (character === '\n') {
      this.newLine();
    } else if (SPACE.test(character) || character === ',') {
      this.at += 1;
    } else if (character === ';') {
      this.at += 1;
      this.endStatement();
    } else if (character === '#') {
      this.skipComment('\n');
    } else if (this.text.startsWith('<#', this.at)) {
      this.skipComment('#>');
    } else if (character === '`') {
      this.continueLine();
    } else if (/[()]/.test(character) || this.text.startsWith('@(', this.at)) {
      this.bracket(character);
    } else {
      this.word();
    }
  }

  private newLine(): void {
    // a comma at the end of a line goes on with the list on the next one
    const before = /,[ \t\r]*$/.test(this.text.slice(Math.max(0, this.at - 80), this.at));
    if (this.open.length === 0 && !before) this.endStatement();
    this.line += 1;
    this.at += 1;
  }

  /** Up to the end of the line, which stays; or of the block. */
  private skipComment(mark: '\n' | '#>'): void {
    const found = this.text.indexOf(mark, this.at);
    if (mark === '#>' && found === -1) throw this.cutShort('a comment is not closed');
    const end = found === -1 ? this.text.length : found + (mark === '#>' ? mark.length : 0);
    this.line += this.text.slice(this.at, end).split('\n').length - 1;
    this.at = end;
  }

  private continueLine(): void {
    const rest = /^`[ \t]*\r?(?:\n|$)/.exec(this.text.slice(this.at, this.at + 80));
    if (rest === null) {
      this.word();
      return;
    }
    if (this.at + rest[0].length >= this.text.length)
      throw this.cutShort('the last line goes on and nothing follows');
    this.at += rest[0].length;
    this.line += 1;
  }

  private bracket(character: string): void {
    this.at += character === '@' ? 2 : 1;
    if (character !== ')') {
      this.open.push(character === '@' ? 'list' : 'expression');
    } else if (this.open.pop() === undefined) {
      throw this.cutShort('a bracket is closed that was not opened');
    }
  }

  private word(): void {
    const start = this.at;
    let text = '';
    let opaque = this.open.includes('expression');
    let quoted = false;
    while (this.at < this.text.length) {
      const character = this.text[this.at] as string;
      if (SINGLE.test(character) || DOUBLE.test(character)) {
        const part = this.quotation(character);
        text += part.text;
        opaque ||= part.opaque;
        quoted = true;
      } else if (/[\s,;()]/.test(character)) {
        break;
      } else {
        text += character;
        opaque ||= /[${}@|&]/.test(character);
        this.at += 1;
      }
    }
    if (this.at === start) this.at += 1;
    const parameter = !quoted && /^-[A-Za-z]/.test(text);
    this.add({ text: parameter ? text.slice(1).replace(/:$/, '') : text, parameter, opaque });
  }

  private add(word: Word): void {
    if (word.text === '' && !word.parameter) return;
    if (this.words.length === 0) this.begun = this.line;
    this.words.push(word);
  }

  private quotation(quote: string): { readonly text: string; readonly opaque: boolean } {
    const same = SINGLE.test(quote) ? SINGLE : DOUBLE;
    let text = '';
    let opaque = false;
    this.at += 1;
    for (; this.at < this.text.length; this.at += 1) {
      const character = this.text[this.at] as string;
      if (character === '\n') this.line += 1;
      if (same.test(character)) {
        this.at += 1;
        if (!same.test(this.text[this.at] ?? '')) return { text, opaque };
      } else if (same === DOUBLE && /[$`]/.test(character)) {
        opaque = true;
      }
      text += this.text[this.at];
    }
    throw this.cutShort('a quotation is not closed');
  }

  private endStatement(): void {
    if (this.words.length > 0) this.statements.push({ line: this.begun, words: this.words });
    this.words = [];
  }
}

/** Cuts a script into commands and their words; throws FIREWALL_SYNTAX where it is cut short. */
export function statementsOf(source: Source): readonly Statement[] {
  return new Lexer(source).read();
}
