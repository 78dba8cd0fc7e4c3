import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { AuditReport } from '../model/audit.ts';
import { messageOf, problem } from '../model/errors.ts';
import { writeWhole } from './atomic-file.ts';

/** Bounds of what waits while the server cannot be reached; the oldest goes first. */
export const MAX_WAITING = 50;
const MAX_BYTES = 32 << 20;
/** A number, when it was made by this machine's clock (ms), and the id of the audit. */
const NAME = /^(\d{10})-(\d{1,15})-([0-9a-f-]{36})\.json\.gz$/;

/** An audit that waits to be sent. */
export interface Waiting {
  readonly path: string;
  readonly madeAt: number;
  readonly id: string;
}

/**
 * Audits on the disk until the server has them, oldest first. What `put` has resolved for survives
 * kill -9 and power loss; what was being written then is not there. Throws AGENT_STATE.
 */
export class Outbox {
  readonly #folder: string;
  #last: number;

  private constructor(folder: string, last: number) {
    this.#folder = folder;
    this.#last = last;
  }

  static async open(state: string): Promise<Outbox> {
    const folder = join(state, 'audits');
    return told(folder, async () => {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const names = await readdir(folder);
      for (const name of names) {
        if (name.endsWith('.new')) await rm(join(folder, name), { force: true });
      }
      return new Outbox(folder, Math.max(0, ...numbersOf(names)));
    });
  }

  put(report: AuditReport): Promise<void> {
    return told(this.#folder, async () => {
      const { id, at } = report.audit;
      this.#last += 1;
      const name = `${String(this.#last).padStart(10, '0')}-${Date.parse(at)}-${id}.json.gz`;
      const body = await promisify(gzip)(JSON.stringify(report));
      await this.#makeRoom(body.length);
      await writeWhole(join(this.#folder, name), body);
    });
  }

  /** Oldest first. */
  waiting(): Promise<readonly Waiting[]> {
    return told(this.#folder, async () => {
      const names = (await readdir(this.#folder)).sort();
      return names.flatMap((name) => {
        const [, , madeAt, id] = NAME.exec(name) ?? [];
        if (id === undefined) return [];
        return [{ path: join(this.#folder, name), madeAt: Number(madeAt), id }];
      });
    });
  }

  body({ path }: Waiting): Promise<Uint8Array> {
    return told(this.#folder, () => readFile(path));
  }

  remove({ path }: Waiting): Promise<void> {
    return told(this.#folder, () => rm(path, { force: true }));
  }

  async #makeRoom(bytes: number): Promise<void> {
    const held = await this.waiting();
    const sizes = await Promise.all(held.map(async (one) => (await stat(one.path)).size));
    let total = bytes + sizes.reduce((sum, size) => sum + size, 0);
    let count = held.length + 1;
    for (const [index, one] of held.entries()) {
      if (count <= MAX_WAITING && total <= MAX_BYTES) return;
      await this.remove(one);
      count -= 1;
      total -= sizes[index] ?? 0;
    }
  }
}

function numbersOf(names: readonly string[]): readonly number[] {
  return names.flatMap((name) => {
    const number = NAME.exec(name)?.[1];
    return number === undefined ? [] : [Number(number)];
  });
}

async function told<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw problem('AGENT_STATE', { value: folder, problem: messageOf(error) }, error);
  }
}
