/** How long the program takes to say its version, in times of the smallest Node program. */
import { spawnSync } from 'node:child_process';
import { median, plainEnvironment, row } from './figures.ts';

const ROUNDS = 15;
const ALLOWED = 3;

const CONTENDERS: readonly (readonly string[])[] = [
  ['-e', '0'],
  ['bin/postern.js', '--version'],
];

/** Milliseconds from start to end of a Node process. */
function timed(args: readonly string[]): number {
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    env: plainEnvironment(),
  });
  if (status !== 0 || stderr !== '') throw new Error(`node ${args.join(' ')}: ${stderr}`);
  return performance.now() - start;
}

const times = CONTENDERS.map((): number[] => []);
for (let round = 0; round < ROUNDS; round++) {
  CONTENDERS.forEach((args, at) => {
    times[at]?.push(timed(args));
  });
}
const base = median(times[0] ?? []);
console.log(row('program', `ms (median of ${ROUNDS})`, 'ratio', 'aim'));
console.log(row('---', '---', '---', '---'));
CONTENDERS.forEach((args, at) => {
  const ms = median(times[at] ?? []);
  const allowed = at === 0 ? '' : `< ${ALLOWED}`;
  console.log(row(`node ${args.join(' ')}`, ms.toFixed(1), (ms / base).toFixed(2), allowed));
});
