import { quote, syntaxFault } from '../../fault.ts';
import type { Source } from '../../kind.ts';

export interface Token {
  readonly kind: 'word' | 'string' | 'mark' | 'newline';
  readonly text: string;
  readonly line: number;
  /** Where it begins and ends in the source; of a macro's tokens, where the macro is named. */
  readonly start: number;
  readonly end: number;
}

/** Sticky: each is tried where the one before ended. Two-character signs before their first characters. */
const SPACE = /[^\S\n]+/y;
const MARK = /->|<=|>=|<>|><|!=|[{}(),!=<>/]/y;
const WORD = /(?:[^\s{}()<>!=/,"#\\-]|-(?!>))+/y;

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

/** Macros may double with each definition: what a file of any use needs is far below. */
const MOST_TOKENS = 1_000_000;

interface Piece {
  readonly kind: Token['kind'] | 'macro';
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Cuts text into pieces; `problem` is told what is not closed. */
function* piecesOf(text: string, problem: (at: number, what: string) => Error): Generator<Piece> {
  let at = 0;
  while (at < text.length) {
    const rest = text[at] as string;
    const start = at;
    if (rest === '\\') {
      at = lineJoin(text, at, problem);
    } else if (rest === '\n') {
      at += 1;
      yield { kind: 'newline', text: '\n', start, end: at };
    } else if (rest === ' ' || rest === '\t') {
      at += matchAt(SPACE, text, at)?.length ?? 1;
    } else if (rest === '#') {
      const end = text.indexOf('\n', at);
      at = end === -1 ? text.length : end;
    } else if (rest === '"') {
      const end = text.indexOf('"', at + 1);
      if (end === -1) throw problem(at, 'a quotation is not closed');
      at = end + 1;
      yield { kind: 'string', text: text.slice(start + 1, end), start, end: at };
    } else {
      const piece = signOrWord(text, at);
      at = piece?.end ?? at + 1;
      if (piece !== undefined) yield piece;
    }
  }
}

/** A backslash at the end of a line joins it with the next; behind one, anything but the end. */
function lineJoin(text: string, at: number, problem: (at: number, what: string) => Error): number {
  const [join] = /^\\[ \t\r]*\n/.exec(text.slice(at, at + 200)) ?? [];
  if (join !== undefined) return at + join.length;
  if (text.slice(at + 1).trim() === '')
    throw problem(at, 'the last line goes on and nothing follows');
  return at + 1;
}

/** Undefined for other space: carriage returns, form feeds, blanks of other alphabets. */
function signOrWord(text: string, start: number): Piece | undefined {
  const mark = matchAt(MARK, text, start);
  if (mark !== undefined) return { kind: 'mark', text: mark, start, end: start + mark.length };
  const word = matchAt(WORD, text, start);
  if (word === undefined) return undefined;
  const end = start + word.length;
  return word.startsWith('$') && word.length > 1
    ? { kind: 'macro', text: word.slice(1), start, end }
    : { kind: 'word', text: word, start, end };
}

/** Tokens of a pf.conf, macros replaced by what they stand for (pf.conf(5), MACROS). */
class Lexer {
  private readonly source: Source;
  private readonly macros = new Map<string, readonly Token[]>();
  private tokens: Token[] = [];
  private line = 1;
  private counted = 0;

  constructor(source: Source) {
    this.source = source;
  }

  read(): readonly Token[] {
    const statements: Token[] = [];
    for (const piece of this.pieces()) {
      if (piece.kind === 'newline') {
        this.endLine(statements, piece);
        this.line += 1;
      } else if (piece.kind === 'macro') {
        this.expand(piece);
      } else {
        this.add([{ ...piece, kind: piece.kind, line: this.line }]);
      }
    }
    const end = this.source.text.length;
    this.endLine(statements, { text: '\n', start: end, end });
    return statements;
  }

  /** Pieces, with the line counted in what they skip. */
  private *pieces(): Generator<Piece> {
    const { text } = this.source;
    let counted = 0;
    for (const piece of piecesOf(text, (_, what) => this.fault(what))) {
      // line ends inside joins and quotations
      for (let at = counted; at < piece.start; at += 1) if (text[at] === '\n') this.line += 1;
      yield piece;
      if (piece.kind === 'string') this.line += piece.text.split('\n').length - 1;
      counted = piece.end;
    }
  }

  private fault(problem: string) {
    return syntaxFault('pf', this.source, this.line, problem);
  }

  private add(tokens: readonly Token[]): void {
    this.counted += tokens.length;
    if (this.counted > MOST_TOKENS)
      throw this.fault(`its macros make more than ${MOST_TOKENS} words`);
    for (const token of tokens) this.tokens.push(token);
  }

  private expand({ text, start, end }: Piece): void {
    const value = this.macros.get(text);
    if (value === undefined) throw this.fault(`the macro ${quote(`$${text}`)} is not defined`);
    this.add(value.map((token) => ({ ...token, line: this.line, start, end })));
  }

  /** A line `name = value` defines a macro, unless the braces of a rule are open. */
  private endLine(
    statements: Token[],
    { start, end }: Pick<Piece, 'text' | 'start' | 'end'>,
  ): void {
    const [name, sign, ...value] = this.tokens;
    const newline: Token = { kind: 'newline', text: '\n', line: this.line, start, end };
    const defines = name?.kind === 'word' && sign?.kind === 'mark' && sign.text === '=';
    if (defines && !isOpen(value)) {
      this.macros.set(
        name.text,
        value.flatMap((token) => this.unquoted(token)),
      );
      this.tokens = [];
    } else if (!defines) {
      for (const token of this.tokens) statements.push(token);
      statements.push(newline);
      this.tokens = [];
    }
  }

  /** A macro's value is text: what was quoted counts as if it were written out. */
  private unquoted(token: Token): Token[] {
    if (token.kind !== 'string') return [token];
    const tokens: Token[] = [];
    for (const piece of piecesOf(token.text, (_, what) => this.fault(what))) {
      if (piece.kind === 'newline') continue;
      if (piece.kind === 'macro') {
        const value = this.macros.get(piece.text);
        if (value === undefined)
          throw this.fault(`the macro ${quote(`$${piece.text}`)} is not defined`);
        this.counted += value.length;
        if (this.counted > MOST_TOKENS)
          throw this.fault(`its macros make more than ${MOST_TOKENS} words`);
        for (const known of value) tokens.push(known);
      } else {
        tokens.push({ ...piece, kind: piece.kind, line: token.line });
      }
    }
    return tokens;
  }
}

function isOpen(tokens: readonly Token[]): boolean {
  let depth = 0;
  for (const { kind, text } of tokens) {
    if (kind !== 'mark') continue;
    if (text === '{') depth += 1;
    if (text === '}') depth -= 1;
  }
  return depth > 0;
}

export function tokensOf(source: Source): readonly Token[] {
  return new Lexer(source).read();
}
