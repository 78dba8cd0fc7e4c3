import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The program as users install it: built files and the packages it names, in a folder of its own. */
export interface Installation {
  readonly program: string;
  remove(): void;
}

interface Lock {
  readonly packages: Readonly<
    Record<string, { readonly dev?: boolean; readonly optional?: boolean }>
  >;
}

/** What `npm install --omit=dev`, and with `optional` false `--omit=optional`, would leave here. */
export function install(options: { readonly optional: boolean }): Installation {
  const folder = mkdtempSync(join(tmpdir(), 'postern-installation-'));
  chmodSync(folder, 0o755);
  const copy = (path: string) => cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  for (const path of ['package.json', 'bin', 'data', 'dist/program']) copy(path);
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as Lock;
  for (const [path, { dev = false, optional = false }] of Object.entries(packages)) {
    const wanted = path !== '' && !dev && (options.optional || !optional);
    if (wanted && existsSync(join(ROOT, path))) copy(path);
  }
  return {
    program: join(folder, 'bin/postern.js'),
    remove: () => rmSync(folder, { recursive: true }),
  };
}
