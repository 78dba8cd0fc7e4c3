import { problem } from '../../../model/errors.ts';
import type { Json } from './json.ts';
import { type Token, tokensOf } from './tokens.ts';

/** A part of a rule that Postern has no words for; the rest of that rule becomes opaque. */
export class NotUnderstood extends Error {}

/** Nested braces and parentheses; nft itself has two or three. */
const MOST_DEPTH = 16;

/** Walks the tokens of one text. */
export class Reader {
  readonly origin: string;
  /** What `define` has set so far. */
  readonly variables: Map<string, Json>;
  at = 0;
  #depth = 0;
  readonly #tokens: Token[];

  constructor(text: string, origin: string, variables: Map<string, Json>) {
    this.origin = origin;
    this.variables = variables;
    this.#tokens = tokensOf(text, origin);
  }

  peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.at + ahead, this.#tokens.length - 1)] as Token;
  }

  next(): Token {
    const token = this.peek();
    this.at += 1;
    return token;
  }

  /** Whether the next token is this word or mark, not a string of that text. */
  sees(...texts: readonly string[]): boolean {
    const { kind, text } = this.peek();
    return (kind === 'word' || kind === 'mark') && texts.includes(text);
  }

  /** Takes the next token if it is one of these. */
  accept(...texts: readonly string[]): boolean {
    if (!this.sees(...texts)) return false;
    this.at += 1;
    return true;
  }

  expect(text: string): void {
    if (!this.accept(text)) throw this.broken(`"${text}" was expected`);
  }

  /** A name: a word or a string. */
  name(): string {
    const token = this.next();
    if (token.kind !== 'word' && token.kind !== 'string') {
      this.at -= 1;
      throw this.broken('a name was expected');
    }
    return token.text;
  }

  /** Whether a command or statement ends here: at the line's end, `;`, `}` or the text's end. */
  atEnd(): boolean {
    const { kind, text } = this.peek();
    return kind === 'end' || kind === 'eof' || (kind === 'mark' && text === '}');
  }

  skipEnds(): void {
    while (this.peek().kind === 'end') this.at += 1;
  }

  /** Runs `read` one level deeper; text of a thousand braces does not exhaust the stack. */
  nested<T>(read: () => T): T {
    this.#depth += 1;
    if (this.#depth > MOST_DEPTH) throw this.broken('braces stand too deep in one another');
    try {
      return read();
    } finally {
      this.#depth -= 1;
    }
  }

  /** `22: accept` and `22:accept` as the three tokens that they are; an IPv6 address stays whole. */
  splitColon(): void {
    const token = this.peek();
    if (token.kind !== 'word') return;
    const [, before, after = ''] = /^([^:[\]]+):([^:]*)$/.exec(token.text) ?? [];
    if (before === undefined) return;
    const parts = [before, ':', ...(after === '' ? [] : [after])];
    this.#tokens.splice(this.at, 1, ...parts.map((text): Token => ({ ...token, text })));
  }

  /** Takes what is left of a statement, braces and all, and returns its text. */
  rest(): string {
    const words: string[] = [];
    let depth = 0;
    while (depth > 0 || !this.atEnd()) {
      const { kind, text } = this.next();
      if (kind === 'eof') {
        this.at -= 1;
        throw this.broken('the text ends inside a rule');
      }
      if (kind === 'mark' && text === '{') depth += 1;
      if (kind === 'mark' && text === '}') depth -= 1;
      if (kind !== 'end') words.push(kind === 'string' ? `"${text}"` : text);
    }
    return words.join(' ');
  }

  /** FIREWALL_SYNTAX at the next token. */
  broken(reason: string): Error {
    const { kind, text, line } = this.peek();
    const found = kind === 'end' ? 'the end of the line' : text.slice(0, 40);
    return problem('FIREWALL_SYNTAX', {
      origin: this.origin,
      line,
      kind: 'nftables',
      problem: `${reason}, not "${found}"`,
    });
  }
}
