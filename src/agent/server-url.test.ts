import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PosternError } from '../model/errors.ts';
import { readServer } from './server-url.ts';

it('takes https, and http to this machine', () => {
  expect(readServer('https://postern.example', false)).toMatchObject({ insecure: false });
  expect(readServer('https://postern.example/below', false).url.href).toBe(
    'https://postern.example/below/',
  );
  for (const here of ['http://127.0.0.9:4100', 'http://[::1]:4100', 'http://localhost:4100']) {
    expect(readServer(here, false).insecure).toBe(false);
  }
});

it('takes http to another machine only where it is allowed, and knows what that is', () => {
  expect(() => readServer('http://10.0.0.1', false)).toThrow('would show the token');
  expect(() => readServer('http://localhost.example', false)).toThrow('would show the token');
  expect(readServer('http://10.0.0.1', true).insecure).toBe(true);
});

it('refuses whatever else it is given with its own error', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.webUrl({ withQueryParameters: true })), (text) => {
      try {
        expect(readServer(text, false).url.protocol).toMatch(/^https?:$/);
      } catch (error) {
        expect(error).toBeInstanceOf(PosternError);
      }
    }),
  );
});
