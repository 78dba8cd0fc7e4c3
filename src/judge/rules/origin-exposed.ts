import { isCloudflareOrigin } from '../origin-certificate.ts';
import type { FindingRule } from '../rule.ts';

/** A server that is meant to be reached through its edge only, and answers us. */
export const originExposed: FindingRule = {
  ids: ['edge.origin-reachable'],
  check({ tls, inside, overLoopback }) {
    const [leaf] = tls.items('chain');
    if (leaf === undefined || inside || overLoopback || !isCloudflareOrigin(leaf)) return [];
    return [
      {
        rule: 'edge.origin-reachable',
        why: 'The certificate is one for the way from Cloudflare to this server, so the server is meant to be reached through Cloudflare only, and it answers everybody: who knows its address goes around Cloudflare’s protection.',
        todo: 'Let the firewall pass this port from Cloudflare’s addresses only (https://www.cloudflare.com/ips/), or connect through a tunnel.',
        evidence: [`certificate.issuer: ${leaf.text('issuer') ?? ''}`],
      },
    ];
  },
};
