import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LAYERS, PURE } from '../../scripts/layers.js';
import { lintConfig } from '../../scripts/lint-config.js';

const TABLE: Readonly<Record<string, readonly string[]>> = LAYERS;
const LAYER_NAMES = Object.keys(TABLE);

function sourceFiles(): string[] {
  return readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join('src', file));
}

/** Plants a file in `folder`, lints it, and returns the names of the rules it broke. */
function offences(folder: string, source: string): string[] {
  const directory = mkdtempSync(join(folder, 'planted-'));
  try {
    writeFileSync(join(directory, 'offence.ts'), source);
    const run = spawnSync('npx', ['oxlint', '-f', 'json', directory], { encoding: 'utf8' });
    const report = JSON.parse(run.stdout) as { diagnostics: { code: string; help: string }[] };
    return report.diagnostics.map(({ code, help }) => `${code} ${help}`);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describe('the layers', () => {
  it('name every folder of src', () => {
    const folders = readdirSync('src', { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
    expect(folders.toSorted()).toEqual(LAYER_NAMES.toSorted());
  });

  it.each(LAYER_NAMES)('%s may not import what the table does not grant', (layer) => {
    const forbidden = LAYER_NAMES.filter(
      (other) => other !== layer && TABLE[layer]?.includes(other) !== true,
    );
    const source = forbidden
      .map((other) => `export * from '../../${other}/planted.ts';`)
      .join('\n');
    const restricted = offences(join('src', layer), `${source}\n`).filter((found) =>
      found.includes('no-restricted-imports'),
    );
    expect(restricted).toHaveLength(forbidden.length);
  });

  it.each(PURE)('%s is pure', (layer) => {
    const source = `import { readFileSync } from 'node:fs';
export const planted = [readFileSync, process.pid, Date.now(), Math.random(), setTimeout];
`;
    const found = offences(join('src', layer), source).join('\n');
    expect(found).toContain('uses nothing of Node');
    expect(found).toContain('has no clock');
    expect(found).toContain('has no chance');
    expect(found.match(/no-restricted-globals/g)).toHaveLength(2);
  });

  it('call foreign functions in net/linux only', () => {
    const source = "export * from 'koffi';\n";
    expect(offences('src/probe', source).join()).toContain('src/net/linux only');
    expect(offences('src/net', source).join()).toContain('src/net/linux only');
    expect(offences('src/net/linux', source)).toEqual([]);
  });

  it('reach no other layer by a dynamic import either', () => {
    const wrong: string[] = [];
    for (const file of sourceFiles().filter((name) => !name.endsWith('.test.ts'))) {
      const layer = file.split('/')[1] ?? '';
      const allowed = [layer, ...(TABLE[layer] ?? [])];
      for (const [, path] of readFileSync(file, 'utf8').matchAll(
        /import\('((?:\.\.?\/)[^']+)'\)/g,
      )) {
        const target = join(file, '..', path ?? '').split('/')[1] ?? '';
        if (!allowed.includes(target)) wrong.push(`${file} → ${path}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('stand in .oxlintrc.json as the table says', () => {
    expect(JSON.parse(readFileSync('.oxlintrc.json', 'utf8'))).toEqual(lintConfig());
  });
});
