import { createHash, type Hash } from 'node:crypto';
import { type PlanSettings, SCHEMA, type Seal } from './entry.ts';

/** Digest of a list of texts, one after another. */
export class ListDigest {
  readonly #hash: Hash = createHash('sha256');

  add(text: string): void {
    // a length before each: no two lists of texts run into the same bytes
    this.#hash.update(`${text.length}:${text}`);
  }

  hex(): string {
    return this.#hash.digest('hex');
  }
}

export function digestOf(texts: Iterable<string>): string {
  const digest = new ListDigest();
  for (const text of texts) digest.add(text);
  return digest.hex();
}

/** Seals a plan: what it is made of, and one hash over all of it and the version of the file. */
export function sealOf(settings: PlanSettings, targets: string, exclude: string): Seal {
  const { ports, seed, shard, identify, show, policy } = settings;
  const transports = Object.entries(ports).filter(([, text]) => text !== '');
  const all = [transports, seed, shard, identify, show.toSorted(), policy?.text ?? null];
  return { targets, exclude, hash: digestOf([SCHEMA, targets, exclude, JSON.stringify(all)]) };
}
