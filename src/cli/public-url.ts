import { problem } from '../model/errors.ts';

/** An origin, https or of this machine. Throws SERVE_OPTION. */
export function readPublicUrl(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const url = URL.canParse(value) ? new URL(value) : null;
  const isOrigin = url !== null && url.pathname === '/' && url.search === '' && url.hash === '';
  if (!isOrigin || !/^https?:$/.test(url.protocol) || url.username !== '') {
    const wanted = 'it must be https://HOST or https://HOST:PORT';
    throw problem('SERVE_OPTION', { value, option: '--public-url', problem: wanted });
  }
  return url.origin;
}
