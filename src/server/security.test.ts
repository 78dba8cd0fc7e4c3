import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { security } from './security.ts';

const app = new Hono();
app.use(security({ publicUrl: 'https://postern.example', onChange: () => undefined }));
app.get('/elsewhere', () => Response.redirect('https://sso.example/', 303));
app.get('/page', (context) => {
  context.header('Cache-Control', 'max-age=60');
  return context.text('a page');
});

describe('security', () => {
  it('marks an answer whose headers nobody may change', async () => {
    const answer = await app.request('/elsewhere');
    expect(answer.status).toBe(303);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      location: 'https://sso.example/',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'cache-control': 'no-store',
    });
  });

  it('keeps what an answer says of itself', async () => {
    const answer = await app.request('/page');
    expect(await answer.text()).toBe('a page');
    expect(answer.headers.get('cache-control')).toBe('max-age=60');
    expect(answer.headers.get('strict-transport-security')).toBe('max-age=31536000');
  });
});
