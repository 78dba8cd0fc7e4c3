import type { Kysely } from 'kysely';
import { containsNetwork, readNetwork } from '../../model/network.ts';
import type { Tables } from '../schema.ts';

/**
 * Those of some targets (host names, addresses, CIDR blocks, in lower case) that a tenant may not have
 * scanned. A granted name covers all names below it; a granted network all of its addresses.
 */
export async function ungranted(
  db: Kysely<Tables>,
  tenant: string,
  targets: readonly string[],
): Promise<readonly string[]> {
  const grants = await db
    .selectFrom('grants')
    .select(['target', 'kind'])
    .where('tenant', '=', tenant)
    .where('status', '=', 'granted')
    .execute();
  const names = grants.filter(({ kind }) => kind === 'name').map(({ target }) => target);
  const networks = grants
    .filter(({ kind }) => kind === 'network')
    .flatMap(({ target }) => readNetwork(target) ?? []);
  return targets.filter((target) => {
    const asked = readNetwork(target);
    if (asked !== null) return !networks.some((network) => containsNetwork(network, asked));
    return !names.some((name) => target === name || target.endsWith(`.${name}`));
  });
}
