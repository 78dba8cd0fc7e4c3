import { randomUUID } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Tables } from '../schema.ts';
import type { GrantRow } from '../service-schema.ts';

/** Grants names and networks on the word of the operator. */
export async function grantByOperator(
  tx: Kysely<Tables>,
  tenant: string,
  targets: readonly Pick<GrantRow, 'target' | 'kind'>[],
  { by, now }: { readonly by: string; readonly now: number },
): Promise<void> {
  if (targets.length === 0) return;
  const rows = targets.map(
    ({ target, kind }): GrantRow => ({
      ...{ tenant, id: randomUUID(), target, kind, method: 'operator', token: null },
      ...{ status: 'granted', created_at: now, created_by: by, proved_at: now, checked_at: null },
      misses: 0,
    }),
  );
  await tx
    .insertInto('grants')
    .values(rows)
    .onConflict((on) =>
      on.columns(['tenant', 'target', 'method']).doUpdateSet({ status: 'granted' }),
    )
    .execute();
}
