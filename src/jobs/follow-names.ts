import type { NameFailure, Resolution, Resolver } from '../net/dns.ts';
import type { Store } from '../store/open.ts';
import { assetNames, type NameAnswer, noteAnswers } from '../store/queries/asset-addresses.ts';
import { formatAddress, parseAddress } from '../targets/address.ts';

/** Names asked for between two writes. */
const BATCH = 500;
/** Answers in a row without an address after which it has left: DNS that takes turns shows each in fewer. */
const LEFT_AFTER = 5;

export interface FollowOptions {
  readonly store: Store;
  readonly tenant: string;
  /** Bounds how many names are asked for at once. */
  readonly resolver: Resolver;
  readonly signal: AbortSignal;
  readonly now: () => number;
  /** Id of the job. */
  readonly batch: string;
  /** Default 5. */
  readonly leftAfter?: number;
}

/** Resolves the names among a tenant's assets and notes what joined and left. Resolves to how many. */
export async function followNames(options: FollowOptions): Promise<number> {
  const { store, tenant, resolver, signal, now, batch, leftAfter = LEFT_AFTER } = options;
  let count = 0;
  for (let after: string | undefined; ; ) {
    const asked = { limit: BATCH, after };
    const names = await store.read((db) => assetNames(db, tenant, asked));
    const answers = await Promise.all(
      names.map(async (name) => answerOf(name, await resolver.resolve(name))),
    );
    // what was cut off is no answer
    if (signal.aborted) return count;
    const told = answers.filter((answer) => answer !== null);
    const note = { now: now(), leftAfter, batch };
    if (told.length > 0) {
      await store.write((tx) => noteAnswers(tx, tenant, store.facts, told, note));
    }
    count += names.length;
    after = names.at(-1);
    if (names.length < BATCH) return count;
  }
}

/** Kinds that are the word of the DNS on a whole name; the others say that nobody answered. */
const ANSWERS: readonly NameFailure['kind'][] = ['not-found', 'no-address'];

/** Null: the look-up failed, which is no evidence. */
function answerOf(name: string, { addresses: texts, failure }: Resolution): NameAnswer | null {
  const addresses = texts.flatMap((text) => {
    const address = parseAddress(text);
    return address === null ? [] : [formatAddress(address)];
  });
  if (failure === undefined || ANSWERS.includes(failure.kind)) {
    return { name, addresses, known: [4, 6] };
  }
  if (addresses.length === 0) return null;
  // one family answered: the other could not be asked
  const known = ([4, 6] as const).filter((family) =>
    addresses.some((address) => address.includes(':') === (family === 6)),
  );
  return { name, addresses, known };
}
