import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Source } from '../../kind.ts';
import type { Rule } from '../../layer.ts';
import { readIptables } from './read.ts';

const FOLDER = join(import.meta.dirname, '../../../../test/fixtures/firewall/iptables');
/** Most of all rules that may hold something not understood. */
const MOST_OPAQUE = 0.02;

function sourceOf(file: string): Source {
  return { origin: file, text: readFileSync(join(FOLDER, file), 'utf8') };
}

const files = readdirSync(FOLDER).filter((name) => /\.v[46]$/.test(name));

function rulesOf(file: string): readonly Rule[] {
  const sets = readdirSync(FOLDER).filter((name) => name === file.replace(/\.v[46]$/, '.ipset'));
  const { tables } = readIptables([file, ...sets].map(sourceOf), 'saved');
  return tables.flatMap(({ chains }) => chains.flatMap(({ rules }) => rules));
}

function isOpaque({ steps }: Rule): boolean {
  return steps.some((step) => ('test' in step ? step.test : step.do) === 'opaque');
}

describe('rule sets as hosts have them', () => {
  it.each(files)('reads every rule of %s', (file) => {
    const written = sourceOf(file).text.match(/-A .*/g) ?? [];
    const lines = rulesOf(file).map(({ text }) => text);
    expect(new Set(lines).size).toBe(new Set(written).size);
  });

  it('understands all but a few rules', () => {
    const rules = files.flatMap(rulesOf);
    const opaque = rules.filter(isOpaque);
    expect(opaque.length / rules.length).toBeLessThanOrEqual(MOST_OPAQUE);
  });
});
