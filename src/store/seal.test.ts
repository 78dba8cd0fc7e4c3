import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openSealer, sealerOf } from './seal.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'postern-seal-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const placed = () => ({ file: join(folder, 'postern.db') });

it('makes a key once, readable by its owner alone', () => {
  const sealed = openSealer(placed(), folder, {}).seal('hunter2 ✓');
  expect(sealed).not.toContain('hunter2');
  expect(openSealer(placed(), folder, {}).open(sealed)).toBe('hunter2 ✓');
  expect(statSync(join(folder, 'secret.key')).mode & 0o777).toBe(0o600);
  expect(readFileSync(join(folder, 'secret.key'), 'utf8')).toMatch(/^[0-9a-f]{64}\n$/);
});

it('seals the same text differently each time, and knows a change', () => {
  const sealer = sealerOf(Buffer.alloc(32, 1));
  const sealed = sealer.seal('x');
  expect(sealer.seal('x')).not.toBe(sealed);
  const changed = `${sealed.slice(0, -4)}${sealed.endsWith('AAA=') ? 'BBB=' : 'AAA='}`;
  for (const bad of [changed, 'x', 'sealed:1:', '']) {
    expect(() => sealer.open(bad)).toThrow(expect.objectContaining({ code: 'SECRET_KEY' }));
  }
  expect(() => sealerOf(Buffer.alloc(32, 2)).open(sealed)).toThrow(/sealed with another key/);
});

it('takes the key from the environment, and refuses what is none', () => {
  const env = { POSTERN_SECRET: 'ab'.repeat(32) };
  const sealed = openSealer({ url: 'postgres://x' }, folder, env).seal('x');
  expect(sealerOf(Buffer.alloc(32, 0xab)).open(sealed)).toBe('x');
  expect(() => openSealer(placed(), folder, { POSTERN_SECRET: 'short' })).toThrow(/POSTERN_SECRET/);
  writeFileSync(join(folder, 'secret.key'), 'torn');
  expect(() => openSealer(placed(), folder, {})).toThrow(/secret\.key.*64 hexadecimal/);
});

it('has another key for each purpose', () => {
  const sealer = sealerOf(Buffer.alloc(32, 1));
  expect(sealer.keyFor('a')).toMatch(/^[0-9a-f]{64}$/);
  expect(sealer.keyFor('a')).not.toBe(sealer.keyFor('b'));
});
