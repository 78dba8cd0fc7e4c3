import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ChangeStore } from './change-store.ts';

it('tells that no change waits only where it could look', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-change-store-'));
  try {
    expect(await new ChangeStore(join(folder, 'none')).pending()).toBeNull();
    symlinkSync('loop', join(folder, 'loop'));
    const unseen = new ChangeStore(join(folder, 'loop'));
    await expect(unseen.pending()).rejects.toMatchObject({ code: 'REMEDY_STATE' });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
