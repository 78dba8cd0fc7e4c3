import { execFileSync } from 'node:child_process';
import { cpSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findCommand } from './needs.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** What src/host is linked with, and what that needs. */
const PACKAGES = ['ipaddr.js', 'zod', 'p-limit', 'yocto-queue'];
const NOBODY = ['--reuid', '65534', '--regid', '65534', '--clear-groups', '--'];

/** Copies the built program into `folder` without its optional dependency. */
export function copyWithoutKoffi(folder: string): string {
  const copy = join(folder, 'without-koffi');
  cpSync(join(ROOT, 'dist'), join(copy, 'dist'), { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(copy, 'package.json'));
  for (const name of PACKAGES) {
    const from = realpathSync(join(ROOT, 'node_modules', name));
    cpSync(from, join(copy, 'node_modules', name), { recursive: true });
  }
  return copy;
}

/**
 * Calls an exported function of a built file without arguments, as a user without rights; `enter`: a
 * command that goes before. Needs root.
 */
export function callAsNobody(
  copy: string,
  file: string,
  name: string,
  enter: readonly string[] = [],
): unknown {
  const script = `import(${JSON.stringify(join(copy, 'dist', file))})
    .then((file) => file[${JSON.stringify(name)}]())
    .then((result) => process.stdout.write(JSON.stringify(result)));`;
  const setpriv = findCommand('setpriv') ?? '';
  const [command, ...args] = [...enter, setpriv, ...NOBODY, process.execPath, '-e', script];
  return JSON.parse(execFileSync(command, args, { encoding: 'utf8' }));
}
