import { TextDecoder } from 'node:util';

/** Longest line kept, in UTF-16 units: a file without line ends must not fill the memory. */
const MAX_LINE = 65_536;

/** One line of a text without its line end. */
export interface Line {
  /** From 1. */
  readonly number: number;
  readonly text: string;
  /** It was longer than 65,536 characters; `text` holds only the beginning. */
  readonly cut: boolean;
}

/**
 * Lines of a byte stream, in batches of what one chunk completed, with flat memory. UTF-8 with or
 * without byte order mark, UTF-16 with one (Windows PowerShell writes it); CRLF or LF.
 */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Line[]> {
  const splitter = new LineSplitter();
  let decoder: TextDecoder | undefined;
  for await (const chunk of chunks) {
    decoder ??= new TextDecoder(encodingOf(chunk));
    const lines = splitter.push(decoder.decode(chunk, { stream: true }));
    if (lines.length > 0) yield lines;
  }
  const lines = [...splitter.push(decoder?.decode() ?? ''), ...splitter.end()];
  if (lines.length > 0) yield lines;
}

function encodingOf(start: Uint8Array): string {
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le';
  if (start[0] === 0xfe && start[1] === 0xff) return 'utf-16be';
  return 'utf-8';
}

class LineSplitter {
  #rest = '';
  #cut = false;
  #number = 0;

  push(text: string): Line[] {
    const pieces = text.split('\n');
    const lines: Line[] = [];
    for (const [index, piece] of pieces.entries()) {
      this.#append(piece);
      if (index < pieces.length - 1) lines.push(this.#take());
    }
    return lines;
  }

  end(): Line[] {
    return this.#rest === '' ? [] : [this.#take()];
  }

  #append(piece: string): void {
    const room = MAX_LINE - this.#rest.length;
    this.#cut ||= piece.length > room;
    this.#rest += piece.length > room ? piece.slice(0, room) : piece;
  }

  #take(): Line {
    this.#number += 1;
    const text = this.#rest.endsWith('\r') ? this.#rest.slice(0, -1) : this.#rest;
    const line = { number: this.#number, text, cut: this.#cut };
    this.#rest = '';
    this.#cut = false;
    return line;
  }
}
