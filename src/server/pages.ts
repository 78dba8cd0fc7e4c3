import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Hono } from 'hono';
import { CSP_PAGE } from './security.ts';

const SHIPPED = new URL('../../data/pages/', import.meta.url);

/** Paths of pages and of what they are made of; there are no others. */
const FILES = {
  '/': 'home.html',
  '/signin': 'signin.html',
  '/signup': 'signup.html',
  '/invite': 'invite.html',
  '/reset': 'reset.html',
  // where alerts lead to
  '/agents/:id': 'read.html',
  '/assets': 'read.html',
  '/findings': 'read.html',
  '/findings/:id': 'read.html',
  '/grants': 'read.html',
  '/jobs/:id': 'read.html',
  '/outbox': 'read.html',
  '/assets/postern.svg': 'postern.svg',
  '/assets/pages.css': 'pages.css',
  '/assets/ask.js': 'ask.js',
  '/assets/read.js': 'read.js',
  '/assets/home.js': 'home.js',
  '/assets/signin.js': 'signin.js',
  '/assets/signup.js': 'signup.js',
  '/assets/invite.js': 'invite.js',
  '/assets/reset.js': 'reset.js',
} as const;

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

/** The pages, as they were shipped: read once, the same for everybody. */
export function pages(): Hono {
  const app = new Hono();
  for (const [path, file] of Object.entries(FILES)) {
    const body = readFileSync(new URL(file, SHIPPED), 'utf8');
    const tag = `"${createHash('sha256').update(body).digest('base64url')}"`;
    const headers = {
      'Content-Type': TYPES[file.replace(/^.*\./, '')] ?? 'application/octet-stream',
      'Content-Security-Policy': CSP_PAGE,
      'Cache-Control': 'no-cache',
      ETag: tag,
    };
    app.get(path, (context) =>
      context.req.header('if-none-match') === tag
        ? context.body(null, 304, headers)
        : context.body(body, 200, headers),
    );
  }
  return app;
}
