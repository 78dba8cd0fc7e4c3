import type { Block } from './address.ts';
import { sizeOf } from './address.ts';
import type { Intake } from './intake.ts';
import { MAX_PERMUTED } from './permute.ts';
import type { Leaf } from './read.ts';
import type { Placed } from './target.ts';

/** Blocks read ahead of the consumer; each is two numbers. */
const MAX_WAITING = 65_536;
/** Names given to the resolver and not answered yet. */
const MAX_ASKED = 1024;

export interface GatherOptions {
  readonly signal: AbortSignal;
  /** Longest time in milliseconds to hold everything back so that names are known first. */
  readonly holdMs: number;
}

/**
 * Reads targets ahead and yields groups of blocks (each group holds at most 2^32 addresses).
 * The first group comes when every name read so far is resolved and the read-ahead is full or the
 * targets have ended, but `holdMs` after the start at the latest.
 */
export async function* gather(
  targets: AsyncIterable<Placed<Leaf>>,
  intake: Intake,
  options: GatherOptions,
): AsyncGenerator<readonly Block[]> {
  const feed = new Feed();
  const stop = () => feed.end();
  options.signal.addEventListener('abort', stop, { once: true });
  if (options.signal.aborted) stop();
  void pump(targets, intake, feed);
  try {
    await feed.settled(options.holdMs);
    for (let group = await feed.take(); group.length > 0; group = await feed.take()) {
      if (options.signal.aborted) return;
      yield group;
    }
  } finally {
    options.signal.removeEventListener('abort', stop);
    stop();
  }
}

/** Never rejects: what goes wrong reaches the consumer through the feed. */
async function pump(
  targets: AsyncIterable<Placed<Leaf>>,
  intake: Intake,
  feed: Feed,
): Promise<void> {
  try {
    for await (const { target, where } of targets) {
      if (target.kind !== 'name') feed.put(intake.blocks({ target, where }));
      else if (intake.wants(target.name)) feed.ask(intake.name({ target, where }));
      await feed.room();
      if (feed.ended) return;
    }
    await feed.answered();
    feed.end();
  } catch (error) {
    feed.fail(error);
  }
}

/** What the reading and the yielding side share: groups of blocks, and names under way. */
class Feed {
  #groups: (readonly Block[])[] = [];
  #waiting = 0;
  #asked = 0;
  #ended = false;
  #failure: { readonly error: unknown } | null = null;
  #wake: (() => void)[] = [];

  get ended(): boolean {
    return this.#ended;
  }

  put(blocks: readonly Block[]): void {
    if (blocks.length > 0) this.#groups.push(blocks);
    this.#waiting += blocks.length;
    this.#changed();
  }

  ask(answer: Promise<readonly Block[]>): void {
    this.#asked += 1;
    void this.#answer(answer);
  }

  async #answer(answer: Promise<readonly Block[]>): Promise<void> {
    try {
      const blocks = await answer;
      this.#asked -= 1;
      this.put(blocks);
    } catch (error) {
      this.fail(error);
    }
  }

  end(): void {
    this.#ended = true;
    this.#changed();
  }

  fail(error: unknown): void {
    this.#failure ??= { error };
    this.end();
  }

  room(): Promise<void> {
    return this.#until(() => this.#waiting < MAX_WAITING && this.#asked < MAX_ASKED);
  }

  answered(): Promise<void> {
    return this.#until(() => this.#asked === 0);
  }

  async settled(holdMs: number): Promise<void> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#changed();
    }, holdMs);
    await this.#until(() => late || (this.#waiting >= MAX_WAITING && this.#asked === 0));
    clearTimeout(timer);
  }

  /** All groups that came so far, as one; empty when no more will come. */
  async take(): Promise<readonly Block[]> {
    await this.#until(() => this.#groups.length > 0);
    if (this.#failure !== null) throw this.#failure.error;
    const taken = this.#groups.splice(0, this.#fitting()).flat();
    this.#waiting -= taken.length;
    this.#changed();
    return taken;
  }

  /** How many groups from the first on hold at most 2^32 addresses together. */
  #fitting(): number {
    let size = 0;
    const over = this.#groups.findIndex((group) => {
      size += group.reduce((sum, block) => sum + sizeOf(block), 0);
      return size > MAX_PERMUTED;
    });
    return over === -1 ? this.#groups.length : Math.max(over, 1);
  }

  #changed(): void {
    const wake = this.#wake;
    this.#wake = [];
    for (const resume of wake) resume();
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!this.#ended && !condition()) {
      await new Promise<void>((resume) => this.#wake.push(resume));
    }
  }
}
