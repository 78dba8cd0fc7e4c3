import { lookup, Resolver as QueryChannel } from 'node:dns/promises';
import pLimit from 'p-limit';
import { messageOf } from '../model/errors.ts';
import type { HostsTable } from './hosts-file.ts';
import { hostsFilePath, loadHosts } from './hosts-file.ts';

/**
 * Why a name gave no (or not every) address. A closed set:
 * - `not-found`: the DNS says that there is no such name (NXDOMAIN).
 * - `no-address`: the name exists and has neither A nor AAAA record.
 * - `timeout`: no name server answered.
 * - `inside`: it has an address that may not be visited for who asks; `detail` names it.
 * - `server`: a name server answered that it cannot tell, or none can be reached; `detail` says which.
 */
export interface NameFailure {
  readonly kind: 'not-found' | 'no-address' | 'inside' | 'timeout' | 'server';
  readonly detail: string;
}

/** `failure` beside addresses means that one family is known and the other could not be asked. */
export interface Resolution {
  /** IPv4 and IPv6 text as the resolver gave it, each once. */
  readonly addresses: readonly string[];
  readonly failure?: NameFailure;
}

/** Finds all addresses of a name. Never rejects: a failure is an answer. */
export interface Resolver {
  resolve(name: string): Promise<Resolution>;
}

export interface ResolverOptions {
  /** Names asked for at once; the rest wait. Default 100. */
  readonly concurrency?: number;
  /** Milliseconds for the first query; each further try waits twice as long. Default 2,500. */
  readonly timeoutMs?: number;
  /** Queries per name and server before giving up. Default 2. */
  readonly tries?: number;
  /** `address` or `address:port` of the name servers; default: this machine's own. */
  readonly servers?: readonly string[];
  readonly hostsFile?: string;
  /** Cancels what is under way; names asked for later fail at once. */
  readonly signal?: AbortSignal;
}

/** TXT records of a name. `unknown`: nobody could tell, which says nothing of the records. */
export type TextAnswer =
  | { readonly kind: 'found'; readonly texts: readonly string[] }
  | { readonly kind: 'none' }
  | { readonly kind: 'unknown'; readonly detail: string };

/** Asks for TXT records (RFC 1035 §3.3.14); the strings of one record are joined. Never rejects. */
export interface TextResolver {
  texts(name: string): Promise<TextAnswer>;
}

export function createTextResolver(
  options: Pick<ResolverOptions, 'timeoutMs' | 'tries' | 'servers'> = {},
): TextResolver {
  const { timeoutMs = 2500, tries = 2, servers } = options;
  return {
    texts: async (name) => {
      // made for each: name servers change while a program runs
      const query = new QueryChannel({ timeout: timeoutMs, tries });
      if (servers !== undefined) query.setServers(servers);
      try {
        const records = await query.resolveTxt(name);
        return { kind: 'found', texts: records.map((strings) => strings.join('')) };
      } catch (error) {
        const { failure } = failureOf(error);
        if (failure?.kind === 'not-found' || failure?.kind === 'no-address')
          return { kind: 'none' };
        return { kind: 'unknown', detail: failure?.detail ?? messageOf(error) };
      }
    },
  };
}

interface Channel {
  readonly query: QueryChannel;
  /** Bound of a look-up through the C library, which knows none itself. */
  readonly deadlineMs: number;
  /** Whether the C library may be asked: not when the caller chose the servers. */
  readonly system: boolean;
}

/**
 * A resolver that answers as this machine's programs do and stays fast with many names: the hosts
 * file, then localhost (RFC 6761), then A and AAAA queries. Names without a dot and `.local` go
 * through getaddrinfo, which knows search domains and mDNS but four names at a time only.
 */
export function createResolver(options: ResolverOptions = {}): Resolver {
  const { concurrency = 100, timeoutMs = 2500, tries = 2, servers, signal } = options;
  const query = new QueryChannel({ timeout: timeoutMs, tries });
  if (servers !== undefined) query.setServers(servers);
  const channel = { query, deadlineMs: timeoutMs * 2 ** tries, system: servers === undefined };
  const limited = pLimit(concurrency);
  signal?.addEventListener('abort', () => query.cancel(), { once: true });
  let hosts: Promise<HostsTable> | undefined;
  return {
    resolve: (name) =>
      limited(async () => {
        if (signal?.aborted === true) return failed('server', 'cancelled');
        hosts ??= loadHosts(options.hostsFile ?? hostsFilePath());
        return local(name, await hosts) ?? (await ask(name, channel));
      }),
  };
}

function local(name: string, hosts: HostsTable): Resolution | null {
  const known = hosts.get(name);
  if (known !== undefined) return { addresses: known };
  const loopback = name === 'localhost' || name.endsWith('.localhost');
  return loopback ? { addresses: ['127.0.0.1', '::1'] } : null;
}

async function ask(name: string, channel: Channel): Promise<Resolution> {
  const needsSystem = !name.includes('.') || name.endsWith('.local');
  if (channel.system && needsSystem) return askSystem(name, channel.deadlineMs);
  const [a, aaaa] = await Promise.all([
    answered(channel.query.resolve4(name)),
    answered(channel.query.resolve6(name)),
  ]);
  return joined(a, aaaa);
}

async function askSystem(name: string, deadlineMs: number): Promise<Resolution> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Resolution>((resolve) => {
    timer = setTimeout(() => resolve(failed('timeout', 'getaddrinfo')), deadlineMs);
  });
  const found = lookup(name, { all: true }).then((all) => all.map(({ address }) => address));
  try {
    return await Promise.race([answered(found), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function answered(query: Promise<string[]>): Promise<Resolution> {
  try {
    const addresses = [...new Set(await query)];
    return addresses.length > 0 ? { addresses } : failed('no-address', 'empty answer');
  } catch (error) {
    return failureOf(error);
  }
}

function failed(kind: NameFailure['kind'], detail: string): Resolution {
  return { addresses: [], failure: { kind, detail } };
}

const KINDS: Readonly<Record<string, NameFailure['kind']>> = {
  ENOTFOUND: 'not-found',
  ENODATA: 'no-address',
  ETIMEOUT: 'timeout',
};

const DETAILS: Readonly<Record<string, string>> = {
  ESERVFAIL: 'SERVFAIL: the server failed',
  EREFUSED: 'REFUSED: the server does not answer this machine',
  ECONNREFUSED: 'no name server can be reached',
  ENOTIMP: 'NOTIMP: the server does not know this kind of query',
  EFORMERR: 'FORMERR: the server did not understand the query',
  EBADRESP: 'the answer cannot be read',
  EAI_AGAIN: 'the system resolver failed for now',
};

function failureOf(error: unknown): Resolution {
  const { code = '' } = error as NodeJS.ErrnoException;
  return failed(KINDS[code] ?? 'server', DETAILS[code] ?? messageOf(error));
}

/** Later in this list wins when neither family gave an address: it says more, or says it for sure. */
const WEIGHT: readonly NameFailure['kind'][] = ['no-address', 'server', 'timeout', 'not-found'];

/** One answer of two queries. That a family has no record is a fault only when both have none. */
function joined(a: Resolution, aaaa: Resolution): Resolution {
  const addresses = [...a.addresses, ...aaaa.addresses];
  const failures = [a.failure, aaaa.failure].filter((failure) => failure !== undefined);
  failures.sort((x, y) => WEIGHT.indexOf(y.kind) - WEIGHT.indexOf(x.kind));
  const partly = failures.find(({ kind }) => kind === 'timeout' || kind === 'server');
  const failure = addresses.length === 0 ? failures[0] : partly;
  return failure === undefined ? { addresses } : { addresses, failure };
}
