import type { Facts } from './facts.ts';

/**
 * Whether a certificate is of the authority that Cloudflare runs for its customers' own servers: it is
 * made for the way between edge and origin, and no browser trusts it. Where it answers, the origin does.
 */
export function isCloudflareOrigin(leaf: Facts): boolean {
  return /CloudFlare Origin (?:SSL|ECC) /i.test(leaf.text('issuer') ?? '');
}
