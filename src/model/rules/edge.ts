import { family } from './text.ts';

/** Verdicts and findings about the shared edges of CDNs and proxies. */
export const edgeRules = family({
  'edge.shared-port': {
    title: 'Port of a shared edge',
    severity: 'info',
    sees: 'The address is in the ranges that a CDN or proxy publishes as its edge ([edges.md](edges.md)), and a web server, nothing, or something not recognised answers. Open access and consoles behind the edge still come first.',
    matters:
      'Every customer of the provider has these ports open at this address. A firewall of yours can neither close them nor explain them.',
    todo: 'Nothing here. Scan the address of the origin to see your own firewall.',
  },
  'edge.forwarded-service': {
    title: 'Service on a shared edge',
    severity: 'low',
    sees: 'The address is in the ranges that a CDN or proxy publishes as its edge, and something else than a web server was identified.',
    matters:
      'Edges speak HTTP. Another protocol is the provider’s own service, or a port that a customer lets it forward: then a server stands behind it that its address list does not protect.',
    todo: 'If you let the provider forward this port, judge the service at its origin.',
  },
  'edge.origin-reachable': {
    title: 'Origin reachable around its edge',
    severity: 'medium',
    sees: 'A certificate of Cloudflare’s Origin CA answers on a public address that is not Cloudflare’s. Such certificates are for the way from the edge to the origin; browsers do not trust them.',
    matters:
      'The server is meant to be reached through the edge. Who finds its address goes around the edge’s filters and rate limits.',
    todo: 'Let the firewall pass the port from the provider’s addresses only, or use its tunnel.',
  },
});
