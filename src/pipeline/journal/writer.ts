import type { FileHandle } from 'node:fs/promises';
import { messageOf, type PosternError, problem } from '../../model/errors.ts';
import type { PortState } from '../../model/port.ts';
import { isSilence, type Told } from '../../probe/engine.ts';
import type { Entry, HostEntry, Spent, Unasked } from './entry.ts';
import { encodeLine } from './line.ts';
import { Telling } from './told.ts';

/** What is told is written and put on the disk this often, milliseconds. */
const EVERY_MS = 1000;
/** Outcomes that wait in memory; more are written at once. */
const MAX_HELD = 100_000;
/** Characters handed to the system and not taken by it yet. */
const MAX_WAITING = 16_000_000;
/** Silent hosts in one line of the file. */
const IN_A_LINE = 1000;

export interface WriterOptions {
  /** States whose ports the report lists one by one, with their round trips. */
  readonly show: ReadonlySet<PortState>;
  /** Counters so far, over all runs. */
  readonly spent: () => Spent;
  /** Called once when the file cannot be written any more; the scan goes on. */
  readonly onFailure: (failure: PosternError) => void;
}

/** Appends to a journal. Killing the process costs what was told within the last second. */
export class JournalWriter {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #options: WriterOptions;
  readonly #tellings = new Map<string, Telling>();
  readonly #timer: NodeJS.Timeout;
  #entries: Entry[] = [];
  /** Addresses of silent hosts by the JSON text of what could not be asked of them. */
  readonly #silent = new Map<string, string[]>();
  #held = 0;
  #waiting = 0;
  #failed = false;
  /** Whether something was written that may not be on the disk yet. */
  #unsynced = false;
  #work: Promise<void> = Promise.resolve();

  /** Takes over `handle`, which appends. */
  constructor(path: string, handle: FileHandle, options: WriterOptions) {
    this.#path = path;
    this.#handle = handle;
    this.#options = options;
    this.#timer = setInterval(() => void this.#flush(true), EVERY_MS);
  }

  told(told: Told): void {
    let telling = this.#tellings.get(told.address);
    if (telling === undefined) {
      telling = new Telling();
      this.#tellings.set(told.address, telling);
    }
    telling.add(told, this.#options.show);
    this.#holds(isSilence(told) ? told.ports.length : 1);
  }

  /** A host of which everything is known. */
  host(entry: HostEntry): void {
    this.#tellings.delete(entry.host.address);
    if (entry.listed || !entry.complete) this.#entries.push(entry);
    else this.#addSilent(entry.host.address, JSON.stringify(entry.unasked));
    this.#holds(1);
  }

  #addSilent(address: string, unasked: string): void {
    const group = this.#silent.get(unasked);
    if (group === undefined) this.#silent.set(unasked, [address]);
    else group.push(address);
  }

  add(entry: Entry): void {
    this.#entries.push(entry);
  }

  /** Resolves when the disk keeps up. */
  async room(): Promise<void> {
    if (this.#waiting > MAX_WAITING) await this.#work;
  }

  /** Writes what is left and closes the file. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#flush(true);
    await this.#handle.close().catch((error: unknown) => this.#fail(error));
  }

  #holds(more: number): void {
    this.#held += more;
    if (this.#held > MAX_HELD) void this.#flush(false);
  }

  #flush(sync: boolean): Promise<void> {
    const text = this.#takeText();
    if (this.#failed) return Promise.resolve();
    this.#waiting += text.length;
    this.#work = this.#work
      .then(() => this.#write(text, sync))
      .catch((error: unknown) => this.#fail(error));
    return this.#work;
  }

  #takeText(): string {
    const told = [...this.#tellings.values()].flatMap((telling) => telling.entries());
    const entries = [...told, ...this.#entries, ...this.#silentEntries()];
    this.#tellings.clear();
    this.#entries = [];
    this.#silent.clear();
    this.#held = 0;
    if (entries.length === 0) return '';
    entries.push({ type: 'spent', ...this.#options.spent() });
    return entries.map(encodeLine).join('');
  }

  *#silentEntries(): Generator<Entry> {
    for (const [text, addresses] of this.#silent) {
      const unasked = JSON.parse(text) as Unasked;
      for (let at = 0; at < addresses.length; at += IN_A_LINE) {
        yield { type: 'silent', addresses: addresses.slice(at, at + IN_A_LINE), unasked };
      }
    }
  }

  async #write(text: string, sync: boolean): Promise<void> {
    if (this.#failed) return;
    if (text !== '') {
      this.#unsynced = true;
      await this.#handle.appendFile(text);
      this.#waiting -= text.length;
    }
    if (!sync || !this.#unsynced) return;
    await this.#handle.datasync();
    this.#unsynced = false;
  }

  #fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#waiting = 0;
    const values = { value: this.#path, problem: messageOf(error) };
    this.#options.onFailure(problem('RESUME_WRITE', values, error));
  }
}
