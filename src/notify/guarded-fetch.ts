import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { messageOf, PosternError, problem } from '../model/errors.ts';
import { within } from '../net/within.ts';
import { clip, visible } from '../report/text.ts';
import { type Guard, permittedAddresses } from './guard.ts';
import { later } from './later.ts';

export interface Outgoing {
  /** http or https. Never named in an error whole: its path may be a secret. */
  readonly url: string;
  readonly body: string;
  readonly contentType: string;
  /** Sent to every hop. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent to the origin of `url` alone, never to where it redirects. */
  readonly secretHeaders?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  /** The beginning of the body. */
  readonly body: string;
}

export interface FetchLimits {
  readonly signal: AbortSignal;
  /** For the whole exchange with one hop. Default 15,000. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 15_000;
const MAX_REDIRECTS = 3;
/** Services answer with a line or two; more is read by nobody. */
const MAX_BODY = 64 * 1024;
const MAX_SHOWN = 200;
/** These keep method and body (RFC 9110 §15.4.8, §15.4.9); the others would drop the message. */
const KEEPING = [307, 308];
/** What may go well another time (RFC 9110, RFC 6585, RFC 8470). */
const PASSING = [408, 425, 429];

/** POSTs a message without reaching inside. Resolves with a 2xx answer; throws NOTIFY_*. */
export async function guardedPost(
  outgoing: Outgoing,
  guard: Guard,
  limits: FetchLimits,
): Promise<Answer> {
  const first = urlOf(outgoing.url);
  let url = first;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
    const own = url.origin === first.origin;
    const message = await exchange(url, own ? outgoing : withoutSecrets(outgoing), guard, limits);
    const next = nextHop(message, url);
    if (next === null) return answerOf(message, url);
    url = next;
  }
  throw refused(first, `it redirects more than ${MAX_REDIRECTS} times`);
}

function withoutSecrets(outgoing: Outgoing): Outgoing {
  return { ...outgoing, secretHeaders: {} };
}

function urlOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw problem('NOTIFY_REFUSED', { peer: 'the channel', problem: 'its URL is not http or https' });
}

function refused(url: URL, reason: string): PosternError {
  return problem('NOTIFY_REFUSED', { peer: url.host, problem: reason });
}

function unreachable(url: URL, thrown: unknown, retryAfter?: string): PosternError {
  // no cause: it may hold the request with its secrets
  const error = problem('NOTIFY_UNREACHABLE', { peer: url.host, problem: messageOf(thrown) });
  return later(error, retryAfter);
}

interface Received extends Answer {
  readonly location: string | undefined;
  readonly retryAfter: string | undefined;
}

function nextHop({ status, location }: Received, from: URL): URL | null {
  if (status < 300 || status > 399) return null;
  if (!KEEPING.includes(status) || location === undefined) {
    throw refused(from, `it answered ${status}; use the address it moved to`);
  }
  if (!URL.canParse(location, from.href)) throw refused(from, 'it redirects to what is no URL');
  const next = new URL(location, from);
  if (from.protocol === 'https:' && next.protocol !== 'https:') {
    throw refused(from, 'it redirects from https to a connection without TLS');
  }
  return urlOf(next.href);
}

function answerOf({ status, body, retryAfter }: Received, url: URL): Answer {
  if (status >= 200 && status <= 299) return { status, body };
  const said = visible(clip(body.trim(), MAX_SHOWN));
  const reason = `it answered ${status}${said === '' ? '' : `: ${said}`}`;
  if (status >= 500 || PASSING.includes(status)) throw unreachable(url, reason, retryAfter);
  throw refused(url, reason);
}

/** Answers with addresses that were checked, whatever name is asked for. */
function pinned(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_, { all: wantsAll }, callback) => {
    if (wantsAll === true) return callback(null, all);
    return callback(null, all[0]?.address ?? '', all[0]?.family);
  };
}

async function exchange(
  url: URL,
  outgoing: Outgoing,
  guard: Guard,
  { signal, timeoutMs = TIMEOUT_MS }: FetchLimits,
): Promise<Received> {
  const addresses = await permittedAddresses(url.hostname, guard);
  const bound = within(timeoutMs, signal);
  try {
    return await sent(url, outgoing, pinned(addresses), bound);
  } catch (thrown) {
    signal.throwIfAborted();
    if (thrown instanceof PosternError) throw thrown;
    throw unreachable(url, bound.aborted ? `no answer within ${timeoutMs} ms` : thrown);
  }
}

function sent(
  url: URL,
  { body, contentType, headers, secretHeaders }: Outgoing,
  lookup: LookupFunction,
  signal: AbortSignal,
): Promise<Received> {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      method: 'POST',
      lookup,
      signal,
      agent: false,
      headers: {
        'content-type': contentType,
        'content-length': Buffer.byteLength(body),
        'user-agent': 'postern',
        ...headers,
        ...secretHeaders,
      },
    });
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      // from here on the status decides, however the exchange ends
      outgoing.off('error', reject).on('error', () => undefined);
      readBody(response).then(
        (text) =>
          resolve({
            status: response.statusCode ?? 0,
            location: response.headers.location,
            retryAfter: response.headers['retry-after'],
            body: text,
          }),
        reject,
      );
    });
    outgoing.end(body);
  });
}

/** The beginning of a body. The status has said it all: a body that breaks off changes nothing. */
async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= MAX_BODY) break;
    }
  } catch {
    // what came is kept
  } finally {
    response.destroy();
  }
  return Buffer.concat(chunks).subarray(0, MAX_BODY).toString('utf8');
}
