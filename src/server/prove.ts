import pLimit from 'p-limit';
import type { TextResolver } from '../net/dns.ts';
import type { Store } from '../store/open.ts';
import { type Evidence, grantsToCheck, noteCheck } from '../store/queries/grants.ts';
import type { GrantRow } from '../store/service-schema.ts';

/** Of one turn; the rest is due the next time. */
const GRANTS_A_TURN = 200;
const ASKED_AT_ONCE = 10;

/** The TXT record that proves a name: whoever can set it at that very name owns it. */
export function proofRecord({ target, token }: Pick<GrantRow, 'target' | 'token'>) {
  return { name: `_postern-challenge.${target}`, value: `postern-verify=${token}` };
}

export interface Proof {
  readonly evidence: Evidence;
  /** For people: what the name server said. */
  readonly detail: string;
}

/** Asks the DNS for the proof of a name. A server that cannot tell is no evidence. */
export async function proofOf(grant: GrantRow, names: TextResolver): Promise<Proof> {
  const { name, value } = proofRecord(grant);
  const answer = await names.texts(name);
  if (answer.kind === 'unknown') return { evidence: 'unknown', detail: answer.detail };
  if (answer.kind === 'none') return { evidence: 'absent', detail: `${name} has no TXT record` };
  return answer.texts.some((text) => text.trim() === value)
    ? { evidence: 'proved', detail: `${name} has the record` }
    : { evidence: 'absent', detail: `${name} has other TXT records only` };
}

/** A turn of the loop that looks whether proofs are still there: once a day for each. */
export async function recheckGrants(
  store: Store,
  names: TextResolver,
  now: number,
  signal: AbortSignal,
): Promise<void> {
  const due = await store.read((db) => grantsToCheck(db, now, GRANTS_A_TURN));
  const limited = pLimit(ASKED_AT_ONCE);
  await Promise.all(
    due.map((grant) =>
      limited(async () => {
        if (signal.aborted) return;
        const { evidence } = await proofOf(grant, names);
        const { tenant, id } = grant;
        await store.write((tx) => noteCheck(tx, tenant, store.facts, id, evidence, now));
      }),
    ),
  );
}
