import { readFileSync } from 'node:fs';
import { expect } from 'vitest';

const DOCS = new URL('../../docs/', import.meta.url);

/** The `text` blocks of a page of docs/. */
export function textBlocks(page: string): readonly string[] {
  const text = readFileSync(new URL(page, DOCS), 'utf8');
  return [...text.matchAll(/^```text\n([^]*?)^```$/gm)].map(([, block]) => block ?? '');
}

/** What a page shows below `$ COMMAND`. */
export function shownOutput(page: string, command: string): string {
  const head = `$ ${command}\n`;
  const found = textBlocks(page).filter((block) => block.startsWith(head));
  expect(found, `${page} shows ${command} once`).toHaveLength(1);
  return found[0]?.slice(head.length) ?? '';
}

/** Holds an example to what was printed; a line of `…` stands for lines that are left out. */
export function expectShown(example: string, printed: string): void {
  const [first = '', ...others] = example.split(/^\s*…\n/m);
  if (others.length === 0) return expect(printed).toBe(example);
  expect(printed.slice(0, first.length)).toBe(first);
  let at = first.length;
  for (const part of others) {
    const place = printed.indexOf(part, at);
    expect(place, `${printed} goes on with ${part}`).toBeGreaterThanOrEqual(at);
    at = place + part.length;
  }
}
