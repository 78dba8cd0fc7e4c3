/** The addresses of one provider's edge, as the provider publishes them. */
export interface EdgeList {
  /** `Cloudflare`. */
  readonly provider: string;
  /** Where the provider publishes the list. */
  readonly source: string;
  /** When the list was as it is here: `2026-06-14`, `2026-06` or `2026`. */
  readonly asOf: string;
  /** CIDR blocks, addresses or ranges of both families. */
  readonly networks: readonly string[];
}

/** What data/edges.json and the file of `--edges` hold. */
export interface EdgeFile {
  readonly schema: 'postern.edges/1';
  readonly providers: readonly EdgeList[];
}

/**
 * HTTP fields in small letters by which edges can be told, kept with the facts of a web server. Server
 * and Via are kept anyway.
 */
export const EDGE_FIELDS = [
  'cf-ray',
  'cf-cache-status',
  'x-served-by',
  'x-timer',
  'x-fastly-request-id',
  'x-amz-cf-id',
  'x-amz-cf-pop',
  'x-akamai-request-id',
  'x-akamai-transformed',
  'akamai-grn',
  'x-azure-ref',
  'x-iinfo',
  'x-cdn',
  'x-sucuri-id',
  'x-sucuri-cache',
  'cdn-pullzone',
  'cdn-requestid',
  'x-77-nzt',
  'x-77-cache',
  'x-edge-location',
  'x-vercel-id',
  'x-nf-request-id',
] as const;
