import { z } from 'zod';
import { EDGE_FIELDS } from '../model/edge-list.ts';
import { clip, clipList } from './dialogue.ts';
import { authSchemes } from './http-auth.ts';
import { softwareOfPage } from './http-error-page.ts';
import { fieldOf, fieldsNamed, type HttpResponse } from './http-message.ts';
import { asksPassword, bodyText, generatorOf, titleOf } from './http-page.ts';
import { type Software, softwareOfResponse } from './http-products.ts';
import type { Identity } from './plugin.ts';
import { present } from './present.ts';

const redirect = z.object({
  status: z.number().int().describe('Status code of the redirecting response'),
  location: z.string().describe('Where it pointed, as sent'),
});

const edgeField = z.object({
  name: z.string().describe('Field name in small letters'),
  value: z.string().describe('Its value, as sent'),
});

const software = z.object({
  product: z.string().describe('Name of the software'),
  version: z.string().optional().describe('Its version, as named'),
  cpe: z.string().optional().describe('CPE 2.3 formatted string'),
});

/** Details of http and https. */
export const httpDetails = z.object({
  status: z.number().int().describe('Status code of the response to GET / (RFC 9110 §15)'),
  httpVersion: z.string().describe('Version in the status line: 1.1'),
  server: z.string().optional().describe('Server field'),
  poweredBy: z.array(z.string()).optional().describe('X-Powered-By fields'),
  software: z.array(software).optional().describe('Software named in the header, the server first'),
  contentType: z.string().optional().describe('Content-Type field'),
  title: z.string().optional().describe('Title of the page, after redirects within the host'),
  generator: z.string().optional().describe('Meta element "generator" of the page'),
  location: z.string().optional().describe('Location field of the response to GET /'),
  redirects: z
    .array(redirect)
    .optional()
    .describe('Redirects met, in order; at most 3 within the host are followed'),
  finalStatus: z.number().int().optional().describe('Status code behind the redirects followed'),
  authRequired: z
    .boolean()
    .optional()
    .describe('True when the response asks for credentials (401)'),
  authSchemes: z.array(z.string()).optional().describe('Schemes of WWW-Authenticate, lower case'),
  realm: z.string().optional().describe('Realm of the first challenge'),
  loginForm: z.boolean().optional().describe('True when the page has a password field'),
  clearTextLogin: z
    .boolean()
    .optional()
    .describe('True when a password is asked for on a connection without TLS'),
  cookies: z.array(z.string()).optional().describe('Names of the cookies set'),
  insecureCookies: z
    .array(z.string())
    .optional()
    .describe('Names of cookies set inside TLS without the Secure attribute'),
  hsts: z.string().optional().describe('Strict-Transport-Security field (RFC 6797)'),
  contentSecurityPolicy: z.string().optional().describe('Content-Security-Policy field'),
  frameOptions: z.string().optional().describe('X-Frame-Options field'),
  contentTypeOptions: z.string().optional().describe('X-Content-Type-Options field'),
  referrerPolicy: z.string().optional().describe('Referrer-Policy field'),
  allowOrigin: z.string().optional().describe('Access-Control-Allow-Origin field'),
  altSvc: z.string().optional().describe('Alt-Svc field (RFC 7838): other protocols offered'),
  via: z.string().optional().describe('Via field: proxies on the way'),
  edgeFields: z
    .array(edgeField)
    .optional()
    .describe('Fields by which CDNs and proxies can be told, besides Server and Via'),
  directoryListing: z.boolean().optional().describe('True when the page lists a folder of files'),
  http2: z.boolean().optional().describe('Whether ALPN inside TLS offers h2 (RFC 9113)'),
});
export type HttpDetails = z.infer<typeof httpDetails>;

/** The chain of responses to GET /: the first one, and the last one reached by redirects. */
export interface Visit {
  readonly first: HttpResponse;
  readonly last: HttpResponse;
  readonly redirects: readonly { readonly status: number; readonly location: string }[];
  readonly encrypted: boolean;
  /** The answer to a path that nobody has; asked for only where the others name no server. */
  readonly errorPage?: HttpResponse;
}

function clipped(text: string | undefined): string | undefined {
  return text === undefined ? undefined : clip(text);
}

function someOf<Item>(items: readonly Item[]): Item[] | undefined {
  return items.length === 0 ? undefined : clipList(items);
}

function realmOf(response: HttpResponse): string | undefined {
  const challenge = fieldOf(response, 'www-authenticate')?.slice(0, 2_048) ?? '';
  return clipped(/realm="([^"]*)"/i.exec(challenge)?.[1]);
}

/** Whether credentials in the clear follow from a scheme: Basic is readable by anybody between. */
function authFacts({ first, last, encrypted }: Visit, page: string) {
  const asking = first.status === 401 ? first : last;
  const schemes = authSchemes(asking);
  const loginForm = asksPassword(page);
  const clear = !encrypted && (schemes.includes('basic') || loginForm);
  return {
    authRequired: asking.status === 401 ? true : undefined,
    authSchemes: someOf(schemes),
    realm: realmOf(asking),
    loginForm: loginForm ? true : undefined,
    clearTextLogin: clear ? true : undefined,
  };
}

function cookieName(cookie: string): string {
  return clip(cookie.split('=', 1)[0]?.trim() ?? '');
}

function cookieFacts({ first, last, encrypted }: Visit) {
  const all = first === last ? [first] : [first, last];
  const set = all.flatMap((response) => fieldsNamed(response, 'set-cookie'));
  const insecure = encrypted ? set.filter((cookie) => !/;\s{0,8}secure/i.test(cookie)) : [];
  return {
    cookies: someOf([...new Set(set.map(cookieName))]),
    insecureCookies: someOf([...new Set(insecure.map(cookieName))]),
  };
}

function securityFacts({ last }: Visit) {
  const field = (name: string) => clipped(fieldOf(last, name));
  return {
    hsts: field('strict-transport-security'),
    contentSecurityPolicy: field('content-security-policy'),
    frameOptions: field('x-frame-options'),
    contentTypeOptions: field('x-content-type-options'),
    referrerPolicy: field('referrer-policy'),
    allowOrigin: field('access-control-allow-origin'),
  };
}

/** Titles that servers give to a page listing a folder: Apache, nginx, lighttpd, Python, Jetty. */
const LISTING = /^(?:index of \/|directory listing for \/|directory: \/)/i;

function pageFacts({ last }: Visit, page: string) {
  const title = titleOf(page);
  return {
    contentType: clipped(fieldOf(last, 'content-type')),
    title,
    generator: generatorOf(page),
    directoryListing: LISTING.test(title ?? '') ? true : undefined,
  };
}

function edgeFieldsOf(response: HttpResponse) {
  return EDGE_FIELDS.flatMap((name) => {
    const value = fieldOf(response, name);
    return value === undefined ? [] : [{ name, value: clip(value) }];
  });
}

function routeFacts({ first, last, redirects }: Visit) {
  return {
    location: clipped(fieldOf(first, 'location')),
    redirects: someOf(redirects.map((hop) => ({ ...hop, location: clip(hop.location) }))),
    finalStatus: last === first ? undefined : last.status,
    altSvc: clipped(fieldOf(last, 'alt-svc')),
    via: clipped(fieldOf(first, 'via')),
    edgeFields: someOf(edgeFieldsOf(first)),
  };
}

/** The page as text, empty when it is declared to be something else than HTML. */
function htmlOf(response: HttpResponse): string {
  const type = fieldOf(response, 'content-type');
  return type === undefined || /html|xml/i.test(type) ? bodyText(response) : '';
}

/** What a visit says, as details of http and https. */
export function httpFacts(visit: Visit, named: readonly Software[]): HttpDetails {
  const { first, last } = visit;
  const page = htmlOf(last);
  return {
    status: first.status,
    httpVersion: first.version,
    ...present({
      server: clipped(fieldOf(first, 'server')),
      poweredBy: someOf(fieldsNamed(last, 'x-powered-by').map(clip)),
      software: someOf(named),
      ...routeFacts(visit),
      ...pageFacts(visit, page),
      ...authFacts(visit, page),
      ...cookieFacts(visit),
      ...securityFacts(visit),
    }),
  };
}

/** Everything that the header, and failing that the pages, of a visit name. */
function softwareOfVisit({ first, last, errorPage }: Visit): Software[] {
  const inHeader = [first, last].flatMap(softwareOfResponse);
  if (inHeader.length > 0) return inHeader;
  return [last, ...(errorPage === undefined ? [] : [errorPage])].flatMap(softwareOfPage);
}

/** Product, version and CPE of the server, and all facts of a visit. */
export function httpIdentity(visit: Visit): Identity<HttpDetails> {
  const named = softwareOfVisit(visit);
  const once = named.filter(
    ({ product }, at) => named.findIndex((other) => other.product === product) === at,
  );
  const [main] = once;
  return { ...main, details: httpFacts(visit, once) };
}
