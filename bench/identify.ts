/**
 * Identifies the real servers of Debian's packages on ports that suggest nothing, and compares with
 * what the package manager says. Needs root and the packages of scripts/ci-packages.txt.
 */
import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { identify } from '../src/identify/identify.ts';
import { PROTOCOLS } from '../src/identify/registry.ts';
import type { Service } from '../src/model/service.ts';
import { missing } from '../test/helpers/needs.ts';
import { type Expected, type RunningServer, startServer } from '../test/lab/server.ts';
import { SERVERS } from '../test/lab/servers.ts';
import { row } from './figures.ts';

/** The fifteen that the first issue names, and those of their doors that need a server of their own. */
const NAMES: ReadonlySet<string> = new Set([
  ...['nginx', 'openssh', 'mariadb', 'postgresql', 'redis', 'memcached', 'vsftpd', 'dovecot'],
  ...['postfix', 'bind', 'mosquitto', 'rabbitmq', 'slapd', 'samba', 'rsync'],
  ...['vsftpd-implicit-tls', 'vsftpd-explicit-tls'],
]);

type Mark = 'right' | 'wrong' | 'not revealed';

interface Result {
  readonly server: string;
  readonly door: string;
  readonly expected: Expected;
  readonly found: Service | null;
  readonly connections: number;
  readonly ms: number;
}

/** Node reports every connection it makes here. */
let connections = 0;
const observer = new PerformanceObserver((list) => {
  connections += list.getEntriesByName('connect').length;
});

async function look(server: RunningServer, door: string, expected: Expected): Promise<Result> {
  connections = 0;
  const start = performance.now();
  const found = await identify({
    address: server.address,
    port: server.ports[door] ?? 0,
    serverName: 'localhost',
    signal: new AbortController().signal,
    protocols: PROTOCOLS,
    onFault: (protocol, fault) => console.error(`the ${protocol} plugin failed:`, fault),
  });
  const ms = performance.now() - start;
  await turn();
  return { server: server.name, door, expected, found, connections, ms };
}

/** HTTP/2 is told as a property of https where the server takes HTTP/1.1 too. */
function protocolOf({ found, expected }: Result): string {
  if (found === null) return 'nothing';
  const both = expected.protocol === 'http2' && found.details?.['http2'] === true;
  return both ? 'http2' : found.protocol;
}

function protocolMark(result: Result): Mark {
  const { found, expected } = result;
  const layer = found?.tls === undefined ? 'none' : found.tls.startTls ? 'starttls' : 'implicit';
  return protocolOf(result) === expected.protocol && layer === expected.tls ? 'right' : 'wrong';
}

function productMark({ found, expected }: Result): Mark {
  if (found?.product === expected.product) return 'right';
  return expected.reveals === 'protocol' && found?.product === undefined ? 'not revealed' : 'wrong';
}

function versionMark({ found, expected }: Result): Mark {
  if (found?.version === expected.version) return 'right';
  return expected.reveals !== 'version' && found?.version === undefined ? 'not revealed' : 'wrong';
}

function shown(mark: Mark, value: string | undefined): string {
  if (mark === 'not revealed') return mark;
  return mark === 'right' ? (value ?? '') : `**${value ?? 'nothing'}**`;
}

function line(result: Result): string {
  const { server, door, expected, found } = result;
  const layer = expected.tls === 'none' ? '' : ` (TLS ${expected.tls})`;
  return row(
    `${server} ${door}`,
    `${expected.protocol}${layer}`,
    shown(protocolMark(result), protocolOf(result)),
    expected.product,
    shown(productMark(result), found?.product),
    expected.version,
    shown(versionMark(result), found?.version),
    result.connections,
    result.ms.toFixed(0),
  );
}

function summary(what: string, marks: readonly Mark[]): string {
  const told = marks.filter((mark) => mark !== 'not revealed');
  const right = told.filter((mark) => mark === 'right').length;
  const silent = marks.length - told.length;
  if (right < told.length) process.exitCode = 1;
  const rest = silent === 0 ? '' : ` (${silent} more not revealed by the server)`;
  return `${right} of ${told.length} ${what}${rest}`;
}

async function main(): Promise<void> {
  observer.observe({ entryTypes: ['net'] });
  console.log(
    row('door', 'expected', 'found', 'product', 'found', 'version', 'found', 'connections', 'ms'),
  );
  console.log(row(...Array.from({ length: 9 }, () => '---')));
  const results: Result[] = [];
  for (const spec of SERVERS.filter(({ name }) => NAMES.has(name))) {
    const reason = missing(spec.needs);
    if (reason !== undefined) {
      console.log(row(spec.name, reason));
      process.exitCode = 1;
      continue;
    }
    await using server = await startServer(spec);
    for (const [door, expected] of Object.entries(server.expected)) {
      if (expected.transport === 'udp') continue;
      const result = await look(server, door, expected);
      console.log(line(result));
      results.push(result);
    }
  }
  observer.disconnect();
  const servers = new Set(results.map(({ server }) => server.split('-')[0])).size;
  console.log(`\n${servers} servers, ${results.length} doors:`);
  console.log(summary('protocols', results.map(protocolMark)));
  console.log(summary('products', results.map(productMark)));
  console.log(summary('versions', results.map(versionMark)));
}

await main();
