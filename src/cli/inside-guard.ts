import type { Resolver } from '../net/dns.ts';
import { isOwnAddress } from '../net/own-addresses.ts';
import { isOutside } from '../notify/guard.ts';

/** Those of some addresses that may not be visited. */
type Barred = (addresses: readonly string[]) => Promise<readonly string[]>;

/**
 * A resolver for targets that a tenant names. Who owns a name may point it anywhere: at addresses
 * inside (private ones, this machine's own, those of clouds) it leads only where these are granted.
 */
export function guardInside(resolver: Resolver, barred: Barred): Resolver {
  return {
    resolve: async (name) => {
      const found = await resolver.resolve(name);
      const inside = found.addresses.filter((one) => !isOutside(one) || isOwnAddress(one));
      const refused = inside.length === 0 ? [] : await barred(inside);
      if (refused.length === 0) return found;
      const detail = `its address ${refused.join(', ')} is inside, and no grant of a network covers it`;
      return {
        addresses: found.addresses.filter((one) => !refused.includes(one)),
        failure: { kind: 'inside', detail },
      };
    },
  };
}
