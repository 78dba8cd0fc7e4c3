import type { Conversation } from '../net/conversation.ts';
import { NO_SUCH_PAGE, softwareOfPage } from './http-error-page.ts';
import type { Visit } from './http-facts.ts';
import { fieldOf, type HttpResponse } from './http-message.ts';
import { bodyText } from './http-page.ts';
import { softwareOfResponse } from './http-products.ts';
import { getFresh, getHttp, hostField } from './http-request.ts';

const MAX_HOPS = 3;
const MAX_LOCATION = 1_024;

/**
 * Answers of servers that speak TLS on this port to a request in the clear. The texts of nginx,
 * Apache httpd, Go, Tomcat, CherryPy, Undertow, Python's cheroot, and Node frameworks that copy them.
 */
const WANTS_TLS = [
  'plain http request was sent to https port',
  'speaking plain http to an ssl-enabled server port',
  'client sent an http request to an https server',
  'combination of host and port requires tls',
  'client sent a plain http request, but this server only speaks https',
  'plain http request to an https port',
  'http request was sent to https port',
  'this is an https server',
];

/** Whether a response in the clear says that this port wants TLS. */
export function wantsTls(response: HttpResponse, host: string): boolean {
  if (response.status === 497) return true;
  if (response.status === 400 || response.status === 403 || response.status === 426) {
    const text = bodyText(response).slice(0, 8_192).replace(/\s+/g, ' ').toLowerCase();
    return WANTS_TLS.some((words) => text.includes(words));
  }
  const target = redirectTarget(response, `http://${host}/`);
  return target?.protocol === 'https:' && target.host === host;
}

/**
 * Whether an HTTP answer comes from a streaming server that takes HTTP for a tunnel only
 * (RTSP in HTTP, as cameras and GStreamer do).
 */
export function isRtspTunnel(response: HttpResponse): boolean {
  const type = fieldOf(response, 'content-type') ?? '';
  return /rtsp/i.test(fieldOf(response, 'server') ?? '') || /rtsp-tunnelled/i.test(type);
}

/** Where a response redirects to (RFC 9110 §10.2.2); null when it does not, or to nothing readable. */
export function redirectTarget(response: HttpResponse, from: string): URL | null {
  if (response.status < 300 || response.status > 399) return null;
  const location = fieldOf(response, 'location');
  if (location === undefined || location.length > MAX_LOCATION) return null;
  return URL.canParse(location, from) ? new URL(location, from) : null;
}

/**
 * GET / and at most three redirects that stay on this scheme, host and port, each on a fresh
 * connection. A redirect elsewhere is noted and not followed. Where no header names the server, one
 * more connection asks for a page that is not there. Null: the first answer is no HTTP, it
 * says that this port wants TLS, or that it is there for RTSP.
 */
export async function visit(talk: Conversation): Promise<Visit | null> {
  const first = await getHttp(talk);
  const host = hostField(talk);
  if (first === null || isRtspTunnel(first) || (!talk.tls && wantsTls(first, host))) return null;
  const redirects: { status: number; location: string }[] = [];
  let from = `${talk.tls ? 'https' : 'http'}://${host}/`;
  let last = first;
  for (let hop = 0; hop <= MAX_HOPS; hop++) {
    const target = redirectTarget(last, from);
    if (target === null) break;
    redirects.push({ status: last.status, location: fieldOf(last, 'location') ?? '' });
    const next = hop < MAX_HOPS ? await follow(talk, target, from) : null;
    if (next === null) break;
    last = next;
    from = target.href;
  }
  const errorPage = await unnamed(talk, first, last);
  return {
    first,
    last,
    redirects,
    encrypted: talk.tls !== undefined,
    ...(errorPage !== null && { errorPage }),
  };
}

/** An error page of the server, where nothing else has named it. */
function unnamed(
  talk: Conversation,
  first: HttpResponse,
  last: HttpResponse,
): Promise<HttpResponse | null> {
  const named = [first, last].some(
    (response) => softwareOfResponse(response).length + softwareOfPage(response).length > 0,
  );
  return named || !first.headComplete ? Promise.resolve(null) : getFresh(talk, NO_SUCH_PAGE);
}

async function follow(talk: Conversation, target: URL, from: string): Promise<HttpResponse | null> {
  const here = URL.canParse(from) ? new URL(from) : null;
  const same = target.protocol === here?.protocol && target.host === here.host;
  if (!same || target.href === from) return null;
  return getFresh(talk, `${target.pathname}${target.search}`);
}
