import type { Kysely } from 'kysely';
import { z } from 'zod';
import { LOCAL } from '../open.ts';
import type { Tables } from '../schema.ts';

/** What holds for every scan of a tenant, whoever asked for it. */
export interface ScanRules {
  /** Text of its policy file; null: it has none. */
  readonly policy: string | null;
  /** Never scanned, in the notation of targets: its own, and those of the installation. */
  readonly exclude: readonly string[];
}

export async function scanRules(db: Kysely<Tables>, tenant: string): Promise<ScanRules> {
  const setting = async (of: string, name: string): Promise<unknown> => {
    const row = await db
      .selectFrom('meta')
      .select('value')
      .where('tenant', '=', of)
      .where('name', '=', name)
      .executeTakeFirst();
    return row === undefined ? undefined : (JSON.parse(row.value) as unknown);
  };
  const texts = z.array(z.string()).default([]);
  const own = texts.parse(await setting(tenant, 'exclusions'));
  const all = texts.parse(await setting(LOCAL, 'exclusions.installation'));
  const policy = z
    .string()
    .nullable()
    .default(null)
    .parse(await setting(tenant, 'policy'));
  return { policy, exclude: [...own, ...all] };
}
