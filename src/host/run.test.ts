import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { makeFolder, removeFolder } from '../../test/lab/folders.ts';
import { findProgram, runCommand } from './run.ts';

const folder = makeFolder('run');
afterAll(() => removeFolder(folder));

function node(script: string, bounds: { timeoutMs?: number; outputBytes?: number } = {}) {
  return runCommand({ program: process.execPath, args: ['-e', script], ...bounds });
}

it('returns what a program wrote, and gives it its input', async () => {
  const script = `process.stdin.on('data', (d) => process.stdout.write('got ' + d)); console.error('aside');`;
  const result = await runCommand({
    program: process.execPath,
    args: ['-e', script],
    input: 'x y',
  });
  expect(result).toEqual({ state: 'ok', stdout: 'got x y', stderr: 'aside\n' });
});

it('runs programs without a shell and in the C locale', async () => {
  const result = await runCommand({
    program: process.execPath,
    args: ['-e', 'process.stdout.write(process.env.LC_ALL + process.argv[1])', '$(id) `id` ; id'],
  });
  expect(result).toMatchObject({ state: 'ok', stdout: 'C$(id) `id` ; id' });
});

it('names the line that says what the error is, not the marks below it', async () => {
  const script = `console.error('in:1:5: Error: no such thing\\nadd rule x\\n    ^^^^'); process.exit(1)`;
  expect(await node(script)).toMatchObject({ problem: 'in:1:5: Error: no such thing' });
});

it('tells a missing program from one that failed', async () => {
  expect(await runCommand({ program: 'no-such-program', args: [] })).toEqual({
    state: 'absent',
    problem: 'there is no no-such-program here',
  });
  expect(
    await node('console.log("half"); console.error("first\\nlast words\\n"); process.exit(4)'),
  ).toEqual({
    state: 'failed',
    problem: 'last words',
    stdout: 'half\n',
  });
  expect(await node('process.exit(4)')).toMatchObject({
    state: 'failed',
    problem: expect.stringContaining('exit code 4'),
  });
  expect(await node('process.kill(process.pid, "SIGTERM")')).toMatchObject({
    state: 'failed',
    problem: expect.stringContaining('SIGTERM'),
  });
});

it('says that the user may not, from what tools write', async () => {
  // captured here: `setpriv --reuid nobody nft list ruleset`
  const words =
    'Operation not permitted (you must be root)\\nnetlink: Error: cache initialization failed: Operation not permitted\\n';
  expect(await node(`console.error('${words}'); process.exit(1)`)).toMatchObject({
    state: 'denied',
    problem: 'netlink: Error: cache initialization failed: Operation not permitted',
  });
});

it('ends a program that does not, and one that writes too much', async () => {
  expect(await node('setInterval(() => {}, 1000)', { timeoutMs: 300 })).toMatchObject({
    state: 'failed',
    problem: expect.stringContaining('did not end within 300 ms'),
  });
  expect(await node('process.stdout.write("x".repeat(5000))', { outputBytes: 1000 })).toMatchObject(
    {
      state: 'failed',
      problem: expect.stringContaining('more than 1000 bytes'),
    },
  );
});

it('does not wait for what a program that ran out of time has started', async () => {
  const script = `require('node:child_process').spawn(process.execPath,
    ['-e', 'setTimeout(() => {}, 5000)'], { stdio: 'inherit' }); setInterval(() => {}, 1000);`;
  expect(await node(script, { timeoutMs: 300 })).toMatchObject({ state: 'failed' });
});

it('passes over files that may not be run', async () => {
  const path = join(folder, 'program');
  writeFileSync(path, '#!/bin/sh\n');
  expect(await findProgram(path)).toBeNull();
  chmodSync(path, 0o755);
  expect(await findProgram(path)).toBe(path);
  expect(await findProgram('sh')).toMatch(/\/sh$/);
});

it('does not fall over a program that leaves its input unread', async () => {
  const result = await runCommand({ program: 'true', args: [], input: 'x'.repeat(1_000_000) });
  expect(result).toEqual({ state: 'ok', stdout: '', stderr: '' });
});
