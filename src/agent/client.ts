import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { z } from 'zod';
import { messageOf, PosternError, problem } from '../model/errors.ts';
import { within } from '../net/within.ts';

/** For one exchange; an audit over a slow line takes its time. */
const TIMEOUT_MS = 60_000;
const MAX_ANSWER = 1 << 20;
const SHOWN = 200;

export interface Peer {
  readonly url: URL;
  readonly ca?: string | undefined;
  /** `postern` and its version. */
  readonly tool: string;
}

const settings = z.object({
  now: z.iso.datetime(),
  name: z.string(),
  helloSeconds: z.number().min(1),
  auditSeconds: z.number().min(1),
});
export type ServerSettings = z.infer<typeof settings>;

const enrolment = settings.extend({ id: z.uuid(), token: z.string().min(1).max(200) });
const failure = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/** Changes an enrolment token for one of its own. Throws AGENT_ENROLMENT, AGENT_UNREACHABLE. */
export async function enrolAt(
  peer: Peer,
  told: {
    readonly token: string;
    readonly name?: string;
    readonly host: string;
    readonly system: string;
  },
): Promise<z.infer<typeof enrolment>> {
  const body = JSON.stringify({ ...told, tool: peer.tool });
  return read(enrolment, await ask(peer, 'agent/enrol', { body }), peer);
}

/** The server as an enrolled agent has it. All throw AGENT_REVOKED, AGENT_UNREACHABLE. */
export class Client {
  readonly #peer: Peer;
  readonly #token: string;
  readonly #signal: AbortSignal;

  constructor(peer: Peer, token: string, signal: AbortSignal) {
    this.#peer = peer;
    this.#token = token;
    this.#signal = signal;
  }

  async hello(): Promise<ServerSettings> {
    return read(settings, await this.#ask('agent/hello', '{}'), this.#peer);
  }

  /** Sends an audit, gzipped. Throws AGENT_AUDIT, too: the server would never take this one. */
  async send(body: Uint8Array, ageMs: number): Promise<void> {
    await this.#ask(`agent/audits?age=${Math.max(0, Math.round(ageMs))}`, body);
  }

  #ask(path: string, body: string | Uint8Array): Promise<unknown> {
    return ask(this.#peer, path, { body, token: this.#token, signal: this.#signal });
  }
}

interface Asked {
  readonly body: string | Uint8Array;
  readonly token?: string;
  readonly signal?: AbortSignal;
}

async function ask(peer: Peer, path: string, asked: Asked): Promise<unknown> {
  let answer: { status: number; text: string };
  try {
    answer = await exchange(peer, path, asked);
  } catch (error) {
    throw unreachable(peer, messageOf(error), error);
  }
  const value = jsonOf(answer.text);
  if (answer.status >= 200 && answer.status < 300) return value;
  throw refusal(peer, answer.status, value);
}

/** No redirect is followed: the token is for the server that was named. */
function exchange(peer: Peer, path: string, { body, token, signal }: Asked) {
  const url = new URL(`api/v1/${path}`, peer.url);
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'user-agent': peer.tool.replace(' ', '/'),
    ...(typeof body === 'string' ? {} : { 'content-encoding': 'gzip' }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const until = within(TIMEOUT_MS, ...(signal === undefined ? [] : [signal]));
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const sent = request(url, {
      method: 'POST',
      headers,
      signal: until,
      ...(peer.ca === undefined ? {} : { ca: peer.ca }),
    });
    sent.once('error', reject);
    sent.once('response', (message) => {
      textOf(message).then((text) => resolve({ status: message.statusCode ?? 0, text }), reject);
    });
    sent.end(body);
  });
}

async function textOf(message: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of message) {
    size += (piece as Buffer).length;
    if (size > MAX_ANSWER) throw new Error(`it answered more than ${MAX_ANSWER} bytes`);
    pieces.push(piece as Buffer);
  }
  return Buffer.concat(pieces).toString();
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function read<Schema extends z.ZodType>(schema: Schema, value: unknown, peer: Peer) {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw unreachable(peer, 'it is no server of Postern');
}

/** What the server said, by its code; what is not of Postern (a proxy before it) may pass. */
function refusal(peer: Peer, status: number, value: unknown): PosternError {
  const parsed = failure.safeParse(value);
  if (!parsed.success) return unreachable(peer, `HTTP status ${status}`);
  const { code, message } = parsed.data.error;
  const said = message.slice(0, SHOWN);
  if (code === 'AGENT_ENROLMENT') return new PosternError('AGENT_ENROLMENT', said);
  // a token that is not known (any more) is as good as one that was taken back
  if (code === 'AGENT_REVOKED' || code === 'API_SIGN_IN')
    return new PosternError('AGENT_REVOKED', said);
  if (LASTING.has(code)) return new PosternError('AGENT_AUDIT', said);
  return unreachable(peer, said);
}

const LASTING: ReadonlySet<string> = new Set([
  ...['AGENT_AUDIT', 'API_INVALID', 'API_TOO_LARGE', 'API_CONFLICT'],
]);

function unreachable({ url }: Peer, trouble: string, cause?: unknown): PosternError {
  return problem('AGENT_UNREACHABLE', { value: url.host, problem: trouble }, cause);
}
