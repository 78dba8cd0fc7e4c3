import { describe, expect, it } from 'vitest';
import { FROM_OUTSIDE, openPort } from '../../test/helpers/looks.ts';
import type { Expectation, Policy, PolicyRule } from '../model/policy.ts';
import { judge } from './judge.ts';
import type { JudgeContext } from './subject.ts';

function policy(hosts: readonly string[], rule: Partial<PolicyRule>): Policy {
  return {
    labels: { web: ['192.0.2.0/28', '*.shop.example'] },
    rules: [{ hosts, expect: [], only: false, ...rule }],
    severities: {},
  };
}

function expecting(port: number, more: Partial<Expectation> = {}): Partial<PolicyRule> {
  return { expect: [{ ports: [[port, port]], transport: 'tcp', ...more }] };
}

const redis = { protocol: 'redis', details: { authRequired: true } };
const everywhere = ['0.0.0.0/0'];

function verdict(rules: Policy, port: number, context: JudgeContext = FROM_OUTSIDE) {
  return judge(openPort(port, redis), rules, context).verdict;
}

describe('host patterns', () => {
  it.each([
    ['192.0.2.7', true],
    ['192.0.2.8', false],
    ['192.0.2.0/24', true],
    ['198.51.100.0/24', false],
    ['192.0.2.1-9', true],
    ['192.0.2.8-192.0.2.9', false],
    ['www.example.org', true],
    ['WWW.Example.org.', true],
    ['*.example.org', true],
    ['w*.*.org', true],
    ['*', true],
    ['example.org', false],
    ['*.example.com', false],
    ['label:web', true],
    ['label:mail', false],
    ['label:constructor', false],
  ])('%s covers 192.0.2.7 (www.example.org): %s', (pattern, covered) => {
    const { rule } = verdict(policy([pattern], expecting(6379)), 6379);
    expect(rule).toBe(covered ? 'policy.expected' : 'exposed.cache');
  });
});

it('covers hosts without a name by * alone', () => {
  const nameless = openPort(6379, redis, { names: [] });
  const ruleOf = (pattern: string) =>
    judge(nameless, policy([pattern], expecting(6379)), FROM_OUTSIDE).verdict.rule;
  expect(ruleOf('*')).toBe('policy.expected');
  expect(ruleOf('**')).toBe('exposed.cache');
});

describe('the policy in the verdict', () => {
  it('expects what it says, and quotes the reason', () => {
    const rules = policy(everywhere, expecting(6379, { reason: 'Session store of the shop' }));
    expect(verdict(rules, 6379)).toEqual({
      level: 'expected',
      severity: 'info',
      rule: 'policy.expected',
      why: 'The policy expects port 6379 here ("Session store of the shop").',
      todo: '',
    });
    expect(verdict(rules, 6380).rule).toBe('exposed.cache');
  });

  it('keeps transports apart', () => {
    const rules = policy(everywhere, expecting(6379, { transport: 'udp' }));
    expect(verdict(rules, 6379).rule).toBe('exposed.cache');
  });

  it.each([
    ['198.51.100.0/24', FROM_OUTSIDE, 'policy.expected'],
    ['203.0.113.0/24', FROM_OUTSIDE, 'policy.outside-networks'],
    [
      '203.0.113.0/24',
      { ...FROM_OUTSIDE, vantage: { kind: 'loopback', name: 'x' } },
      'policy.expected',
    ],
    [
      '203.0.113.0/24',
      { now: FROM_OUTSIDE.now, vantage: { kind: 'host', name: 'x' } },
      'policy.expected',
    ],
  ] as const)('from %s, seen from %j: %s', (from, context, rule) => {
    const found = verdict(policy(everywhere, expecting(6379, { from: [from] })), 6379, context);
    expect(found.rule).toBe(rule);
  });

  it('tells restrict for a port that strangers reach, and where it is meant for', () => {
    const rules = policy(everywhere, expecting(6379, { from: ['203.0.113.0/24'] }));
    expect(verdict(rules, 6379)).toEqual({
      level: 'restrict',
      severity: 'high',
      rule: 'policy.outside-networks',
      why: 'The policy expects port 6379 from 203.0.113.0/24 only, but 198.51.100.9 reached it.',
      todo: 'Let the firewall pass port 6379 from 203.0.113.0/24 only.',
    });
  });

  it('is satisfied when one of several expectations is', () => {
    const either = ['203.0.113.0/24', '198.51.100.0/24'].map((from) => ({
      ports: [[6000, 7000]] as const,
      transport: 'tcp' as const,
      from: [from],
    }));
    expect(verdict(policy(everywhere, { expect: either }), 6379).rule).toBe('policy.expected');
  });

  it.each([
    ['redis', redis, 'policy.expected'],
    ['Redis', redis, 'policy.expected'],
    ['ssh', redis, 'policy.other-service'],
    ['mysql', { protocol: 'mariadb' }, 'policy.expected'],
    ['https', { protocol: 'http2' }, 'policy.expected'],
    ['https', { protocol: 'http' }, 'policy.other-service'],
    ['ssh', { protocol: 'unknown', raw: { base64: '', text: '' } }, 'policy.expected'],
    ['ssh', null, 'policy.expected'],
    ['imap', { protocol: 'tls' }, 'policy.expected'],
  ])('expects %s and sees %j: %s', (service, seen, rule) => {
    const rules = policy(everywhere, expecting(6379, { service }));
    expect(judge(openPort(6379, seen), rules, FROM_OUTSIDE).verdict.rule).toBe(rule);
  });

  it('names what was expected and what answers', () => {
    const rules = policy(everywhere, expecting(6379, { service: 'ssh', reason: 'Jump host' }));
    const seen = { protocol: 'redis', product: 'Valkey', version: '8.1' };
    expect(judge(openPort(6379, seen), rules, FROM_OUTSIDE).verdict.why).toBe(
      'The policy expects ssh on port 6379 ("Jump host"), but redis (Valkey 8.1) answers.',
    );
  });

  it('with only, wants everything else closed on these hosts', () => {
    const rules = policy(['192.0.2.7'], { ...expecting(443), only: true });
    expect(verdict(rules, 6379).rule).toBe('policy.not-expected');
    const web = openPort(80, { protocol: 'http' });
    expect(judge(web, rules, FROM_OUTSIDE).verdict.level).toBe('close');
    const elsewhere = { ...web, address: '192.0.2.99' };
    expect(judge(elsewhere, rules, FROM_OUTSIDE).verdict.rule).toBe('service.web');
  });

  it('does not silence what anybody can do there', () => {
    const open = openPort(6379, { protocol: 'redis', details: { authRequired: false } });
    const { verdict: found, findings } = judge(
      open,
      policy(everywhere, expecting(6379)),
      FROM_OUTSIDE,
    );
    expect(found.rule).toBe('policy.expected');
    expect(findings.map(({ rule, severity }) => [rule, severity])).toEqual([
      ['access.no-authentication', 'critical'],
    ]);
  });
});

function graded(severities: Policy['severities']): Policy {
  return { labels: {}, rules: [], severities };
}

describe('severities', () => {
  it('replaces the severity of verdict and finding alike', () => {
    const { verdict: found, findings } = judge(
      openPort(6379, redis),
      graded({ 'exposed.cache': 'low' }),
      FROM_OUTSIDE,
    );
    expect(found.severity).toBe('low');
    expect(findings.map(({ severity }) => severity)).toEqual(['low']);
  });

  it('off lets the next rule decide', () => {
    expect(verdict(graded({ 'exposed.cache': 'off' }), 6379).rule).toBe('port.close');
    const rules = ['exposed.cache', 'port.close', 'unknown.service'];
    const all = Object.fromEntries(rules.map((rule) => [rule, 'off' as const]));
    const found = judge(openPort(6379, redis), graded(all), FROM_OUTSIDE);
    expect([found.verdict.level, found.verdict.severity]).toEqual(['unknown', 'info']);
    expect(found.findings).toEqual([]);
  });

  it('makes a finding of an expected port when the user asks for it', () => {
    const web = openPort(80, { protocol: 'http' });
    const { findings } = judge(web, graded({ 'service.web': 'medium' }), FROM_OUTSIDE);
    expect(findings.map(({ rule, severity }) => [rule, severity])).toEqual([
      ['service.web', 'medium'],
    ]);
    expect(findings[0]?.todo).toMatch(/^Decide whether/);
  });
});
