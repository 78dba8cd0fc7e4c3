import { problem } from '../model/errors.ts';
import type { Resolver } from '../net/dns.ts';
import type { Block } from './address.ts';
import { blockOf, parseAddress } from './address.ts';
import { AddressSet } from './address-set.ts';
import { describeFailure } from './name-problem.ts';
import type { Leaf, Trouble } from './read.ts';
import { readTexts } from './read.ts';
import type { Placed } from './target.ts';
import { shown } from './target.ts';

/** What must not be touched, whatever the targets say. */
export interface Exclusions {
  /** As the user wrote them, after files were read. */
  readonly texts: readonly string[];
  readonly addresses: AddressSet;
  /** Names as `parseHostName` gives them: a target of that name is left out whatever it resolves to. */
  readonly names: ReadonlySet<string>;
}

export interface ExcludeOptions {
  readonly resolver: Resolver;
  readonly signal: AbortSignal;
}

export const NO_EXCLUSIONS: Exclusions = {
  texts: [],
  addresses: new AddressSet(),
  names: new Set(),
};

interface Gathered {
  readonly texts: string[];
  readonly addresses: AddressSet;
  /** Name to where it was written. */
  readonly names: Map<string, string>;
}

/**
 * Reads exclusions in the notation of targets; names count with every address they have now.
 * Throws EXCLUDE_SYNTAX, EXCLUDE_FILE or EXCLUDE_NAME at the first that is broken: a slip of the
 * pen must not expose what somebody wanted left alone.
 */
export async function readExclusions(
  texts: readonly string[],
  options: ExcludeOptions,
): Promise<Exclusions> {
  const { texts: written, addresses, names } = await gather(texts, options.signal);
  const resolved = await Promise.all(
    [...names].map(([name, where]) => addressesOf({ target: name, where }, options.resolver)),
  );
  addresses.add(resolved.flat());
  return { texts: written, addresses, names: new Set(names.keys()) };
}

async function gather(texts: readonly string[], signal: AbortSignal): Promise<Gathered> {
  const gathered: Gathered = { texts: [], addresses: new AddressSet(), names: new Map() };
  const troubles: Trouble[] = [];
  const onTrouble = (trouble: Trouble) => troubles.push(trouble);
  for await (const batch of readTexts(texts, 'item', { onTrouble, signal })) {
    if (troubles.length > 0) break;
    keep(batch, gathered);
  }
  const [first] = troubles;
  if (first !== undefined) throw broken(first);
  signal.throwIfAborted();
  return gathered;
}

/** A batch is added to the set at once: one by one, its tables would be merged for each. */
function keep(batch: readonly Placed<Leaf>[], { texts, addresses, names }: Gathered): void {
  const blocks: Block[] = [];
  for (const { target, where } of batch) {
    texts.push(target.text);
    if (target.kind !== 'name') blocks.push(...target.blocks);
    else if (!names.has(target.name)) names.set(target.name, where);
  }
  addresses.add(blocks);
}

function broken({ kind, where, value, reason }: Trouble) {
  const code = kind === 'file' ? 'EXCLUDE_FILE' : 'EXCLUDE_SYNTAX';
  return problem(code, { where, value, problem: reason });
}

async function addressesOf(name: Placed<string>, resolver: Resolver): Promise<Block[]> {
  const { addresses, failure } = await resolver.resolve(name.target);
  if (failure !== undefined) {
    const values = { where: name.where, value: shown(name.target) };
    throw problem('EXCLUDE_NAME', { ...values, problem: describeFailure(failure) });
  }
  return addresses.flatMap((text) => {
    const address = parseAddress(text);
    return address === null ? [] : [blockOf(address)];
  });
}
