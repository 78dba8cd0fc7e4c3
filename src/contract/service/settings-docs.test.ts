import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DEFAULT_RETENTION, defaultQuotas } from './settings.ts';

const page = readFileSync('docs/tenants.md', 'utf8');

/** Cells of the rows of the table under a heading, without its head. */
function table(heading: string): string[][] {
  const after = page.slice(page.indexOf(`## ${heading}\n`));
  const text = /(^\|.*\n)+/m.exec(after)?.[0] ?? '';
  const rows = text.trim().split('\n').slice(2);
  return rows.map((row) => row.split('|').slice(1, -1));
}

const nameIn = (cell = ''): string => /`(\w+)`/.exec(cell)?.[1] ?? '';

/** A limit as the page writes it. */
function amount(cell = ''): number | null {
  if (/^ (no limit|for ever) $/.test(cell)) return null;
  if (cell === ' 1 GiB ') return 2 ** 30;
  return Number(/[\d,]+/.exec(cell)?.[0].replaceAll(',', ''));
}

describe('docs/tenants.md', () => {
  it('lists every quota as it is', () => {
    const rows = table('Quotas');
    for (const [column, own] of [[1, true] as const, [2, false] as const]) {
      const told = Object.fromEntries(rows.map((row) => [nameIn(row[0]), amount(row[column])]));
      expect(told).toEqual(defaultQuotas(own));
    }
  });

  it('lists how long everything is kept', () => {
    const told = table('Retention').map(([name, days]) => [nameIn(name), amount(days)]);
    expect(Object.fromEntries(told)).toEqual(DEFAULT_RETENTION);
  });
});
