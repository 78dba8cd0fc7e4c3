import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NOW } from '../../test/helpers/looks.ts';
import { readGlob } from '../model/glob.ts';
import { NO_POLICY, type Policy } from '../model/policy.ts';
import { PORT_STATES } from '../model/port.ts';
import { isRuleId, RULE_IDS } from '../model/rules.ts';
import { EDGE_BASES } from '../model/scan.ts';
import type { Service } from '../model/service.ts';
import { compareSeverity, LEVELS, SEVERITIES } from '../model/verdict.ts';
import { EXPOSURES } from './data/exposures.ts';
import { type JudgeContext, type JudgeInput, type Judgement, judge } from './judge.ts';
import { FINDING_RULES } from './registry.ts';

const FIELDS =
  'authRequired clearTextLogin startTls securityTypes ciphers macs kexAlgorithms hostKeyAlgorithms hostKey sshVersion versions smb1 dialects dialect nla nlaRequired recursion modules software title directoryListing authSchemes anonymousBind server'.split(
    ' ',
  );

const anything = () => fc.anything({ withBigInt: true, withNullPrototype: true, maxDepth: 3 });
const flagOrAnything = () => fc.oneof(fc.boolean(), anything());
const details = fc.dictionary(fc.constantFrom(...FIELDS), flagOrAnything());
const protocol = fc.oneof(
  fc.constantFrom('unknown', 'tls', ...Object.keys(EXPOSURES)),
  fc.string(),
);
const layer = fc.record(
  {
    startTls: flagOrAnything(),
    version: fc.oneof(fc.constantFrom('SSLv3', 'TLSv1.0', 'TLSv1.3'), anything()),
    versions: fc.oneof(fc.array(fc.constantFrom('SSLv3', 'TLSv1.1')), anything()),
    cipher: fc.oneof(fc.constant('NULL'), anything()),
    chain: fc.oneof(fc.array(fc.dictionary(fc.string(), anything())), anything()),
    nameMatches: flagOrAnything(),
  },
  { requiredKeys: [] },
);
/** What a plugin, a file or another version could hand over, whatever the types say. */
const service = fc.record(
  {
    protocol: fc.oneof({ weight: 5, arbitrary: protocol }, { weight: 1, arbitrary: anything() }),
    product: fc.oneof(fc.constantFrom('MySQL', 'PHP'), anything()),
    version: fc.oneof(fc.constantFrom('5.0', '9'), anything()),
    tls: fc.oneof(layer, anything()),
    details: fc.oneof(details, anything()),
    raw: anything(),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<unknown> as fc.Arbitrary<Service>;

const input: fc.Arbitrary<JudgeInput> = fc.record(
  {
    address: fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()),
    names: fc.array(fc.string(), { maxLength: 3 }),
    transport: fc.constantFrom('tcp' as const, 'udp' as const),
    port: fc.oneof(fc.constantFrom(22, 80, 443, 6379), fc.integer({ min: 0, max: 65_535 })),
    state: fc.constantFrom(...PORT_STATES),
    service: fc.option(service),
    identified: fc.boolean(),
    edge: fc.record({
      provider: fc.string(),
      basis: fc.constantFrom(...EDGE_BASES),
      evidence: fc.array(fc.string()),
    }),
  },
  { requiredKeys: ['address', 'names', 'transport', 'port', 'state'] },
);
const context: fc.Arbitrary<JudgeContext> = fc.record(
  { now: fc.oneof(fc.constant(NOW), fc.string()), source: fc.oneof(fc.ipV4(), fc.string()) },
  { requiredKeys: ['now'] },
);
const severity = fc.constantFrom(...SEVERITIES);
const policy: fc.Arbitrary<Policy> = fc.record({
  labels: fc.dictionary(fc.string(), fc.array(fc.string())),
  rules: fc.array(
    fc.record({
      hosts: fc.array(fc.oneof(fc.constant('*'), fc.constant('0.0.0.0/0'), fc.string())),
      expect: fc.array(
        fc.record(
          {
            ports: fc.constant([[0, 65_535]] as const),
            transport: fc.constantFrom('tcp' as const, 'udp' as const),
            from: fc.array(fc.string()),
            service: fc.string(),
            reason: fc.string(),
          },
          { requiredKeys: ['ports', 'transport'] },
        ),
      ),
      only: fc.boolean(),
    }),
  ),
  severities: fc.dictionary(
    fc.constantFrom(...RULE_IDS),
    fc.oneof(severity, fc.constant('off' as const)),
  ),
});

function faultsOf({ verdict, findings }: Judgement): string[] {
  const faults: string[] = [];
  const expected = verdict.level === 'expected' && verdict.severity === 'info';
  if (!LEVELS.includes(verdict.level)) faults.push(`level ${verdict.level}`);
  if (verdict.why.trim() === '') faults.push('no why');
  if ((verdict.todo === '') !== expected) faults.push(`todo ${verdict.todo}`);
  for (const { rule, severity: grade, why } of [verdict, ...findings]) {
    if (!isRuleId(rule)) faults.push(`rule ${rule}`);
    if (!SEVERITIES.includes(grade)) faults.push(`severity ${grade}`);
    if (why.trim() === '') faults.push(`${rule} without why`);
  }
  if (findings.some(({ todo }) => todo === '')) faults.push('finding without todo');
  const rules = findings.map(({ rule }) => rule);
  if (new Set(rules).size < rules.length) faults.push(`twice: ${rules.join(' ')}`);
  const told = findings.some(({ rule }) => rule === verdict.rule);
  const off = verdict.severity === 'info' && verdict.level === 'unknown';
  if (told === expected && !off) faults.push('verdict and findings disagree');
  return faults;
}

function worst(judgement: Judgement): number {
  const grades = [judgement.verdict, ...judgement.findings].map(({ severity: grade }) => grade);
  return Math.max(...grades.map((grade) => SEVERITIES.indexOf(grade)));
}

describe('judge, for anything', () => {
  it('never throws, and fills every field', () => {
    fc.assert(
      fc.property(input, policy, context, (look, rules, when) => {
        expect(faultsOf(judge(look, rules, when))).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  it('is a function of its arguments', () => {
    fc.assert(
      fc.property(input, policy, context, (look, rules, when) => {
        expect(judge(look, rules, when)).toEqual(judge(look, rules, when));
      }),
    );
  });

  it('rises and falls with the severity that the user gives a rule', () => {
    fc.assert(
      fc.property(
        input,
        context,
        fc.constantFrom(...RULE_IDS),
        severity,
        severity,
        (look, when, rule, one, other) => {
          const [lower, higher] = compareSeverity(one, other) <= 0 ? [one, other] : [other, one];
          const graded = (grade: typeof one) =>
            judge(look, { ...NO_POLICY, severities: { [rule]: grade } }, when);
          expect(worst(graded(lower))).toBeLessThanOrEqual(worst(graded(higher)));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('lists findings worst first', () => {
    fc.assert(
      fc.property(input, policy, context, (look, rules, when) => {
        const { findings } = judge(look, rules, when);
        const ranks = findings.map(({ severity: grade }) => SEVERITIES.indexOf(grade));
        expect(ranks).toEqual([...ranks].sort((a, b) => b - a));
      }),
    );
  });

  it('reads no more of a rule family than its ids', () => {
    fc.assert(
      fc.property(input, context, (look, when) => {
        const ids = new Set<string>(FINDING_RULES.flatMap((rule) => rule.ids));
        const { verdict, findings } = judge(look, NO_POLICY, when);
        const beside = findings.filter(({ rule }) => rule !== verdict.rule);
        expect(beside.filter(({ rule }) => !ids.has(rule))).toEqual([]);
      }),
    );
  });
});

describe('readGlob', () => {
  it('agrees with a plain search', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 });
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 6 });
    fc.assert(
      fc.property(pattern, letters, (wanted, text) => {
        expect(readGlob(wanted)(text)).toBe(slowly(wanted, text));
      }),
      { numRuns: 2000 },
    );
  });
});

/** The definition, without care for speed. */
function slowly(wanted: string, text: string): boolean {
  if (wanted === '') return text === '';
  if (wanted[0] !== '*') return wanted[0] === text[0] && slowly(wanted.slice(1), text.slice(1));
  return slowly(wanted.slice(1), text) || (text !== '' && slowly(wanted, text.slice(1)));
}
