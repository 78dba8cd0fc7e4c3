import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { alertRuleSpec } from './alert-rule.ts';

it('reads the example of docs/alerts.md, and its defaults are as told there', () => {
  const page = readFileSync('docs/alerts.md', 'utf8');
  const [, example = ''] = /```json\n([\s\S]*?)```/.exec(page) ?? [];
  const { spec } = JSON.parse(example) as { spec: object };
  const read = alertRuleSpec.parse(spec);
  const { match, delivery, ...rest } = read;
  const usual = alertRuleSpec.parse({});
  expect(usual).toMatchObject(rest);
  expect(usual.delivery).toEqual({ when: 'immediate' });
  expect(match.hosts).toHaveLength(2);
  expect(delivery).toMatchObject({ when: 'daily', timeZone: 'Europe/Berlin' });
});

it('keeps what it has read', () => {
  const usual = alertRuleSpec.parse({});
  expect(alertRuleSpec.parse(JSON.parse(JSON.stringify(usual)))).toEqual(usual);
});
