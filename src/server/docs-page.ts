import { readFile } from 'node:fs/promises';
import type { Hono } from 'hono';

const FILES = {
  '/api/docs': ['index.html', 'text/html; charset=utf-8'],
  '/api/docs/page.css': ['page.css', 'text/css; charset=utf-8'],
  '/api/docs/page.js': ['page.js', 'text/javascript; charset=utf-8'],
} as const;

/** Files of our own alone, nothing inline (CSP 3). */
const POLICY = [
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'",
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
].join('; ');

/** Adds the page on which the API can be tried. */
export function addDocsPage(app: Pick<Hono, 'get'>): void {
  for (const [path, [file, type]] of Object.entries(FILES)) {
    app.get(path, async (context) => {
      const body = await readFile(new URL(`../../data/api-docs/${file}`, import.meta.url), 'utf8');
      return context.body(body, 200, {
        'content-type': type,
        'content-security-policy': POLICY,
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-cache',
      });
    });
  }
}
