import stringWidth from 'string-width';

const PRINTABLE_ASCII = /^[ -~]*$/;

/** Columns that a terminal needs for text without control characters. */
export function columnsOf(text: string): number {
  return PRINTABLE_ASCII.test(text) ? text.length : stringWidth(text);
}

/** Text cut to `columns`, with `…` for what is missing. */
export function fit(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  return `${headOf(text, columns - 1)}…`;
}

/** The longest beginning of `text` that takes at most `columns`, at least one character. */
function headOf(text: string, columns: number): string {
  let head = '';
  let used = 0;
  for (const character of text) {
    used += columnsOf(character);
    if (used > columns && head !== '') break;
    head += character;
  }
  return head;
}

/** Text filled with spaces to `columns`. */
export function padded(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)));
}

/** Lines of at most `columns`, broken at spaces, within a word only where it has no line to itself. */
export function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  let used = 0;
  for (const word of text.split(' ')) {
    const needed = columnsOf(word);
    if (line !== '' && used + 1 + needed <= columns) {
      line += ` ${word}`;
      used += 1 + needed;
      continue;
    }
    if (line !== '') lines.push(line);
    const parts = needed > columns ? broken(word, columns) : [word];
    lines.push(...parts.slice(0, -1));
    line = parts.at(-1) ?? '';
    used = columnsOf(line);
  }
  return line === '' ? lines : [...lines, line];
}

/** A word in pieces of at most `columns`. */
function broken(word: string, columns: number): string[] {
  const pieces: string[] = [];
  for (let rest = word; rest !== ''; ) {
    const head = headOf(rest, columns);
    pieces.push(head);
    rest = rest.slice(head.length);
  }
  return pieces;
}
