import { describe, expect, it } from 'vitest';
import { EPOLL, NODE } from './connect/kinds.ts';
import type { EngineKind } from './engine.ts';
import { chooseEngine, chooseEngineWithNote } from './engines.ts';
import { SYN } from './syn/kind.ts';

/** The first of `kinds` that runs here, and why the one before it does not. */
async function firstOf(kinds: readonly EngineKind[]) {
  let note: string | null = null;
  for (const kind of kinds) {
    const reason = await kind.unavailable();
    if (reason === null) return { name: kind.name, note };
    note ??= `engine ${kind.name} is not used: ${reason}`;
  }
  throw new Error('not even the portable one');
}

describe('chooseEngine', () => {
  it.each([
    ['auto', [SYN, EPOLL, NODE]],
    ['connect', [EPOLL, NODE]],
  ] as const)(
    'takes the best that runs here for %s, and says why not a better one',
    async (name, kinds) => {
      const expected = await firstOf(kinds);
      const { engine, note, lacksRights } = await chooseEngineWithNote(name);
      expect({ name: engine.name, note }).toEqual(expected);
      expect(engine.transport).toBe('tcp');
      expect(lacksRights).toBe(note?.includes('CAP_NET_RAW') ?? false);
    },
  );

  it('gives the portable one everywhere', async () => {
    expect((await chooseEngine('node')).name).toBe('node');
  });

  it('refuses an unknown name and lists the known ones', async () => {
    await expect(chooseEngine('warp')).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      message: 'engine "warp" cannot run here: the engines are auto, connect, epoll, node, syn',
    });
    await expect(chooseEngine('constructor')).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE' });
  });
});
