import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DATAGRAM_PROTOCOLS } from '../../src/identify/datagrams.ts';
import { PROTOCOLS } from '../../src/identify/registry.ts';
import { bytesOfBase64, datagramFixtures } from '../helpers/datagram-fixture.ts';
import { readFixtures, repliesOf } from '../helpers/fixture.ts';

/** Inputs over all readers together. */
const INPUTS = 1_000_000;
const SEED = 20_261_123;

type Reader = (bytes: Uint8Array) => unknown;

/** mulberry32: 32-bit seeded generator, so that a failure can be run again. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

function noise(random: () => number): Uint8Array {
  const bytes = new Uint8Array(random() % 256);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = random();
  return bytes;
}

/** A real reply with up to 8 bytes changed, cut short, doubled, or shifted. */
function mutation(random: () => number, seed: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(seed.subarray(0, 2048));
  for (let left = random() % 8; left > 0 && copy.length > 0; left -= 1) {
    copy[random() % copy.length] = random();
  }
  const kind = random() % 4;
  if (kind === 0) return copy.subarray(0, random() % (copy.length + 1));
  if (kind === 1) return copy.subarray(random() % (copy.length + 1));
  if (kind === 2) return Buffer.concat([copy, copy]);
  return copy;
}

/** Every exported `read…`, `parse…` and `decode…` of identify/, every `recognises` and every `read`. */
async function readers(): Promise<Map<string, Reader>> {
  const found = new Map<string, Reader>();
  for (const folder of ['src/identify', 'src/identify/protocols', 'src/identify/datagrams']) {
    for (const file of readdirSync(folder)) {
      if (!file.endsWith('.ts') || file.includes('.test')) continue;
      const module = (await import(join('../..', folder, file))) as Record<string, unknown>;
      for (const [name, value] of Object.entries(module)) {
        if (typeof value === 'function' && /^(read|parse|decode)[A-Z]/.test(name)) {
          found.set(`${file} ${name}`, value as Reader);
        }
      }
    }
  }
  for (const protocol of PROTOCOLS) {
    const { recognises } = protocol;
    if (recognises) found.set(`${protocol.name} recognises`, recognises);
  }
  for (const { name, ports, questions, read } of DATAGRAM_PROTOCOLS) {
    const context = { port: ports[0] ?? 0, question: questions[0]?.name ?? '' };
    found.set(`${name} read`, (bytes) => read(bytes, context));
  }
  return found;
}

describe('a million inputs', () => {
  it('crash no reader', async () => {
    const random = generator(SEED);
    const seeds = [
      ...PROTOCOLS.flatMap(({ name }) => readFixtures(name).flatMap(repliesOf)),
      ...DATAGRAM_PROTOCOLS.flatMap(({ name }) =>
        datagramFixtures(name).map(({ payload }) => bytesOfBase64(payload)),
      ),
    ];
    const all = [...(await readers())];
    expect(all.length).toBeGreaterThan(PROTOCOLS.length);
    expect(seeds.length).toBeGreaterThan(PROTOCOLS.length);
    for (let input = 0; input < INPUTS; input += 1) {
      const [name, read] = all[input % all.length] ?? ['none', () => undefined];
      const seed = seeds[random() % seeds.length];
      const bytes =
        random() % 4 === 0 || seed === undefined ? noise(random) : mutation(random, seed);
      try {
        read(bytes);
      } catch (thrown) {
        const hex = Buffer.from(bytes).toString('hex');
        throw new Error(`${name} threw on input ${input}: ${hex}`, { cause: thrown });
      }
    }
  }, 300_000);
});
