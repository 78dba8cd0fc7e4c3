import { sql, type Transaction } from 'kysely';
import type { Tables } from '../schema.ts';

/**
 * Counts an attempt in the window that is open for `id`, or opens one of `windowMs`. Resolves to the
 * number of attempts in it, this one included, and when it ends (ms). Counted once whoever asks at the
 * same time.
 */
export async function countAttempt(
  tx: Transaction<Tables>,
  id: string,
  { now, windowMs }: { readonly now: number; readonly windowMs: number },
): Promise<{ readonly count: number; readonly until: number }> {
  await tx.deleteFrom('auth_limits').where('until', '<=', now).execute();
  const until = now + windowMs;
  const { rows } = await sql<{ count: number; until: number }>`
    insert into auth_limits (id, count, until) values (${id}, 1, ${until})
    on conflict (id) do update set count = auth_limits.count + 1
    returning count, until`.execute(tx);
  return rows[0] ?? { count: 1, until };
}

/** Forgets what was counted: the right password came. */
export async function forgetAttempts(tx: Transaction<Tables>, id: string): Promise<void> {
  await tx.deleteFrom('auth_limits').where('id', '=', id).execute();
}
