import { createReadStream } from 'node:fs';
import { open, stat, truncate } from 'node:fs/promises';
import { messageOf, PosternError, problem } from '../../model/errors.ts';
import type { Problem } from '../../model/scan.ts';
import { parseTarget } from '../../targets/parse.ts';
import type { Leaf } from '../../targets/read.ts';
import { isRefusal, type Placed } from '../../targets/target.ts';
import { type Entry, type Header, SCHEMA, type Seal } from './entry.ts';
import { decodeLine, type Placed as PlacedEntry, rawLines, readEntries } from './line.ts';
import { digestOf, ListDigest, sealOf } from './plan.ts';
import { JournalWriter, type WriterOptions } from './writer.ts';

/** Longest first line: a policy stands in it. */
const MAX_HEADER = 16_000_000;

/** The plan of a scan and what earlier runs told, in a file. The caller holds its lock. */
export class Journal {
  readonly path: string;
  readonly header: Header;
  readonly seal: Seal;
  readonly exclude: readonly string[];
  /** What was wrong with targets. */
  readonly problems: readonly Problem[];
  /** Where the plan ends, in bytes and in lines. */
  readonly #plan: { readonly end: number; readonly line: number };
  /** Where what was told ends, in bytes; known once it has been read. */
  #end: number;

  private constructor(path: string, plan: Plan) {
    this.path = path;
    this.header = plan.header;
    this.seal = plan.seal;
    this.exclude = plan.exclude;
    this.problems = plan.problems;
    this.#plan = plan;
    this.#end = plan.end;
  }

  /**
   * Reads the plan; null when there is no file, or nothing in it. Throws RESUME_FILE for a file that
   * is something else or of another version, RESUME_DAMAGED when the plan is not whole.
   */
  static async open(path: string): Promise<Journal | null> {
    try {
      const facts = await stat(path);
      if (!facts.isFile()) throw problem('RESUME_FILE', { value: path, problem: 'it is no file' });
      return facts.size === 0 ? null : new Journal(path, await readPlan(path));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw asProblem(path, error);
    }
  }

  /** The targets as they were when the scan began, files and standard input included. */
  async *targets(): AsyncGenerator<Placed<Leaf>> {
    for await (const { entry } of entriesIn(this.path, 0, this.#plan.end)) {
      if (entry.type === 'targets') yield* targetsOf(entry.targets, this.path);
    }
  }

  /** What earlier runs told, in the order they did. Throws RESUME_DAMAGED. */
  async *told(): AsyncGenerator<Entry> {
    const { end, line } = this.#plan;
    for await (const placed of entriesIn(this.path, end, Number.POSITIVE_INFINITY, line)) {
      this.#end = end + placed.end;
      yield placed.entry;
    }
  }

  /** Goes on behind what `told` has yielded, which must have been read to its end. */
  async writer(options: WriterOptions): Promise<JournalWriter> {
    try {
      await truncate(this.path, this.#end);
      return new JournalWriter(this.path, await open(this.path, 'a'), options);
    } catch (error) {
      throw asProblem(this.path, error);
    }
  }
}

interface Plan {
  readonly header: Header;
  readonly seal: Seal;
  readonly exclude: readonly string[];
  readonly problems: readonly Problem[];
  readonly end: number;
  readonly line: number;
}

async function readPlan(path: string): Promise<Plan> {
  const header = await readHeader(path);
  const exclude: string[] = [];
  const problems: Problem[] = [];
  const digest = new ListDigest();
  for await (const { entry, end, line } of entriesIn(path, 0, Number.POSITIVE_INFINITY)) {
    if (entry.type === 'exclude') exclude.push(...entry.exclude);
    else if (entry.type === 'problem') problems.push({ code: entry.code, message: entry.message });
    else if (entry.type === 'targets') {
      for (const [text] of entry.targets) digest.add(text);
    } else if (entry.type === 'plan') {
      const seal = sealOf(header.settings, digest.hex(), digestOf(exclude));
      if (seal.hash !== entry.hash) throw damaged(path, 'its plan is not the one it was made with');
      return { header, seal, exclude, problems, end, line };
    }
  }
  throw damaged(path, 'its plan has no end');
}

async function readHeader(path: string): Promise<Header> {
  const refusal = (reason: string) => problem('RESUME_FILE', { value: path, problem: reason });
  for await (const { bytes } of rawLines(createReadStream(path, { end: MAX_HEADER }))) {
    const entry = decodeLine(bytes);
    if (entry?.type !== 'journal') break;
    if (entry.schema === SCHEMA) return entry;
    throw refusal(`it is of version ${entry.schema}, this Postern reads ${SCHEMA}`);
  }
  throw refusal('it holds something else');
}

/** Entries from byte `start` up to but without `end`; `line` lines stand before. */
function entriesIn(
  path: string,
  start: number,
  end: number,
  line = 0,
): AsyncGenerator<PlacedEntry> {
  const bytes = createReadStream(path, { start, end: end - 1, highWaterMark: 256 * 1024 });
  return readEntries(bytes, (bad) => {
    throw damaged(path, `line ${line + bad} is not what was written`);
  });
}

function* targetsOf(
  targets: readonly (readonly [string, string])[],
  path: string,
): Generator<Placed<Leaf>> {
  for (const [text, where] of targets) {
    const target = parseTarget(text);
    if (isRefusal(target) || target.kind === 'file' || target.kind === 'stdin') {
      throw damaged(path, `"${text}" is no target`);
    }
    yield { target, where };
  }
}

function damaged(path: string, what: string): PosternError {
  return problem('RESUME_DAMAGED', { value: path, problem: what });
}

function asProblem(path: string, error: unknown): unknown {
  if (error instanceof PosternError) return error;
  return problem('RESUME_FILE', { value: path, problem: messageOf(error) }, error);
}
