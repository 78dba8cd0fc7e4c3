import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const PROGRAM = new URL('../../dist/program/main.js', import.meta.url);
const SOUGHT = /new URL\(\s*'([^']+)',\s*import\.meta\.url/g;

function soughtBy(path: string): { path: string; relative: string }[] {
  const found = readFileSync(`src/${path}`, 'utf8').matchAll(SOUGHT);
  return [...found].map(([, relative = '']) => ({ path, relative }));
}

it('the bundle needs no package that is not installed with it', () => {
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    dependencies: Readonly<Record<string, string>>;
  };
  const folder = new URL('.', PROGRAM);
  const bare = readdirSync(folder)
    .filter((name) => name.endsWith('.js'))
    .flatMap((name) => [
      ...readFileSync(new URL(name, folder), 'utf8').matchAll(/^import .*from "([^.][^"]*)";$/gm),
    ])
    .map(([, specifier = '']) => specifier.replace(/^((?:@[^/]+\/)?[^/]+).*$/, '$1'));
  expect(bare).toContain('commander');
  const known = new Set(Object.keys(dependencies));
  expect(bare.filter((name) => !name.startsWith('node:') && !known.has(name))).toEqual([]);
  expect(readFileSync(new URL('LICENSES.txt', folder), 'utf8')).toContain('kysely');
});

it('files that the source looks for beside itself are found from the bundle too', () => {
  const sought = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !/\.test(-helper)?\.ts$/.test(path))
    .flatMap(soughtBy);
  expect(sought.map(({ relative }) => relative)).toContain('./thread.js');
  expect(sought.filter(({ relative }) => !existsSync(new URL(relative, PROGRAM)))).toEqual([]);
});
