import type { ServiceIdentity } from '../model/history.ts';
import type { Service } from '../model/service.ts';

/** What identifies a service: never a time or a nonce in a banner. */
export function identityOf(service: Service | undefined): ServiceIdentity {
  if (service === undefined) return {};
  const certificate = service.tls?.chain[0]?.sha256;
  return {
    ...(service.protocol === 'unknown' ? {} : { protocol: service.protocol }),
    ...(service.product === undefined ? {} : { product: service.product }),
    ...(service.version === undefined ? {} : { version: service.version }),
    ...(certificate === undefined ? {} : { certificate }),
  };
}

/**
 * Whether two looks met different services. What only one of them learned is no difference: it
 * depends on how well the look went.
 */
export function isOther(before: ServiceIdentity, after: ServiceIdentity): boolean {
  return FIELDS.some(
    (field) =>
      before[field] !== undefined && after[field] !== undefined && before[field] !== after[field],
  );
}

/** Everything that is known of one service after another look. */
export function joinIdentities(before: ServiceIdentity, after: ServiceIdentity): ServiceIdentity {
  return { ...before, ...after };
}

const FIELDS = ['protocol', 'product', 'version', 'certificate'] as const;
