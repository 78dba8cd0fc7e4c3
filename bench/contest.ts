/** Runs contenders in turns, and tells their times as a table. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LossEstimate } from '../src/model/scan.ts';
import type { PacketStats } from '../src/probe/engine.ts';
import { findCommand } from '../test/helpers/needs.ts';
import { median, plainEnvironment, row } from './figures.ts';

export const ROUNDS = 5;
/** `probe-run.ts`, built as the program of the package is. */
export const CHILD = fileURLToPath(new URL('../../bench-program/probe-run.js', import.meta.url));

export interface Result {
  readonly open: number;
  readonly peakMb: number;
}

/** What `probe-run.js` prints. */
export interface OurResult extends Result {
  readonly outcomes: number;
  /** Ports told open more than once. */
  readonly twice: number;
  readonly byPort: Readonly<Record<string, number>>;
  readonly probes: number;
  readonly packets?: PacketStats;
  readonly loss?: LossEstimate;
}

export interface Contender {
  readonly name: string;
  readonly run: () => Result;
  /** Longest time aimed at, in times of the first contender's; missing it fails nothing. */
  readonly target?: number;
}

/** All contenders run ahead of whatever else the machine does. */
export function timed(command: string, args: readonly string[]): string {
  return execFileSync('nice', ['-n', '-15', findCommand(command) ?? command, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: plainEnvironment(),
  });
}

/** One run of ours in a process of its own; `rate` as `--rate` takes it, `max` unless told otherwise. */
export function ours(
  engine: string,
  first: string,
  hosts: number,
  ports: string,
  rate = 'max',
): OurResult {
  const args = [CHILD, engine, first, String(hosts), ports, rate];
  return JSON.parse(timed(process.execPath, args)) as OurResult;
}

/** nmap with the setting of the issue; `how` is `-sT` or `-sS`. */
export function nmap(how: string, target: string, ports: string): Result {
  const args = [how, '-n', '-Pn', '-T5', '--min-rate', '100000', '-p', ports, '-oG', '-', target];
  const text = timed('nmap', args);
  return { open: text.split('/open/').length - 1, peakMb: Number.NaN };
}

/** Prints the table and returns the median seconds of each. */
export function compare(
  title: string,
  expectedOpen: number,
  contenders: readonly Contender[],
  rounds = ROUNDS,
): readonly number[] {
  const seconds = contenders.map((): number[] => []);
  const results = contenders.map((): Result[] => []);
  for (let round = 0; round < rounds; round++) {
    contenders.forEach(({ run }, at) => {
      const start = performance.now();
      results[at]?.push(run());
      seconds[at]?.push((performance.now() - start) / 1000);
    });
  }
  const base = median(seconds[0] ?? []);
  console.log(`\n${title}\n`);
  const time = `seconds (median of ${rounds})`;
  console.log(row('scanner', time, `times ${contenders[0]?.name}`, 'aim', 'open ports', 'peak MB'));
  console.log(row('---', '---', '---', '---', '---', '---'));
  contenders.forEach(({ name, target }, at) => {
    const taken = median(seconds[at] ?? []);
    const all = results[at] ?? [];
    const fewest = Math.min(...all.map(({ open }) => open));
    const peakMb = Math.max(...all.map((result) => result.peakMb));
    const allowed = target === undefined ? '' : `≤ ${target.toFixed(2)}`;
    const peak = Number.isNaN(peakMb) ? '' : peakMb.toFixed(0);
    const found = `${fewest} of ${expectedOpen}`;
    console.log(row(name, taken.toFixed(2), (taken / base).toFixed(2), allowed, found, peak));
    if (isOurs(all) && fewest !== expectedOpen) process.exitCode = 1;
  });
  return seconds.map(median);
}

/** Only a port that we miss fails the command. */
function isOurs(results: readonly Result[]): boolean {
  return results.some((result) => 'outcomes' in result);
}
