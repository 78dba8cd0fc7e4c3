import type { Block } from './address.ts';
import { gather } from './gather.ts';
import type { IntakeOptions } from './intake.ts';
import { Intake } from './intake.ts';
import { permutation } from './permute.ts';
import { Places } from './places.ts';
import type { Leaf } from './read.ts';
import type { Placed } from './target.ts';

const HOLD_MS = 5000;

export interface ExpandOptions extends IntakeOptions {
  /** Key of the order in which addresses come; same key and targets without names, same order. */
  readonly seed: number;
  /** Longest wait in milliseconds for names before the first address. Default 5,000. */
  readonly holdMs?: number;
}

export interface Expansion {
  /**
   * Every address of the targets that is not excluded, once each, as canonical text, in an order
   * that spreads over the networks. Can be iterated once.
   */
  readonly addresses: AsyncIterable<string>;
  /**
   * Names from the targets that resolve to `address`, in the order written. Complete when the
   * address comes, save that a name may be added later when names took longer than `holdMs` or
   * there are more targets than are read ahead: ask again when the host is finished.
   */
  readonly namesOf: (address: string) => readonly string[];
  /** Distinct addresses known so far; exact once `complete`. */
  readonly counted: () => { readonly addresses: number; readonly complete: boolean };
}

/**
 * Expands targets lazily. Memory depends on the number of targets and names, never on the number
 * of addresses: what was yielded is remembered as blocks.
 */
export function expand(targets: AsyncIterable<Placed<Leaf>>, options: ExpandOptions): Expansion {
  const intake = new Intake(options);
  let ended = false;
  async function* watched() {
    yield* targets;
    ended = true;
  }
  const { signal, seed, holdMs = HOLD_MS } = options;
  return {
    addresses: addressesOf(gather(watched(), intake, { signal, holdMs }), seed, signal),
    namesOf: (address) => intake.namesOf(address),
    counted: () => ({ addresses: intake.count, complete: ended && intake.asking === 0 }),
  };
}

/** How many addresses `expand` would yield: reads every target and resolves every name, scans nothing. */
export async function countAddresses(
  targets: AsyncIterable<Placed<Leaf>>,
  options: IntakeOptions,
): Promise<number> {
  const intake = new Intake(options);
  for await (const _ of gather(targets, intake, { signal: options.signal, holdMs: 0 }));
  return intake.count;
}

async function* addressesOf(
  groups: AsyncIterable<readonly Block[]>,
  seed: number,
  signal: AbortSignal,
): AsyncGenerator<string> {
  for await (const blocks of groups) {
    for (const address of shuffled(blocks, seed)) {
      if (signal.aborted) return;
      yield address;
    }
  }
}

/** Every address of `blocks` (at most 2^32) once, in keyed order. */
export function* shuffled(blocks: readonly Block[], seed: number): Generator<string> {
  const places = new Places(blocks);
  const permute = permutation(places.total, seed);
  for (let step = 0; step < places.total; step += 1) yield places.at(permute(step));
}
