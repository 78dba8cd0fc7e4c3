import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';

/** What a process says that asks a thread and has nothing else to do. */
function saidBy(module: string, asks: string): string {
  const from = new URL(`../../dist/server/${module}`, import.meta.url).href;
  const program = `
    const asked = await import(${JSON.stringify(from)});
    process.stdout.write('asks ');
    (${asks}).finally(() => process.stdout.write('waited'));`;
  const options = { encoding: 'utf8' } as const;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', program],
    options,
  );
  return stdout + stderr;
}

it.each([
  ['diff.js', 'asked.diffReports({ before: [], after: [], most: 1 })'],
  ['policy-check.js', "asked.checkPolicyText('version: 1')"],
])('a server that stops waits for no thread of %s', (module, asks) => {
  expect(saidBy(module, asks)).toBe('asks ');
});
