import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { certificate, tls } from '../../test/helpers/looks.ts';
import { EDGE_FIELDS } from '../model/edge-list.ts';
import type { Service } from '../model/service.ts';
import { EDGE_MARKS } from './data/edge-marks.ts';
import { type Answer, edgeByAnswers } from './edge-answers.ts';

type Fields = Readonly<Record<string, string>>;

function web(fields: Fields, more: Partial<Service> = {}): Answer {
  const { server, via, ...others } = fields;
  const edgeFields = Object.entries(others).map(([name, value]) => ({ name, value }));
  const details = {
    ...(server === undefined ? {} : { server }),
    ...(via === undefined ? {} : { via }),
    edgeFields,
  };
  return { port: 443, service: { protocol: 'https', details, ...more } };
}

function withCertificate(...names: string[]): Partial<Service> {
  return { tls: tls({ chain: [certificate({ names })] }) };
}

function providerOf(...answers: Answer[]): string | undefined {
  return edgeByAnswers(answers)?.provider;
}

const RAY = { 'cf-ray': '8c1f0a2b3c4d5e6f-FRA' };

describe('an edge by its answers', () => {
  it.each([
    ['Cloudflare', web({ server: 'cloudflare', ...RAY })],
    ['Cloudflare', web({ server: 'cloudflare' })],
    ['Cloudflare', web({}, withCertificate('sni.cloudflaressl.com', 'shop.example'))],
    [
      'Fastly',
      web({ 'x-served-by': 'cache-fra-eddf8230020-FRA', 'x-timer': 'S1700000000.1,VS0,VE1' }),
    ],
    ['Fastly', web({}, withCertificate('*.global.ssl.fastly.net'))],
    ['Amazon CloudFront', web({ via: '1.1 a.cloudfront.net (CloudFront)', 'x-amz-cf-id': 'ab' })],
    ['Amazon CloudFront', web({}, withCertificate('*.cloudfront.net'))],
    ['Akamai', web({ server: 'AkamaiGHost' })],
    ['Azure Front Door', web({ 'x-azure-ref': '2026' }, withCertificate('*.azureedge.net'))],
    ['Imperva', web({ 'x-iinfo': '1-2-3', 'x-cdn': 'Imperva' })],
    ['Sucuri', web({ server: 'Sucuri/Cloudproxy', 'x-sucuri-id': '15003' })],
    ['Bunny', web({ server: 'BunnyCDN-DE1-1080' })],
    ['Google', web({ server: 'Google Frontend' })],
  ])('%s', (provider, answer) => {
    expect(providerOf(answer)).toBe(provider);
  });

  it.each([
    ['a single field that a server in front passes on', web({ server: 'nginx', ...RAY })],
    [
      'a field of the same name with another value',
      web({ server: 'nginx', 'x-served-by': 'web1', 'x-timer': '12 ms' }),
    ],
    ['via another proxy', web({ via: '1.1 varnish', server: 'Apache' })],
    [
      'a certificate for a name that only ends alike',
      web({}, withCertificate('notcloudfront.net')),
    ],
    ['no web server', { port: 22, service: { protocol: 'ssh', product: 'OpenSSH' } }],
  ])('is not told by %s', (_, answer) => {
    expect(providerOf(answer)).toBeUndefined();
  });

  it('counts one mark once, on however many ports it is seen', () => {
    expect(providerOf(web({ ...RAY }), { ...web({ ...RAY }), port: 8443 })).toBeUndefined();
  });

  it('believes no name in a certificate that its owner signed', () => {
    const chain = [certificate({ names: ['sni.cloudflaressl.com'], selfSigned: true })];
    expect(providerOf(web({}, { tls: tls({ chain }) }))).toBeUndefined();
  });

  it('knows a certificate of Cloudflare’s Origin CA for the origin’s own', () => {
    const issuer = 'C=US, O=CloudFlare, Inc., OU=CloudFlare Origin SSL Certificate Authority';
    const origin = { tls: tls({ chain: [certificate({ issuer })] }) };
    expect(providerOf(web({ server: 'cloudflare', ...RAY }, origin))).toBeUndefined();
  });

  it('takes the provider with more marks, and says what it rests on and what it does not', () => {
    const netlifyBehindCloudFront = web({
      server: 'Netlify',
      'x-nf-request-id': '01J',
      'x-amz-cf-id': 'ab',
      'x-amz-cf-pop': 'FRA60',
    });
    expect(edgeByAnswers([netlifyBehindCloudFront])).toEqual({
      provider: 'Netlify',
      basis: 'answers',
      evidence: [
        'Port 443 answers with server: Netlify',
        'Port 443 answers with x-nf-request-id: 01J',
        'The address is in no list of Netlify’s addresses that is known here: a server that passes Netlify’s answers on looks the same.',
      ],
    });
  });

  it('is told from anything without failing', () => {
    const details = fc.dictionary(
      fc.constantFrom('server', 'via', 'edgeFields', 'title'),
      fc.oneof(
        fc.string(),
        fc.array(fc.record({ name: fc.constantFrom(...EDGE_FIELDS), value: fc.anything() })),
        fc.anything(),
      ),
    );
    const providers = [undefined, ...EDGE_MARKS.map(({ provider }) => provider)];
    fc.assert(
      fc.property(details, (of) => {
        const service: Service = { protocol: 'http', details: of };
        expect(providers).toContain(providerOf({ port: 80, service }));
      }),
    );
  });
});

describe('the marks of edges', () => {
  it('use every field that is kept, and no other', () => {
    const used = EDGE_MARKS.flatMap(({ own, passed }) => [...own, ...passed]).map(
      ({ field }) => field,
    );
    const kept = used.filter((field) => field !== 'server' && field !== 'via');
    expect(new Set(kept)).toEqual(new Set(EDGE_FIELDS));
  });
});
