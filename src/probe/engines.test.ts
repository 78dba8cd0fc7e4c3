import { describe, expect, it } from 'vitest';
import { EPOLL } from './connect/kinds.ts';
import { chooseEngine, chooseEngineWithNote } from './engines.ts';

describe('chooseEngine', () => {
  it('prefers epoll and says why when it cannot have it', async () => {
    const reason = await EPOLL.unavailable();
    for (const name of ['auto', 'connect']) {
      const { engine, note } = await chooseEngineWithNote(name);
      expect(engine.name).toBe(reason === null ? 'epoll' : 'node');
      expect(note).toBe(reason === null ? null : `engine epoll is not used: ${reason}`);
      expect(engine.transport).toBe('tcp');
    }
  });

  it('gives the portable one everywhere', async () => {
    expect((await chooseEngine('node')).name).toBe('node');
  });

  it('refuses an unknown name and lists the known ones', async () => {
    await expect(chooseEngine('warp')).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      message: 'engine "warp" cannot run here: the engines are auto, connect, epoll, node',
    });
    await expect(chooseEngine('constructor')).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE' });
  });
});
