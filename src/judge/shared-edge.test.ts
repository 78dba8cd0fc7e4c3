import { describe, expect, it } from 'vitest';
import { certificate, FROM_OUTSIDE, openPort, tls } from '../../test/helpers/looks.ts';
import { NO_POLICY, type Policy } from '../model/policy.ts';
import type { SharedEdge } from '../model/scan.ts';
import type { Service } from '../model/service.ts';
import { judge } from './judge.ts';
import type { JudgeInput } from './subject.ts';

const EDGE: SharedEdge = {
  provider: 'Cloudflare',
  basis: 'list',
  evidence: ['192.0.2.7 is in the ranges that Cloudflare publishes'],
};

type Look = Partial<Service> | null;

function judged(port: number, look: Look, more: Partial<JudgeInput> = {}, policy = NO_POLICY) {
  return judge(openPort(port, look, { edge: EDGE, ...more }), policy, FROM_OUTSIDE);
}

function verdictOf(...look: Parameters<typeof judged>) {
  const { rule, level, severity } = judged(...look).verdict;
  return [rule, level, severity];
}

const SHARED = ['edge.shared-port', 'expected', 'info'];
const EXPIRED = { chain: [certificate({ notAfter: '2026-11-01T00:00:00Z' })] };

describe('a port of a shared edge', () => {
  it.each([
    [443, { protocol: 'https', tls: tls() }],
    [8443, { protocol: 'https', tls: tls() }],
    [2083, { protocol: 'tls', tls: tls() }],
    [3306, null],
    [6379, null],
    [22, { raw: { base64: '', text: 'something' } }],
  ] as const)('%i is the provider’s business', (port, look) => {
    expect(verdictOf(port, look)).toEqual(SHARED);
    expect(judged(port, look).findings).toEqual([]);
  });

  it('says whose port it is, and why', () => {
    const { verdict, findings } = judged(
      6379,
      null,
      {},
      { ...NO_POLICY, severities: { 'edge.shared-port': 'low' } },
    );
    expect(verdict.why).toBe(
      'The address is Cloudflare’s, shared among its customers: which ports it has open is Cloudflare’s decision, not that of your firewall.',
    );
    expect(findings.map(({ evidence }) => evidence)).toEqual([
      ['edge.provider: Cloudflare', `edge.evidence: ${EDGE.evidence[0]}`],
    ]);
  });

  it('may be forwarded to a server of somebody’s', () => {
    const database = { protocol: 'postgresql', product: 'PostgreSQL' };
    expect(verdictOf(5432, database)).toEqual(['edge.forwarded-service', 'unknown', 'low']);
    expect(judged(5432, database).verdict.why).toContain('PostgreSQL answers on port 5432');
  });

  it('lets through what strangers may do, and consoles', () => {
    const redis = { protocol: 'redis', details: { authRequired: false } };
    expect(verdictOf(6379, redis)[0]).toBe('access.no-authentication');
    expect(verdictOf(443, { protocol: 'grafana', tls: tls() })[0]).toBe(
      'exposed.admin-application',
    );
  });

  it('serves a customer’s name with the customer’s certificate, and its bare address with nobody’s', () => {
    const expired = { protocol: 'https', tls: tls(EXPIRED) };
    const rulesOf = (names: readonly string[]) =>
      judged(443, expired, { names }).findings.map(({ rule }) => rule);
    expect(rulesOf(['www.example.org'])).toEqual(['certificate.expired']);
    expect(rulesOf([])).toEqual([]);
  });

  it('is not what the keys of an SSH server of a customer are about', () => {
    const old = { protocol: 'ssh', details: { sshVersion: '1.99' } };
    const rulesOf = (more: Partial<JudgeInput>) =>
      judge(openPort(22, old, more), NO_POLICY, FROM_OUTSIDE).findings.map(({ rule }) => rule);
    expect(rulesOf({})).toContain('ssh.version-1');
    expect(rulesOf({ edge: EDGE })).toEqual(['edge.forwarded-service']);
  });

  it('is judged as any other when only its answers look like an edge', () => {
    const guess = { edge: { ...EDGE, basis: 'answers' } } as const;
    expect(verdictOf(443, { protocol: 'https' }, guess)[0]).toBe('service.web');
    expect(verdictOf(6379, null, guess)[0]).toBe('port.close');
  });
});

describe('a policy about a shared edge', () => {
  const policy = (only: boolean, from?: readonly string[]): Policy => ({
    ...NO_POLICY,
    rules: [
      {
        hosts: ['*'],
        only,
        expect: [{ ports: [[443, 443]], transport: 'tcp', ...(from && { from }) }],
      },
    ],
  });

  it('expects what it names', () => {
    expect(verdictOf(443, { protocol: 'https' }, {}, policy(true))[0]).toBe('policy.expected');
  });

  it('does not blame its reader for the other ports of the edge', () => {
    expect(verdictOf(8443, { protocol: 'https' }, {}, policy(true))).toEqual(SHARED);
    expect(
      verdictOf(
        8443,
        { protocol: 'https' },
        { edge: { ...EDGE, basis: 'answers' } },
        policy(true),
      )[0],
    ).toBe('policy.not-expected');
  });

  it('cannot be broken by a connection that every edge accepts', () => {
    const inner = policy(false, ['10.0.0.0/8']);
    expect(verdictOf(443, { protocol: 'https' }, {}, inner)[0]).toBe('policy.expected');
  });
});
