import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../model/errors.ts';
import type { Part, Running, World } from './part.ts';

/** The whole server stops within 10 s. */
const STOP_MS = 9000;

/** The parts that run, by name. */
export class Parts {
  readonly #running = new Map<string, Running>();

  start(parts: readonly Part[], world: World): void {
    for (const part of parts) this.#running.set(part.name, part.start(world));
  }

  wake(name: string): void {
    this.#running.get(name)?.wake?.();
  }

  /** A line for each part that does not do its work. */
  troubles(): readonly string[] {
    return [...this.#running].flatMap(([name, running]) => {
      const trouble = running.trouble?.() ?? null;
      return trouble === null ? [] : [`${name}: ${trouble}`];
    });
  }

  /** Stops all at once; what fails at it is told and holds up none of the others. */
  async stop(onFault: World['onFault']): Promise<void> {
    const stopping = [...this.#running].map(async ([name, running]) => {
      await running.stop().catch((error: unknown) => onFault(name, messageOf(error)));
    });
    const ended = new AbortController();
    const late = sleep(STOP_MS, undefined, { signal: ended.signal }).then(
      () => onFault('stop', `parts did not end within ${STOP_MS / 1000} s`),
      () => undefined,
    );
    await Promise.race([Promise.all(stopping), late]);
    ended.abort();
  }
}
