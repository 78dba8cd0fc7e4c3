import type { Kysely } from 'kysely';
import type { Tables } from '../schema.ts';
import { exclusionsOf, policyOf, quotasOf } from './settings.ts';

/** What holds for every scan of a tenant, whoever asked for it. */
export interface ScanRules {
  /** Text of its policy file; null: it has none. */
  readonly policy: string | null;
  /** Never scanned, in the notation of targets: its own, and those of the installation. */
  readonly exclude: readonly string[];
  /** Addresses at most; null: as many as it likes. */
  readonly addresses: number | null;
}

export async function scanRules(db: Kysely<Tables>, tenant: string): Promise<ScanRules> {
  const { tenant: own, installation } = await exclusionsOf(db, tenant);
  const { addressesPerScan } = await quotasOf(db, tenant);
  return {
    policy: await policyOf(db, tenant),
    exclude: [...own, ...installation],
    addresses: addressesPerScan,
  };
}
