import { z } from 'zod';
import { problem } from '../../model/errors.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** An OIDC provider of a company (OpenID Connect Discovery 1.0). */
export interface OidcSettings {
  /** For people, on the button. */
  readonly name: string;
  readonly discoveryUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Its e-mail addresses hold without `email_verified`. */
  readonly trustEmail: boolean;
}

const WELL_KNOWN = '/.well-known/openid-configuration';

/**
 * POSTERN_OIDC_ISSUER, _CLIENT_ID, _CLIENT_SECRET, _NAME, _TRUST_EMAIL; null: no issuer is named.
 * Throws AUTH_SETTINGS.
 */
export function readOidc(env: Env): OidcSettings | null {
  const issuer = env['POSTERN_OIDC_ISSUER'];
  if (issuer === undefined || issuer === '') return null;
  if (!isHttps(issuer)) {
    const reason = `"${issuer}" must be an https:// URL; http:// only on this machine`;
    throw problem('AUTH_SETTINGS', { value: 'POSTERN_OIDC_ISSUER', problem: reason });
  }
  const bare = issuer.replace(/\/$/, '');
  return {
    name: env['POSTERN_OIDC_NAME'] || new URL(issuer).hostname,
    discoveryUrl: bare.endsWith(WELL_KNOWN) ? bare : bare + WELL_KNOWN,
    clientId: needed(env, 'POSTERN_OIDC_CLIENT_ID'),
    clientSecret: needed(env, 'POSTERN_OIDC_CLIENT_SECRET'),
    trustEmail: env['POSTERN_OIDC_TRUST_EMAIL'] === 'yes',
  };
}

function needed(env: Env, name: string): string {
  const value = env[name];
  if (value !== undefined && value !== '') return value;
  const reason = 'it is not set, and POSTERN_OIDC_ISSUER is';
  throw problem('AUTH_SETTINGS', { value: name, problem: reason });
}

function isHttps(text: string): boolean {
  const parsed = z.url({ protocol: /^https?$/ }).safeParse(text);
  if (!parsed.success) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || isLoopback(hostname);
}

/** Whether a host name of a URL is this machine. */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

/**
 * Origins (RFC 6454) at which people may use this server: that of its public URL, and on loopback the
 * other names of this machine at the same port.
 */
export function originsOf(publicUrl: string): readonly string[] {
  const { protocol, hostname, port, origin } = new URL(publicUrl);
  if (!isLoopback(hostname)) return [origin];
  const suffix = port === '' ? '' : `:${port}`;
  const names = ['localhost', '127.0.0.1', '[::1]'];
  return [...new Set([origin, ...names.map((name) => `${protocol}//${name}${suffix}`)])];
}
