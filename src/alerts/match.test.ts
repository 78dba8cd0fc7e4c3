import { expect, it } from 'vitest';
import type { AlertRuleInput } from '../contract/service/alert-rule.ts';
import type { Happening } from './happening.ts';
import { happening, rule } from './simulated.test-helper.ts';

const GROUP = '6f1b8a0e-6d7c-4a52-9c36-0f4a1e0b7d11';
const OTHER = '6f1b8a0e-6d7c-4a52-9c36-0f4a1e0b7d12';
const finding: Happening = {
  ...happening('db', 'opened', { severity: 'medium', host: 'db.example.org' }),
  hosts: ['192.0.2.7', 'db.example.org'],
  labels: ['production', 'shop'],
  groups: [GROUP],
};
const job: Happening = { ...finding, event: 'job-failed', finding: null, hosts: [] };

it.each<[NonNullable<AlertRuleInput['match']>, boolean]>([
  [{}, true],
  [{ severity: 'medium' }, true],
  [{ severity: 'high' }, false],
  [{ events: ['resolved'] }, true],
  [{ events: ['job-failed'] }, false],
  [{ rules: ['test.*'] }, true],
  [{ rules: ['exposure.*', 'TEST.exposed'] }, true],
  [{ rules: ['exposure.*'] }, false],
  [{ hosts: ['*.example.org'] }, true],
  [{ hosts: ['192.0.2.0/24'] }, true],
  [{ hosts: ['192.0.2.8', '10.0.0.0/8'] }, false],
  [{ labels: ['shop'] }, true],
  [{ labels: ['test'] }, false],
  [{ groups: [GROUP] }, true],
  [{ groups: [OTHER] }, false],
  [{ hosts: ['*.example.org'], labels: ['test'] }, false],
])('%j fits a finding: %s', (match, fits) => {
  expect(rule({ match }).fits(finding)).toBe(fits);
});

it.each<[NonNullable<AlertRuleInput['match']>, boolean]>([
  [{}, true],
  [{ events: ['opened'] }, false],
  [{ events: ['job-failed'] }, true],
  [{ rules: ['*'] }, false],
  [{ hosts: ['*'] }, false],
])('%j fits a job: %s', (match, fits) => {
  expect(rule({ match }).fits(job)).toBe(fits);
});
