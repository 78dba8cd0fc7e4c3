/**
 * Compares both connect engines with nmap on a namespace host. Needs root and nmap.
 * Times are whole processes from start to end, the median of five rounds; the contenders take turns.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { findCommand } from '../test/helpers/needs.ts';
import { makeNamespace, namespacesMet } from '../test/lab/namespace.ts';
import { median, row } from './figures.ts';

const ROUNDS = 5;
const OPEN_PORTS = Array.from({ length: 50 }, (_, at) => 137 + at * 1300);
const EIGHT_PORTS = [22, 80, 443, 3306, 5432, 6379, 8080, 137];
const CHILD = fileURLToPath(new URL('probe-run.js', import.meta.url));

interface Result {
  readonly open: number;
  readonly peakMb: number;
}
interface Contender {
  readonly name: string;
  readonly run: () => Result;
  /** Longest time aimed at, in times of nmap's; missing it fails nothing. */
  readonly target?: number;
}

/** All contenders run ahead of whatever else the machine does. */
function timed(command: string, args: readonly string[]): string {
  return execFileSync('nice', ['-n', '-15', command, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
}

function ours(engine: string, first: string, hosts: number, ports: string): Result {
  const args = [CHILD, engine, first, String(hosts), ports];
  return JSON.parse(timed(process.execPath, args)) as Result;
}

/** The setting of the issue. */
function nmap(target: string, ports: string): Result {
  const args = ['-sT', '-n', '-Pn', '-T5', '--min-rate', '100000', '-p', ports, '-oG', '-', target];
  const text = timed(findCommand('nmap') ?? 'nmap', args);
  return { open: text.split('/open/').length - 1, peakMb: Number.NaN };
}

function compare(title: string, expectedOpen: number, contenders: readonly Contender[]): void {
  const seconds = contenders.map((): number[] => []);
  const results: Result[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    contenders.forEach(({ run }, at) => {
      const start = performance.now();
      results[at] = run();
      seconds[at]?.push((performance.now() - start) / 1000);
    });
  }
  const base = median(seconds[0] ?? []);
  console.log(`\n${title}\n`);
  const time = `seconds (median of ${ROUNDS})`;
  console.log(row('scanner', time, 'times nmap', 'aim', 'open ports', 'peak MB'));
  console.log(row('---', '---', '---', '---', '---', '---'));
  contenders.forEach(({ name, target }, at) => {
    const taken = median(seconds[at] ?? []);
    const { open = 0, peakMb = Number.NaN } = results[at] ?? {};
    const allowed = target === undefined ? '' : `≤ ${target.toFixed(2)}`;
    const peak = Number.isNaN(peakMb) ? '' : peakMb.toFixed(0);
    const found = `${open} of ${expectedOpen}`;
    console.log(row(name, taken.toFixed(2), (taken / base).toFixed(2), allowed, found, peak));
    if (open !== expectedOpen) process.exitCode = 1;
  });
}

async function main(): Promise<void> {
  if (!namespacesMet('nmap')) return;
  const peer = makeNamespace();
  try {
    await peer.listen(OPEN_PORTS);
    const host = peer.far.v4;
    const first = peer.spare(0);
    peer.answerFor(`${first}/20`);
    compare('(a) all 65,535 ports of one host, 50 of them open', OPEN_PORTS.length, [
      { name: 'nmap -sT -T5 --min-rate 100000', run: () => nmap(host, '1-65535') },
      { name: 'epoll', run: () => ours('epoll', host, 1, '-'), target: 1.2 },
      { name: 'node', run: () => ours('node', host, 1, '-'), target: 4.5 },
    ]);
    const ports = EIGHT_PORTS.join(',');
    compare('(b) 4,096 addresses × 8 ports, one of them open everywhere', 4096, [
      { name: 'nmap, same setting', run: () => nmap(`${first}/20`, ports) },
      { name: 'epoll', run: () => ours('epoll', first, 4096, ports), target: 1 / 1.2 },
      { name: 'node', run: () => ours('node', first, 4096, ports) },
    ]);
  } finally {
    peer.close();
  }
}

await main();
