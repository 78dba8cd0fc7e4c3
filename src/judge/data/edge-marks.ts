import type { EDGE_FIELDS } from '../../model/edge-list.ts';

/** A mark in the answer of a web server. */
export interface FieldMark {
  readonly field: 'server' | 'via' | (typeof EDGE_FIELDS)[number];
  /** What the value looks like; absent: any. */
  readonly value?: RegExp;
}

/** What the answers of one provider's edge look like. */
export interface EdgeMarks {
  readonly provider: string;
  /** Fields that the last server on the way writes itself: another server in front would replace them. */
  readonly own: readonly FieldMark[];
  /** Fields that a server in front of the edge passes on. */
  readonly passed: readonly FieldMark[];
  /** Ends of names in certificates whose keys only the provider has. */
  readonly certificates: readonly string[];
}

/** Facts of the providers' own documentation of their response fields and default certificates. */
export const EDGE_MARKS: readonly EdgeMarks[] = [
  {
    provider: 'Cloudflare',
    own: [{ field: 'server', value: /^cloudflare$/i }],
    passed: [{ field: 'cf-ray', value: /^[0-9a-f]{16}/i }, { field: 'cf-cache-status' }],
    certificates: ['cloudflaressl.com'],
  },
  {
    provider: 'Fastly',
    own: [],
    passed: [
      { field: 'x-served-by', value: /^cache-[a-z]{3}/i },
      { field: 'x-timer', value: /^S\d+\.\d+,VS\d/ },
      { field: 'x-fastly-request-id' },
    ],
    certificates: ['fastly.net', 'fastlylb.net'],
  },
  {
    provider: 'Amazon CloudFront',
    own: [{ field: 'server', value: /^CloudFront$/i }],
    passed: [
      { field: 'x-amz-cf-id' },
      { field: 'x-amz-cf-pop' },
      { field: 'via', value: /\(CloudFront\)/i },
    ],
    certificates: ['cloudfront.net'],
  },
  {
    provider: 'Akamai',
    own: [{ field: 'server', value: /^AkamaiGHost$/i }],
    passed: [
      { field: 'x-akamai-request-id' },
      { field: 'x-akamai-transformed' },
      { field: 'akamai-grn' },
    ],
    certificates: ['akamai.net', 'akamaiedge.net', 'akamaihd.net', 'akamaized.net'],
  },
  {
    provider: 'Azure Front Door',
    own: [],
    passed: [{ field: 'x-azure-ref' }],
    certificates: ['azureedge.net', 'azurefd.net'],
  },
  {
    provider: 'Imperva',
    own: [],
    passed: [{ field: 'x-iinfo' }, { field: 'x-cdn', value: /^(?:Imperva|Incapsula)/i }],
    certificates: ['incapsula.com'],
  },
  {
    provider: 'Sucuri',
    own: [{ field: 'server', value: /^Sucuri\/Cloudproxy/i }],
    passed: [{ field: 'x-sucuri-id' }, { field: 'x-sucuri-cache' }],
    certificates: [],
  },
  {
    provider: 'Google',
    own: [{ field: 'server', value: /^Google Frontend$/i }],
    passed: [{ field: 'via', value: /^1\.1 google$/i }],
    certificates: [],
  },
  {
    provider: 'Bunny',
    own: [{ field: 'server', value: /^BunnyCDN/i }],
    passed: [{ field: 'cdn-pullzone' }, { field: 'cdn-requestid' }],
    certificates: ['b-cdn.net'],
  },
  {
    provider: 'CDN77',
    own: [{ field: 'server', value: /^CDN77/i }],
    passed: [{ field: 'x-77-nzt' }, { field: 'x-77-cache' }],
    certificates: ['cdn77.org'],
  },
  {
    provider: 'KeyCDN',
    own: [{ field: 'server', value: /^keycdn/i }],
    passed: [{ field: 'x-edge-location' }],
    certificates: ['kxcdn.com'],
  },
  {
    provider: 'Gcore',
    own: [],
    passed: [],
    certificates: ['gcdn.co'],
  },
  {
    provider: 'DDoS-Guard',
    own: [{ field: 'server', value: /^ddos-guard$/i }],
    passed: [],
    certificates: [],
  },
  {
    provider: 'Vercel',
    own: [{ field: 'server', value: /^Vercel$/i }],
    passed: [{ field: 'x-vercel-id' }],
    certificates: [],
  },
  {
    provider: 'Netlify',
    own: [{ field: 'server', value: /^Netlify$/i }],
    passed: [{ field: 'x-nf-request-id' }],
    certificates: [],
  },
];
