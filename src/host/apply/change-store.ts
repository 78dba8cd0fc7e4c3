import { randomBytes } from 'node:crypto';
import {
  link,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { KIND_NAMES } from '../../firewall/layer.ts';
import { messageOf, PosternError, problem } from '../../model/errors.ts';

/** Where changes and their way back are kept. */
export const STATE_FOLDER = '/var/lib/postern/undo';
/** Points at the one change that is not settled; it is also the lock that holds off another. */
const PENDING = 'pending';
const MAX_RECORD_BYTES = 64 * 2 ** 20;

const commandSchema = z.object({
  argv: z.array(z.string()).min(1).readonly(),
  stdin: z.string().exactOptional(),
});
const fileWriteSchema = z.object({
  path: z.string(),
  text: z.string(),
  mode: z.number().exactOptional(),
});
const recordSchema = z.object({
  schema: z.literal('postern.change/1'),
  id: z.string(),
  /** ISO 8601. */
  begun: z.string(),
  /** `close tcp port 5432`. */
  summary: z.string(),
  kind: z.enum(KIND_NAMES),
  /** Seconds until it takes itself back. */
  undoAfter: z.number(),
  persist: z.array(z.union([commandSchema, fileWriteSchema])),
  /** Files as they were: a copy's name in the folder, or null for one that was not there. */
  files: z.array(z.object({ path: z.string(), copy: z.string().nullable() })),
});
export type ChangeRecord = z.infer<typeof recordSchema>;

/**
 * What became of a change, decided once for all: `confirmed`, `undone` by hand, `expired` because
 * nobody confirmed it, `failed` because a step or a check did.
 */
export const VERDICTS = ['confirmed', 'undone', 'expired', 'failed'] as const;
export type ChangeVerdict = (typeof VERDICTS)[number];

export interface ChangeState {
  readonly record: ChangeRecord;
  readonly verdict: ChangeVerdict | 'pending';
  /** Taken back to the end. */
  readonly takenBack: boolean;
  /** Made to outlive a restart. */
  readonly persisted: boolean;
}

/** Short enough to type, sortable by time: `20261125-211507-3f9c`. */
export function newChangeId(now: Date): string {
  const stamp = now.toISOString().replaceAll(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `${stamp}-${randomBytes(2).toString('hex')}`;
}

/** The folder of kept changes, and what is known of each. All failures are REMEDY_STATE. */
export class ChangeStore {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = resolve(folder);
  }

  folderOf(id: string): string {
    return join(this.folder, id);
  }

  /** Makes the folder for this user alone, and refuses one that others may write: it holds root's scripts. */
  async open(): Promise<void> {
    await this.#guard(async () => {
      await mkdir(this.folder, { recursive: true, mode: 0o700 });
      await this.#refuseOthers();
    });
  }

  async #refuseOthers(): Promise<void> {
    const { uid, mode } = await lstat(this.folder);
    if (uid !== process.getuid?.()) throw new Error('it belongs to another user');
    if ((mode & 0o022) !== 0) throw new Error('others may write to it');
  }

  /** Takes the one place of an unsettled change. Throws REMEDY_BUSY while another has it. */
  async begin(id: string): Promise<void> {
    await this.open();
    await this.#guard(async () => {
      try {
        await symlink(id, join(this.folder, PENDING));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        throw problem('REMEDY_BUSY', { id: (await this.pending()) ?? 'of another run' });
      }
      await mkdir(this.folderOf(id), { mode: 0o700 });
    });
  }

  /** Null when none waits. Where that may not be seen (not root) it throws: one may be about to go back. */
  async pending(): Promise<string | null> {
    try {
      return await readlink(join(this.folder, PENDING));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EINVAL') return null;
      throw problem('REMEDY_STATE', { value: this.folder, problem: messageOf(error) }, error);
    }
  }

  /** Gives the place free if this change has it. */
  async settle(id: string): Promise<void> {
    if ((await this.pending()) === id) await rm(join(this.folder, PENDING), { force: true });
  }

  /** Drops a change of which nothing was applied. */
  async forget(id: string): Promise<void> {
    await rm(this.folderOf(id), { recursive: true, force: true });
    await this.settle(id);
  }

  /** On the disk when it resolves: the way back must outlive a power loss where the change does. */
  async write(id: string, name: string, text: string, mode = 0o600): Promise<void> {
    const path = join(this.folderOf(id), name);
    await this.#guard(() => writeFile(path, text, { mode, flush: true }));
  }

  /** Whole or not at all: without a record a change has not begun. */
  async keep(record: ChangeRecord): Promise<void> {
    const folder = this.folderOf(record.id);
    await this.write(record.id, 'change.new', `${JSON.stringify(record, null, 1)}\n`);
    await this.#guard(() => rename(join(folder, 'change.new'), join(folder, 'change.json')));
  }

  /**
   * Throws REMEDY_UNKNOWN, or REMEDY_STATE for a record that is damaged and for a folder that others
   * may write to: what is read here is run.
   */
  async read(id: string): Promise<ChangeState> {
    if (!/^[\w-]{1,64}$/.test(id)) throw this.#unknown(id);
    const text = await this.textOf(id, 'change.json');
    if (text === null) throw this.#unknown(id);
    await this.#guard(() => this.#refuseOthers());
    const verdict = await this.verdictOf(id);
    return {
      record: this.#parse(id, text),
      verdict: verdict ?? 'pending',
      takenBack: (await this.textOf(id, 'taken-back')) !== null,
      persisted: (await this.textOf(id, 'persisted')) !== null,
    };
  }

  /** Oldest first. One that was killed before it began in earnest is left out. */
  async list(): Promise<ChangeState[]> {
    const names = await readdir(this.folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw problem('REMEDY_STATE', { value: this.folder, problem: error.message }, error);
    });
    const states: ChangeState[] = [];
    for (const id of names.filter((name) => name !== PENDING).sort()) {
      if ((await this.textOf(id, 'change.json')) !== null) states.push(await this.read(id));
    }
    return states;
  }

  /**
   * Decides what becomes of a change, unless that is decided; answers what holds. The watchdog, a
   * shell script, does the same with ln(1): one of them is first, and a reader never sees half a word.
   */
  async decide(id: string, verdict: ChangeVerdict): Promise<ChangeVerdict> {
    const own = `verdict.${process.pid}.${randomBytes(4).toString('hex')}`;
    await this.write(id, own, `${verdict}\n`);
    try {
      await link(join(this.folderOf(id), own), join(this.folderOf(id), 'verdict'));
      return verdict;
    } catch (error) {
      const decided = await this.verdictOf(id);
      if (decided !== null) return decided;
      throw problem('REMEDY_STATE', { value: this.folder, problem: messageOf(error) }, error);
    } finally {
      await rm(join(this.folderOf(id), own), { force: true });
    }
  }

  async verdictOf(id: string): Promise<ChangeVerdict | null> {
    const text = (await this.textOf(id, 'verdict'))?.trim();
    return VERDICTS.find((word) => word === text) ?? null;
  }

  /** A file in a change's folder; null when it is not there. */
  async textOf(id: string, name: string): Promise<string | null> {
    const path = join(this.folderOf(id), name);
    try {
      const { size } = await lstat(path);
      if (size > MAX_RECORD_BYTES) throw new Error(`${name} of ${id} is too large`);
      return await readFile(path, 'utf8');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return null;
      throw problem('REMEDY_STATE', { value: this.folder, problem: messageOf(error) }, error);
    }
  }

  #parse(id: string, text: string): ChangeRecord {
    try {
      const record = recordSchema.parse(JSON.parse(text));
      if (record.id !== id) throw new Error(`it says that it is ${record.id}`);
      return record;
    } catch (error) {
      const said = `the record of ${id} is damaged: ${messageOf(error)}`;
      throw problem('REMEDY_STATE', { value: this.folder, problem: said }, error);
    }
  }

  #unknown(id: string) {
    return problem('REMEDY_UNKNOWN', { id, folder: this.folder });
  }

  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (error instanceof PosternError) throw error;
      throw problem('REMEDY_STATE', { value: this.folder, problem: messageOf(error) }, error);
    }
  }
}
