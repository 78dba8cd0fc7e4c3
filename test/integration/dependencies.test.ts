import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

it('docs/dependencies.md gives a reason for each run-time dependency, and for no other', () => {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
  const page = readFileSync('docs/dependencies.md', 'utf8').split('For development only')[0] ?? '';
  const listed = page
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| package'))
    .flatMap((line) => (line.split('|')[1] ?? '').split(','))
    .map((name) => name.replace('(optional)', '').trim());
  const needed = [
    ...Object.keys(manifest.dependencies),
    ...Object.keys(manifest.optionalDependencies),
  ];
  expect(new Set(listed)).toEqual(new Set(needed));
});
