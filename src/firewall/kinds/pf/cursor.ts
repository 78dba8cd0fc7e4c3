import { quote, syntaxFault } from '../../fault.ts';
import type { Source } from '../../kind.ts';
import { type Token, tokensOf } from './lexer.ts';

/** Lists in lists: macros in macros, far from the end of the stack. */
const MOST_NESTED = 32;

/** Goes through the tokens of a text, and says where it is when something is wrong. */
export class Cursor {
  private readonly source: Source;
  private readonly tokens: readonly Token[];
  private position = 0;

  constructor(source: Source) {
    this.source = source;
    this.tokens = tokensOf(source);
  }

  get line(): number {
    return (this.tokens[this.position] ?? this.tokens.at(-1))?.line ?? 1;
  }

  fault(problem: string) {
    return syntaxFault('pf', this.source, this.line, problem);
  }

  /** Text of the next token, undefined at the end of the file. */
  peek(ahead = 0): string | undefined {
    return this.tokens[this.position + ahead]?.text;
  }

  at(text: string): boolean {
    const token = this.tokens[this.position];
    return token !== undefined && token.kind !== 'string' && token.text === text;
  }

  /** At the end of a statement: of the line, or in front of the brace that closes an anchor. */
  atEnd(): boolean {
    const token = this.tokens[this.position];
    return token === undefined || token.kind === 'newline' || this.at('}');
  }

  take(text: string): boolean {
    if (!this.at(text)) return false;
    this.position += 1;
    return true;
  }

  need(text: string): void {
    if (!this.take(text)) throw this.fault(`${this.found()} instead of ${quote(text)}`);
  }

  /** A word or quoted text. */
  word(expected: string): string {
    const token = this.tokens[this.position];
    if (token === undefined || (token.kind !== 'word' && token.kind !== 'string'))
      throw this.fault(`${this.found()} instead of ${expected}`);
    this.position += 1;
    return token.text;
  }

  skipNewlines(): void {
    while (this.tokens[this.position]?.kind === 'newline') this.position += 1;
  }

  /** Goes to the end of the statement; braces and brackets may hold line ends. */
  skipStatement(): void {
    while (!this.atEnd()) {
      if (this.at('{') || this.at('(')) this.skipBrackets();
      else this.position += 1;
    }
  }

  skipBrackets(): void {
    const begun = this.line;
    let depth = 0;
    do {
      if (this.at('{') || this.at('(')) depth += 1;
      if (this.at('}') || this.at(')')) depth -= 1;
      this.position += 1;
    } while (depth > 0 && this.position < this.tokens.length);
    if (depth > 0) throw syntaxFault('pf', this.source, begun, 'a brace or bracket is not closed');
  }

  /** Where the next token begins, for `textSince`. */
  mark(): number {
    return this.tokens[this.position]?.start ?? this.source.text.length;
  }

  /** The source text from a mark up to here, in one line. */
  textSince(mark: number): string {
    const end = this.tokens[Math.max(this.position - 1, 0)]?.end ?? mark;
    const MOST = 2_000;
    const text = this.source.text.slice(mark, Math.min(end, mark + MOST));
    return text
      .replaceAll(/\\[ \t\r]*\n/g, ' ')
      .replaceAll(/\s+/g, ' ')
      .trim();
  }

  /** Members of `{ … }`, or one alone; between them commas and line ends. */
  list<Item>(item: () => Item, depth = 0): Item[] {
    if (!this.take('{')) return [item()];
    if (depth > MOST_NESTED) throw this.fault(`lists are nested more than ${MOST_NESTED} deep`);
    const items: Item[] = [];
    for (;;) {
      this.skipNewlines();
      if (this.take('}')) return items;
      if (this.take(',')) continue;
      // lists in lists come from macros
      if (this.at('{')) {
        for (const inner of this.list(item, depth + 1)) items.push(inner);
      } else {
        items.push(item());
      }
    }
  }

  private found(): string {
    const token = this.tokens[this.position];
    if (token === undefined || token.kind === 'newline') return 'the statement ends';
    return `${quote(token.text)} stands`;
  }
}
