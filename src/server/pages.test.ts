import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { pages } from './pages.ts';

const ALERTS = 'src/alerts';

/** Paths that alerts send people to, as their source writes them: `/jobs/${…}`. */
function linksOfAlerts(): readonly string[] {
  const sources = readdirSync(ALERTS).filter((file) => /(?<!\.test)\.ts$/.test(file));
  const text = sources.map((file) => readFileSync(`${ALERTS}/${file}`, 'utf8')).join('\n');
  const links = text.matchAll(/`\$\{(?:[\w#.]*publicUrl|url)\}(\/[^`]*)`/g);
  return [...new Set([...links].map(([, path = '']) => path.replace(/\$\{[^}]*\}/, 'some-id')))];
}

it('shows a page wherever alerts lead to, and nowhere else', async () => {
  const served = pages();
  const links = linksOfAlerts();
  expect(links).toEqual(expect.arrayContaining(['/findings', '/findings/some-id', '/outbox']));
  for (const path of links) {
    const { status, headers } = await served.request(path);
    expect([path, status, headers.get('content-type')]).toEqual([
      ...[path, 200, 'text/html; charset=utf-8'],
    ]);
  }
  expect((await served.request('/findings/some-id/more')).status).toBe(404);
});
