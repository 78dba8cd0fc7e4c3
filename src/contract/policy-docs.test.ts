import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkPolicy } from './policy.ts';

const docs = new URL('../../docs/', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, docs), 'utf8');

/** Every fenced yaml block of a page, with its first line for the test's name. */
function yamlBlocks(page: string): { page: string; line: number; text: string }[] {
  const lines = read(page).split('\n');
  return lines.flatMap((line, index) => {
    if (line !== '```yaml') return [];
    const end = lines.indexOf('```', index + 1);
    return [{ page, line: index + 2, text: lines.slice(index + 1, end).join('\n') }];
  });
}

// what is in alerts.md is no policy; notify/registry.test.ts reads it
const pages = readdirSync(docs).filter((name) => name.endsWith('.md') && name !== 'alerts.md');
const examples = readdirSync(new URL('examples/', docs)).filter((name) => name.endsWith('.yaml'));

describe('policies in the documentation', () => {
  it.each(pages.flatMap(yamlBlocks))('$page line $line', ({ text }) => {
    expect(checkPolicy(text).faults).toEqual([]);
  });

  it.each(examples)('examples/%s', (name) => {
    expect(checkPolicy(read(`examples/${name}`)).faults).toEqual([]);
  });

  it('are there', () => {
    expect(examples.length).toBeGreaterThanOrEqual(3);
    expect(yamlBlocks('policy.md').length).toBeGreaterThanOrEqual(3);
  });

  it('name every key of the format on the page', () => {
    const page = read('policy.md');
    const keys =
      'version labels rules severities hosts expect only ports transport from service reason';
    expect(keys.split(' ').filter((key) => !page.includes(key))).toEqual([]);
  });
});
