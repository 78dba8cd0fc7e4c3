import { z } from 'zod';
import type { Conversation } from '../net/conversation.ts';
import { latin1Text } from './bytes.ts';
import { cpe23 } from './cpe.ts';
import { authSchemes, refusesStrangers } from './http-auth.ts';
import { fieldOf, fieldsNamed, type HttpResponse, readHttpResponse } from './http-message.ts';
import { bodyText, titleOf } from './http-page.ts';
import { getFresh, getHttp } from './http-request.ts';
import { defineProtocol, type Identity, type Protocol } from './plugin.ts';
import { present } from './present.ts';

/** Detail fields that applications behind HTTP share; the judge reads them. */
export const accessDetails = z.object({
  authRequired: z
    .boolean()
    .optional()
    .describe('True when it asks for credentials, false when it serves anybody'),
  clearTextLogin: z
    .boolean()
    .optional()
    .describe('True when a password is asked for on a connection without TLS'),
});

export interface Named {
  readonly product: string;
  readonly version?: string;
  readonly cpe?: string;
}

/** Product, version and CPE of an application; `cpe` is the NVD's `vendor:product`, if it has one. */
export function named(product: string, cpe?: string, version?: string): Named {
  const [vendor = '', name = ''] = cpe?.split(':') ?? [];
  const known = version === undefined || version === '' ? undefined : version.slice(0, 64);
  return {
    product,
    ...(known !== undefined && { version: known }),
    ...(cpe !== undefined && { cpe: cpe23(vendor, name, known) }),
  };
}

/** One entry, since every application is asked about the same bytes in turn. */
const parsed = new WeakMap<Uint8Array, HttpResponse | null>();

function parse(bytes: Uint8Array): HttpResponse | null {
  const known = parsed.get(bytes);
  if (known !== undefined) return known;
  const response = readHttpResponse(bytes);
  parsed.set(bytes, response);
  return response;
}

/** Runs a test over bytes that may be an HTTP response, for `recognises`. */
export function responseIs(test: (response: HttpResponse) => boolean) {
  return (bytes: Uint8Array): boolean => {
    const response = parse(bytes);
    return response !== null && test(response);
  };
}

/** Go's own answer to an unknown path; many daemons of the container world give it to GET /. */
export function isGoNotFound(response: HttpResponse): boolean {
  const text = '404 page not found';
  const begins = latin1Text(response.body.subarray(0, text.length)) === text;
  return response.status === 404 && begins;
}

/** Whether the page's title is, or begins with, one of these. */
export function titled(response: HttpResponse, ...titles: readonly string[]): boolean {
  const title = titleOf(bodyText(response)) ?? '';
  return titles.some((wanted) => title.startsWith(wanted));
}

/** Whether the response redirects to a path that begins so, on whatever host. */
export function redirectsTo(response: HttpResponse, ...paths: readonly string[]): boolean {
  const location = fieldOf(response, 'location') ?? '';
  const path = location.replace(/^https?:\/\/[^/]{1,255}/, '');
  return response.status >= 300 && paths.some((wanted) => path.startsWith(wanted));
}

export function hasField(response: HttpResponse, ...names: readonly string[]): boolean {
  return names.some((name) => fieldOf(response, name) !== undefined);
}

/** Whether a cookie is set whose name begins so. */
export function setsCookie(response: HttpResponse, ...names: readonly string[]): boolean {
  const cookies = fieldsNamed(response, 'set-cookie');
  return cookies.some((cookie) => names.some((name) => cookie.startsWith(name)));
}

/** Whether the first 16 KiB of the body contain one of these. */
export function bodyHas(response: HttpResponse, ...texts: readonly string[]): boolean {
  const body = latin1Text(response.body.subarray(0, 16_384));
  return texts.some((text) => body.includes(text));
}

/** What an application's answer says of it. */
export interface AppFacts {
  /** Where one protocol has several products. */
  readonly product?: string;
  readonly cpe?: string;
  readonly version?: string | undefined;
  /** Fields beside `accessDetails`; those that are undefined are left out. */
  readonly details?: Readonly<Record<string, unknown>>;
}

export interface HttpApp {
  readonly name: string;
  readonly title: string;
  readonly product: string;
  /** The NVD's `vendor:product`; absent where it has none. */
  readonly cpe?: string;
  readonly ports: readonly number[];
  readonly tlsPorts?: readonly number[];
  /** zod shape of its own details. */
  readonly extra?: z.ZodRawShape;
  /** Whether an answer to GET / looks like it. */
  recognises(response: HttpResponse): boolean;
  /** The path whose answer identifies it and, without `guarded`, tells whether strangers get in. */
  readonly path: string;
  /** Null when the answer at `path` is not its own. */
  read(response: HttpResponse): AppFacts | null;
  /** A path (GET, changes nothing) that strangers must not get where a login is switched on. */
  readonly guarded?: string;
  /** It always asks people for a password, whatever the status of `path`. */
  readonly login?: true;
}

/** Refused, or sent to a page to log in. */
function strangersRefused(response: HttpResponse | null): boolean | undefined {
  const refused = refusesStrangers(response);
  if (refused !== undefined || response === null) return refused;
  const location = fieldOf(response, 'location') ?? '';
  const toLogin = /login|sign[_-]?in|\/auth|oauth|logon/i.test(location.slice(0, 512));
  return response.status >= 300 && response.status < 400 && toLogin ? true : undefined;
}

/** A password goes over this connection readable: Basic, or the form of an application. */
function readablePassword(
  talk: Conversation,
  response: HttpResponse | null,
  app: HttpApp,
  authRequired: boolean | undefined,
): true | undefined {
  if (talk.tls !== undefined) return undefined;
  const basic = response !== null && authSchemes(response).includes('basic');
  return basic || (app.login === true && authRequired !== false) ? true : undefined;
}

async function identifyApp(
  app: HttpApp,
  talk: Conversation,
): Promise<Identity<Record<string, unknown>> | null> {
  const response = await getHttp(talk, app.path);
  const facts = response === null ? null : app.read(response);
  if (facts === null) return null;
  const asked = app.guarded === undefined ? response : await getFresh(talk, app.guarded);
  // another product than the usual one does not inherit its CPE
  const cpe = facts.cpe ?? (facts.product === undefined ? app.cpe : undefined);
  const authRequired =
    app.login === true && app.guarded === undefined ? true : strangersRefused(asked);
  return {
    ...named(facts.product ?? app.product, cpe, facts.version),
    details: present({
      authRequired,
      clearTextLogin: readablePassword(talk, asked, app, authRequired),
      ...facts.details,
    }),
  };
}

/** A protocol plugin for an application that one answer identifies and one more tells open or not. */
export function defineHttpApp(app: HttpApp): Protocol {
  return defineProtocol({
    name: app.name,
    title: app.title,
    transport: 'tcp',
    over: 'http',
    ports: app.ports,
    ...(app.tlsPorts !== undefined && { tlsPorts: app.tlsPorts }),
    manners: 'ask',
    details: accessDetails.extend(app.extra ?? {}),
    recognises: responseIs((response) => app.recognises(response)),
    identify: (talk) => identifyApp(app, talk),
  });
}
