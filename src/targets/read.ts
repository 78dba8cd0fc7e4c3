import { createReadStream } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { addAbortSignal } from 'node:stream';
import type { PosternError } from '../model/errors.ts';
import { messageOf, problem } from '../model/errors.ts';
import { linesOf } from './lines.ts';
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
export function readTargets(
  texts: readonly string[],
  options: TargetOptions,
): AsyncGenerator<Placed<Leaf>> {
  const { onProblem, ...rest } = options;
  const onTrouble = ({ kind, where, value, reason }: Trouble) => {
    const code = kind === 'file' ? 'TARGET_FILE' : 'TARGET_SYNTAX';
    onProblem(problem(code, { where, value, problem: reason }));
  };
  return readTexts(texts, 'argument', { ...rest, onTrouble });
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
 * Reads target texts one by one: splits lists at commas and white space, opens files and standard
 * input and streams them line by line with flat memory. `label` names a text in `where`.
 */
export async function* readTexts(
  texts: readonly string[],
  label: string,
  options: ReadOptions,
): AsyncGenerator<Placed<Leaf>> {
  const reader = new Reader(options);
  for (const [index, text] of texts.entries()) {
    yield* reader.argument(text, `${label} ${index + 1}`);
  }
}

class Reader {
  readonly #options: ReadOptions;
  #stdinTaken = false;

  constructor(options: ReadOptions) {
    this.#options = options;
  }

  async *argument(text: string, where: string): AsyncGenerator<Placed<Leaf>> {
    if (piecesOf(text).length === 0) this.#trouble('syntax', where, text, 'it is empty');
    yield* this.#text(text, where, { folder: process.cwd(), open: [] });
  }

  async *#text(text: string, where: string, source: Source): AsyncGenerator<Placed<Leaf>> {
    for (const piece of piecesOf(text)) {
      const target = parseTarget(piece);
      if (isRefusal(target)) this.#trouble('syntax', where, piece, target.reason);
      else if (target.kind === 'file') yield* this.#file(target.path, where, source);
      else if (target.kind === 'stdin') yield* this.#stdin(where, source);
      else yield { target, where };
    }
  }

  #trouble(kind: Trouble['kind'], where: string, value: string, reason: string): void {
    this.#options.onTrouble({ kind, where, value: shown(value), reason });
  }

  async *#file(path: string, where: string, source: Source): AsyncGenerator<Placed<Leaf>> {
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

  async *#stdin(where: string, source: Source): AsyncGenerator<Placed<Leaf>> {
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
  ): AsyncGenerator<Placed<Leaf>> {
    addAbortSignal(this.#options.signal, stream);
    try {
      for await (const lines of linesOf(stream)) {
        for (const line of lines) {
          const place = `${name} line ${line.number}`;
          if (line.text.includes('\0')) throw new Error('it is not a text file');
          if (line.cut) this.#trouble('syntax', place, line.text, 'the line is too long');
          else yield* this.#text(withoutComment(line.text), place, source);
        }
      }
    } catch (error) {
      if (!this.#options.signal.aborted) this.#trouble('file', where, value, readReason(error));
    }
  }
}

/** A comment begins with `#` at the start or after a blank: URLs may hold one inside. */
function withoutComment(line: string): string {
  const at = line.search(/(?:^|\s)#/);
  return (at === -1 ? line : line.slice(0, at)).trim();
}

/** A file name or URL may hold commas, a file name also blanks; everything else is split at both. */
function piecesOf(text: string): readonly string[] {
  const plain = text.trim();
  if (plain.startsWith('@')) return [plain];
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
