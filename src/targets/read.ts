import { createReadStream } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { addAbortSignal } from 'node:stream';
import type { PosternError } from '../model/errors.ts';
import { messageOf, problem } from '../model/errors.ts';
import { type Line, linesOf } from './lines.ts';
import { parseTarget } from './parse.ts';
import type { Placed, Target } from './target.ts';
import { isRefusal, shown } from './target.ts';

/** Files named in files, at most this deep. */
const MAX_DEPTH = 8;

/** A target that is no list of targets. */
export type Leaf = Exclude<Target, { kind: 'file' | 'stdin' }>;

/** One piece of text or one file that could not be used. `value` is fit for a message. */
export interface Trouble {
  readonly kind: 'syntax' | 'file';
  readonly where: string;
  readonly value: string;
  readonly reason: string;
}

export interface TargetOptions {
  /** What `-` reads; without it `-` is a problem. */
  readonly stdin?: Readable;
  /** Called for each argument, line or file that cannot be used; the others go on. */
  readonly onProblem: (problem: PosternError) => void;
  readonly signal: AbortSignal;
}

/** The targets of a command line, files and standard input read as they are needed. */
export async function* readTargets(
  texts: readonly string[],
  options: TargetOptions,
): AsyncGenerator<Placed<Leaf>> {
  const { onProblem, ...rest } = options;
  const onTrouble = ({ kind, where, value, reason }: Trouble) => {
    const code = kind === 'file' ? 'TARGET_FILE' : 'TARGET_SYNTAX';
    onProblem(problem(code, { where, value, problem: reason }));
  };
  for await (const batch of readTexts(texts, 'argument', { ...rest, onTrouble })) yield* batch;
}

export interface ReadOptions {
  /** What `-` reads; without it `-` is trouble. */
  readonly stdin?: Readable;
  /** Called for each piece that cannot be used; must not throw: reading goes on. */
  readonly onTrouble: (trouble: Trouble) => void;
  readonly signal: AbortSignal;
}

interface Source {
  /** What relative file names are relative to. */
  readonly folder: string;
  /** Files being read, outermost first. */
  readonly open: readonly string[];
}

/**
 * Reads target texts: splits lists at commas and white space, opens files and standard input and
 * streams them line by line with flat memory. Yields what came together, never an empty batch: a
 * promise per target would take longer than reading it. `label` names a text in `where`.
 */
export async function* readTexts(
  texts: readonly string[],
  label: string,
  options: ReadOptions,
): AsyncGenerator<readonly Placed<Leaf>[]> {
  const reader = new Reader(options);
  for (const [index, text] of texts.entries()) {
    yield* reader.argument(text, `${label} ${index + 1}`);
  }
}

/** A piece of text with its place. */
interface Piece {
  readonly text: string;
  readonly where: string;
}

class Reader {
  readonly #options: ReadOptions;
  #stdinTaken = false;

  constructor(options: ReadOptions) {
    this.#options = options;
  }

  async *argument(text: string, where: string): AsyncGenerator<readonly Placed<Leaf>[]> {
    const pieces = piecesOf(text).map((piece) => ({ text: piece, where }));
    if (pieces.length === 0) this.#trouble('syntax', where, text, 'it is empty');
    yield* this.#pieces(pieces, { folder: process.cwd(), open: [] });
  }

  async *#pieces(pieces: Iterable<Piece>, source: Source): AsyncGenerator<readonly Placed<Leaf>[]> {
    let batch: Placed<Leaf>[] = [];
    for (const { text, where } of pieces) {
      const target = parseTarget(text);
      if (isRefusal(target)) {
        this.#trouble('syntax', where, text, target.reason);
      } else if (target.kind === 'file' || target.kind === 'stdin') {
        if (batch.length > 0) yield batch;
        batch = [];
        if (target.kind === 'file') yield* this.#file(target.path, where, source);
        else yield* this.#stdin(where, source);
      } else {
        batch.push({ target, where });
      }
    }
    if (batch.length > 0) yield batch;
  }

  #trouble(kind: Trouble['kind'], where: string, value: string, reason: string): void {
    this.#options.onTrouble({ kind, where, value: shown(value), reason });
  }

  async *#file(
    path: string,
    where: string,
    source: Source,
  ): AsyncGenerator<readonly Placed<Leaf>[]> {
    const full = resolve(source.folder, path);
    const real = await realpath(full).catch(() => full);
    const inner = { folder: dirname(real), open: [...source.open, real] };
    if (source.open.includes(real)) {
      this.#trouble('file', where, path, 'it is being read already: these files name each other');
    } else if (inner.open.length > MAX_DEPTH) {
      this.#trouble('file', where, path, `files are nested more than ${MAX_DEPTH} deep`);
    } else {
      yield* this.#stream(createReadStream(full), basename(path), path, where, inner);
    }
  }

  async *#stdin(where: string, source: Source): AsyncGenerator<readonly Placed<Leaf>[]> {
    const { stdin } = this.#options;
    if (source.open.length > 0) {
      this.#trouble(
        'syntax',
        where,
        '-',
        'standard input is named on the command line, not in a file',
      );
    } else if (stdin === undefined) {
      this.#trouble('syntax', where, '-', 'standard input cannot be used here');
    } else if (this.#stdinTaken) {
      this.#trouble('file', where, '-', 'standard input can be read once only');
    } else {
      this.#stdinTaken = true;
      const inner = { folder: source.folder, open: ['standard input'] };
      yield* this.#stream(stdin, 'standard input', '-', where, inner);
    }
  }

  async *#stream(
    stream: Readable,
    name: string,
    value: string,
    where: string,
    source: Source,
  ): AsyncGenerator<readonly Placed<Leaf>[]> {
    addAbortSignal(this.#options.signal, stream);
    try {
      for await (const lines of linesOf(stream)) {
        const binary = lines.findIndex(({ text }) => text.includes('\0'));
        const readable = binary === -1 ? lines : lines.slice(0, binary);
        yield* this.#pieces(this.#piecesIn(readable, name), source);
        if (binary !== -1) throw new Error('it is not a text file');
      }
    } catch (error) {
      if (!this.#options.signal.aborted) this.#trouble('file', where, value, readReason(error));
    }
  }

  *#piecesIn(lines: readonly Line[], name: string): Generator<Piece> {
    for (const { number, text, cut } of lines) {
      const where = `${name} line ${number}`;
      if (cut) this.#trouble('syntax', where, text, 'the line is too long');
      else for (const piece of piecesOf(withoutComment(text))) yield { text: piece, where };
    }
  }
}

/** A comment begins with `#` at the start or after a blank: URLs may hold one inside. */
function withoutComment(line: string): string {
  const at = line.includes('#') ? line.search(/(?:^|\s)#/) : -1;
  return (at === -1 ? line : line.slice(0, at)).trim();
}

/** A file name or URL may hold commas, a file name also blanks; everything else is split at both. */
function piecesOf(text: string): readonly string[] {
  const plain = text.trim();
  if (plain.startsWith('@') || /^[^\s,]+$/.test(plain)) return [plain];
  return plain
    .split(/\s+/)
    .flatMap((word) => (word.includes('://') ? [word] : word.split(',')))
    .filter((piece) => piece !== '');
}

const READ_REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'this user may not read it',
  EPERM: 'this user may not read it',
  EMFILE: 'this process has too many files open',
};

function readReason(error: unknown): string {
  const { code = '' } = error as NodeJS.ErrnoException;
  return READ_REASONS[code] ?? messageOf(error);
}
