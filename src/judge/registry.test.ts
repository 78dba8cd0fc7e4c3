import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FLAW_IDS } from '../model/firewall-flaw.ts';
import { NO_POLICY } from '../model/policy.ts';
import { hostRules } from '../model/rules/host.ts';
import { RULE_IDS, RULES } from '../model/rules.ts';
import { SEVERITIES } from '../model/verdict.ts';
import { END_OF_LIFE_AS_OF, ENDED_LINES } from './data/end-of-life.ts';
import { EXPOSURES } from './data/exposures.ts';
import { OPEN_ACCESS } from './data/open-access.ts';
import { WEB_APPLICATIONS } from './data/web-applications.ts';
import { FINDING_RULES, verdictRules } from './registry.ts';

const here = (path: string) => new URL(path, import.meta.url);
const registry = readFileSync(here('registry.ts'), 'utf8');

describe('the registry', () => {
  it('imports every file of rules/', () => {
    const files = readdirSync(here('rules')).filter((name) => !name.endsWith('.test.ts'));
    expect(files.filter((name) => !registry.includes(`'./rules/${name}'`))).toEqual([]);
  });

  it('has a rule for every id, and no id without words', () => {
    const ids = [...verdictRules(NO_POLICY), ...FINDING_RULES].flatMap((rule) => rule.ids);
    const ofDoors = Object.keys(hostRules);
    expect([...new Set([...ids, ...ofDoors, 'port.not-open'])].sort()).toEqual(
      [...RULE_IDS].sort(),
    );
    const door = readFileSync(here('door.ts'), 'utf8');
    expect(ofDoors.filter((id) => !door.includes(`'${id}'`))).toEqual([]);
  });
});

describe('the words of rules', () => {
  it.each(RULE_IDS)('%s has them all', (id) => {
    const { title, severity, sees, matters, todo } = RULES[id];
    expect(id).toMatch(/^[a-z]+\.[a-z0-9-]+$/);
    expect(title).not.toMatch(/\.$/);
    expect(SEVERITIES).toContain(severity);
    for (const text of [sees, matters, todo]) expect(text).toMatch(/^\S.{5,}[.)]$/s);
  });
});

describe('docs/rules.md', () => {
  const page = readFileSync(here('../../docs/rules.md'), 'utf8');

  it('has a section for each rule, in order, and for nothing else', () => {
    const sections = page.split('\n').flatMap((line) => /^## (.+)$/.exec(line)?.[1] ?? []);
    expect(sections).toEqual([...RULE_IDS, ...FLAW_IDS]);
  });
});

describe('the data of rules', () => {
  it.each(Object.entries({ ...EXPOSURES, ...OPEN_ACCESS }))('%s reads as sentences', (_, row) => {
    expect(row.why).toMatch(/^[A-Za-z].+\.$/);
    expect(row.todo).toMatch(/^$|^[A-Z].+\.$/);
  });

  it('tells a web application by something', () => {
    const silent = WEB_APPLICATIONS.filter(
      ({ titles, products = [], protocol }) =>
        titles.length + products.length === 0 && protocol === undefined,
    );
    expect(silent).toEqual([]);
  });

  it('ends lines in order, on days that were published, with their source', () => {
    const published = ENDED_LINES.filter(({ ended }) => ended > END_OF_LIFE_AS_OF);
    expect(published).toEqual([]);
    expect(ENDED_LINES.filter(({ source }) => !source.startsWith('https://'))).toEqual([]);
    const monthsOfCopies = ENDED_LINES.map(({ copy }) => copy);
    expect(monthsOfCopies.filter((month) => !/^20\d\d-(0\d|1[0-2])$/.test(month))).toEqual([]);
    expect(monthsOfCopies.filter((month) => month > END_OF_LIFE_AS_OF)).toEqual([]);
    for (const product of new Set(ENDED_LINES.map((line) => line.product))) {
      const days = ENDED_LINES.filter((line) => line.product === product).map(({ ended }) => ended);
      expect(days).toEqual([...days].sort());
    }
  });
});
