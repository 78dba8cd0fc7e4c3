import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EXIT } from '../../src/cli/exit.ts';
import { scanReport } from '../../src/contract/scan.ts';
import { PORT_STATES } from '../../src/model/port.ts';
import { RULES } from '../../src/model/rules.ts';
import type { ScanReport } from '../../src/model/scan.ts';
import { FORMATS, formatByName } from '../../src/report/formats.ts';

const page = readFileSync(new URL('../../docs/output.md', import.meta.url), 'utf8');

/** The only code block of a language on the page. */
function block(language: string): string {
  const blocks = [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))];
  expect(blocks).toHaveLength(1);
  return blocks[0]?.[1] ?? '';
}

/** First cells of the table under a heading or sentence. */
function rowsAfter(text: string): string[] {
  const after = page.slice(page.indexOf(text));
  const table = /(^\|.*\n)+/m.exec(after)?.[0] ?? '';
  const rows = table.split('\n').map((line) => line.split(/(?<!\\)\|/)[1] ?? '');
  const cells = rows.map((cell) => cell.trim().replaceAll('\\|', '|'));
  return cells.slice(2).filter((cell) => cell !== '');
}

describe('docs/output.md', () => {
  const example: ScanReport = JSON.parse(block('json'));

  it('shows a report that keeps the contract and names a rule that exists', () => {
    expect(scanReport.parse(example)).toEqual(example);
    for (const { rule } of example.findings) expect(Object.keys(RULES)).toContain(rule);
  });

  it.each([
    ['text', 'table'],
    ['jsonl', 'jsonl'],
    ['csv', 'csv'],
  ])('shows that report as %s', (language, name) => {
    const written = [...(formatByName(name)?.render(example) ?? [])].join('');
    expect(block(language)).toBe(written.replaceAll('\r\n', '\n'));
  });

  it('lists every format with its endings', () => {
    const rows = FORMATS.map(({ name, endings }) => {
      return `| \`${name}\` | ${endings.map((ending) => `\`${ending}\``).join(', ')} |`;
    });
    for (const row of rows) expect(page).toContain(row);
    expect(rowsAfter('| `--format`')).toEqual(FORMATS.map(({ name }) => `\`${name}\``));
  });

  it('lists every exit code and every state', () => {
    expect(rowsAfter('## Exit codes')).toEqual(Object.values(EXIT).map(String));
    expect(rowsAfter('| State |')).toEqual(PORT_STATES.map((state) => `\`${state}\``));
  });
});
