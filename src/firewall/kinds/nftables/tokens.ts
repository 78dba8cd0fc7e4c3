import { problem } from '../../../model/errors.ts';

/** `end` is what closes a command: a line's end or `;`. */
export interface Token {
  readonly kind: 'word' | 'string' | 'mark' | 'end' | 'eof';
  readonly text: string;
  readonly line: number;
  /** Of an `end`: the number in the comment `# handle 12` before it, which `nft -a list` writes. */
  readonly handle?: number;
}

const SPACE = /[ \t\r]+|\\\r?\n/y;
const COMMENT = /#([^\n]*)/y;
const STRING = /"([^"\n]*)"/y;
const RAW = /@(?:ll|nh|th|ih),\d+,\d+/y;
const MARK = /==|!=|<=|>=|<<|>>|[{}(),=<>!&|^]/y;
const WORD = /[^\s{}(),;="<>!&|^#]+/y;
const FLAG = '(?:fin|syn|rst|psh|ack|urg|ecn|cwr)';
/** `syn/syn,ack` without the spaces that nft prints. */
const FLAG_MASK = new RegExp(`^(${FLAG})/(${FLAG})$`);

/** Throws FIREWALL_SYNTAX for a byte that begins nothing, an open string among them. */
export function tokensOf(text: string, origin: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let line = 1;
  let handle: number | undefined;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found !== null) at = pattern.lastIndex;
    return found;
  };
  while (at < text.length) {
    const space = take(SPACE);
    if (space !== null) {
      if (space[0].endsWith('\n')) line += 1;
      continue;
    }
    const char = text[at];
    if (char === '\n' || char === ';') {
      tokens.push({ kind: 'end', text: char, line, ...(handle === undefined ? {} : { handle }) });
      handle = undefined;
      at += 1;
      if (char === '\n') line += 1;
      continue;
    }
    const comment = take(COMMENT);
    if (comment !== null) {
      const [, number] = /^ handle (\d{1,15})\s*$/.exec(comment[1] ?? '') ?? [];
      if (number !== undefined) handle = Number(number);
      continue;
    }
    const string = take(STRING);
    if (string !== null) {
      tokens.push({ kind: 'string', text: string[1] ?? '', line });
      continue;
    }
    const mark = take(MARK);
    if (mark !== null) {
      tokens.push({ kind: 'mark', text: mark[0], line });
      continue;
    }
    const word = take(RAW) ?? take(WORD);
    if (word === null) {
      const found = `${JSON.stringify(text.slice(at, at + 20))} begins nothing`;
      throw problem('FIREWALL_SYNTAX', { origin, line, kind: 'nftables', problem: found });
    }
    tokens.push(...words(word[0], line));
  }
  tokens.push({ kind: 'eof', text: 'the end of the text', line });
  return tokens;
}

function words(word: string, line: number): Token[] {
  const [, flag, mask] = FLAG_MASK.exec(word) ?? [];
  const parts = flag === undefined || mask === undefined ? [word] : [flag, '/', mask];
  return parts.map((text) => ({ kind: 'word', text, line }));
}
