import { isIP } from 'node:net';
import type { Context, MiddlewareHandler } from 'hono';
import { problem } from '../model/errors.ts';
import { anyNetworkHas, type Network } from '../model/network.ts';
import { originsOf } from './auth/settings.ts';
import { answerProblem } from './problem.ts';

export interface SecurityOptions {
  /** Where people reach this server, without a slash at the end. */
  readonly publicUrl: string;
  /** A request that may have changed something has been answered. */
  readonly onChange: () => void;
}

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);
/** One year, s (RFC 6797). */
const HSTS = 'max-age=31536000';

/** Of answers that are no pages: nothing in them may run or be framed (CSP 3). */
const CSP_DATA = "default-src 'none'; frame-ancestors 'none'";
/** Of pages: files of our own, nothing inline. */
export const CSP_PAGE = [
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'",
  "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
].join('; ');

const ALWAYS = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Frame-Options': 'DENY',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
} as const;

/**
 * Headers of every answer, and no change that another site made a browser send: a request that changes
 * something counts only with our own origin (Fetch Metadata, Origin of RFC 6454), unless it carries a
 * Bearer token, which no site can make a browser send, as it can a password for a proxy.
 */
export function security({ publicUrl, onChange }: SecurityOptions): MiddlewareHandler {
  const origins = new Set(originsOf(publicUrl));
  const https = publicUrl.startsWith('https:');
  return async (context, next) => {
    const foreign = foreignOrigin(context.req.raw, origins);
    if (foreign === null) {
      await next();
      if (!SAFE.has(context.req.method)) onChange();
    } else {
      const value = `${context.req.method} ${context.req.path}`;
      context.res = answerProblem(context, problem('AUTH_ORIGIN', { value, origin: foreign }));
    }
    const headers = changeable(context);
    for (const [name, value] of Object.entries(ALWAYS)) headers.set(name, value);
    if (https) headers.set('Strict-Transport-Security', HSTS);
    if (!headers.has('content-security-policy')) headers.set('Content-Security-Policy', CSP_DATA);
    if (!headers.has('cache-control')) headers.set('Cache-Control', 'no-store');
  };
}

/** The headers of the answer; `context.header` would make the answer anew for each of them. */
function changeable(context: Context): Headers {
  const { headers } = context.res;
  try {
    headers.delete('X-Content-Type-Options');
    return headers;
  } catch {
    // those of a redirect, or of an answer that was fetched, are not to be changed
    context.res = new Response(context.res.body, context.res);
    return context.res.headers;
  }
}

/** What a change came from that is not ours; null: it may go on. */
function foreignOrigin({ method, headers }: Request, origins: ReadonlySet<string>): string | null {
  const isProgram = /^bearer /i.test(headers.get('authorization') ?? '');
  if (SAFE.has(method) || isProgram) return null;
  const origin = headers.get('origin');
  if (origin !== null) return origins.has(origin) ? null : origin;
  const site = headers.get('sec-fetch-site');
  if (site !== null) return site === 'same-origin' || site === 'none' ? null : site;
  // browsers name the origin of every change; a program has no cookie to lose
  return headers.has('cookie') ? 'a request without Origin' : null;
}

/** How the server knows where a request came from. */
export interface SourceOptions {
  /** Address of the other end of the connection; null: it has none (a socket in a folder). */
  readonly peerOf: (context: Context) => string | null;
  /** Addresses or CIDR blocks of proxies whose X-Forwarded-For is believed. */
  readonly proxies: readonly Network[];
}

/**
 * The address that a request came from. X-Forwarded-For is read from its right end, which the nearest
 * proxy wrote, as far as those named are proxies of ours; what stands before may be made up.
 */
export function sourceReader({ peerOf, proxies }: SourceOptions) {
  return (context: Context): string | null => {
    let source = unmapped(peerOf(context));
    const said = (context.req.header('x-forwarded-for') ?? '').split(',').map((one) => one.trim());
    while (source !== null && anyNetworkHas(proxies, source)) {
      const next = unmapped(said.pop() ?? null);
      if (next === null || isIP(next) === 0) break;
      source = next;
    }
    return source;
  };
}

/** An IPv4 address as a socket of both families shows it (RFC 4291, 2.5.5.2). */
function unmapped(address: string | null): string | null {
  return address === null ? null : address.replace(/^::ffff:(?=\d+\.)/i, '');
}
