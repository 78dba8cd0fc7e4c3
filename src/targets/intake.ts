import type { PosternError } from '../model/errors.ts';
import { problem } from '../model/errors.ts';
import type { Resolver } from '../net/dns.ts';
import type { Block } from './address.ts';
import { blockOf, formatAddress, parseAddress, sizeOf } from './address.ts';
import { AddressSet } from './address-set.ts';
import type { Exclusions } from './exclude.ts';
import { nameProblem } from './name-problem.ts';
import { MAX_PERMUTED } from './permute.ts';
import type { Leaf } from './read.ts';
import { hostsOf, noHostReason } from './special.ts';
import type { Placed } from './target.ts';
import { shown } from './target.ts';

/** Most addresses one target may hold. */
const MAX_SIZE = MAX_PERMUTED;

type NameTarget = Leaf & { readonly kind: 'name' };
type BlockTarget = Exclude<Leaf, NameTarget>;

export interface IntakeOptions {
  readonly exclusions: Exclusions;
  readonly resolver: Resolver;
  /** Called for each target, or address of a name, that cannot be scanned; the rest goes on. */
  readonly onProblem: (problem: PosternError) => void;
  readonly signal: AbortSignal;
}

/**
 * Turns targets into blocks of addresses that were in no target before and are not excluded.
 * Memory: two numbers per separate block of addresses, plus the names.
 */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #seen = new AddressSet();
  /** Every name taken in so far, to its place among them. */
  readonly #order = new Map<string, number>();
  readonly #names = new Map<string, string[]>();
  #count = 0;
  #asking = 0;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** Distinct addresses taken in so far. */
  get count(): number {
    return this.#count;
  }

  /** Names handed to the resolver and not answered yet. */
  get asking(): number {
    return this.#asking;
  }

  /** Names that resolved to `address`, in the order the user wrote them. */
  namesOf(address: string): readonly string[] {
    const names = this.#names.get(address) ?? [];
    return names.toSorted((a, b) => (this.#order.get(a) ?? 0) - (this.#order.get(b) ?? 0));
  }

  /** What a target of addresses adds. */
  blocks({ target, where }: Placed<BlockTarget>): readonly Block[] {
    const { onProblem } = this.#options;
    const size = target.blocks.reduce((sum, block) => sum + sizeOf(block), 0);
    if (size > MAX_SIZE) {
      onProblem(problem('TARGET_TOO_LARGE', { where, value: shown(target.text) }));
      return [];
    }
    const hosts = target.blocks.flatMap(hostsOf);
    const [first] = target.blocks;
    if (hosts.length === 0 && first !== undefined) {
      const values = { where, value: shown(target.text), problem: noHostReason(first) };
      onProblem(problem('TARGET_NOT_A_HOST', values));
    }
    return this.#fresh(hosts);
  }

  /** Whether a name still has to be resolved: it is new and not excluded. Remembers it. */
  wants(name: string): boolean {
    if (this.#order.has(name) || this.#options.exclusions.names.has(name)) return false;
    this.#order.set(name, this.#order.size);
    return true;
  }

  /** What a name adds: all its addresses of both families. */
  async name({ target, where }: Placed<NameTarget>): Promise<readonly Block[]> {
    const { resolver, onProblem, signal } = this.#options;
    this.#asking += 1;
    const { addresses, failure } = await resolver.resolve(target.name);
    this.#asking -= 1;
    if (signal.aborted) return [];
    if (failure !== undefined) onProblem(nameProblem(target.name, where, failure));
    return addresses.flatMap((text) => this.#fresh(this.#named(target.name, text, where)));
  }

  /** The block of one address of a name, with the name noted; none when it is excluded or no host. */
  #named(name: string, text: string, where: string): readonly Block[] {
    const address = parseAddress(text);
    const blocks = address === null ? [] : hostsOf(blockOf(address));
    if (address === null || blocks.length === 0) {
      const reason = address === null ? 'it is not an address' : noHostReason(blockOf(address));
      const values = { where, value: `${name} (${shown(text)})`, problem: reason };
      this.#options.onProblem(problem('TARGET_NOT_A_HOST', values));
    } else if (!this.#options.exclusions.addresses.has(address)) {
      this.#note(formatAddress(address), name);
    }
    return blocks;
  }

  #note(address: string, name: string): void {
    const names = this.#names.get(address);
    if (names === undefined) this.#names.set(address, [name]);
    // All addresses of a name are noted in one go: only the last can be the same name.
    else if (names.at(-1) !== name) names.push(name);
  }

  #fresh(blocks: readonly Block[]): readonly Block[] {
    const allowed = blocks.flatMap((block) => this.#options.exclusions.addresses.without(block));
    const fresh = allowed.flatMap((block) => this.#seen.without(block));
    this.#seen.add(fresh);
    this.#count += fresh.reduce((sum, block) => sum + sizeOf(block), 0);
    return fresh;
  }
}
