import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What a test cannot do without. */
export interface Needs {
  readonly root?: true;
  /** Linux only: namespaces, /proc, epoll. */
  readonly linux?: true;
  /** Programs on the PATH, the system's `sbin` folders included; an absolute path is taken as is. */
  readonly commands?: readonly string[];
  /** Debian packages. */
  readonly packages?: readonly string[];
}

const told = new Set<string>();

/**
 * Whether everything needed is here: `describe.skipIf(!met({ root: true }))`. Prints the reason
 * once when not. With POSTERN_REQUIRE_ALL=1 (CI) a missing need is an error, never a skip.
 */
export function met(needs: Needs): boolean {
  const reason = missing(needs);
  if (reason === undefined) return true;
  if (process.env['POSTERN_REQUIRE_ALL'] === '1') {
    throw new Error(`POSTERN_REQUIRE_ALL=1, but this test would be skipped: ${reason}`);
  }
  if (!told.has(reason)) process.stderr.write(`skipped: ${reason}\n`);
  told.add(reason);
  return false;
}

/** The first thing that is missing, in words; undefined when all is there. */
export function missing(needs: Needs): string | undefined {
  if (needs.linux && process.platform !== 'linux')
    return `needs Linux, this is ${process.platform}`;
  if (needs.root && process.getuid?.() !== 0) return 'needs root';
  const command = needs.commands?.find((name) => findCommand(name) === undefined);
  if (command !== undefined) return `needs the program ${command}`;
  const absent = needs.packages?.find((name) => !isInstalled(name));
  return absent === undefined ? undefined : `needs the Debian package ${absent}`;
}

/** Where a program is, looked for as a root shell would. */
export function findCommand(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const places = name.startsWith('/')
    ? [name]
    : [...folders, '/usr/local/sbin', '/usr/sbin', '/sbin'].map((folder) => join(folder, name));
  return places.find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const installed = new Map<string, boolean>();

function isInstalled(name: string): boolean {
  const known = installed.get(name);
  if (known !== undefined) return known;
  const ask = findCommand('dpkg-query');
  const question = ['-W', '-f', '${db:Status-Status}', name];
  const here = ask !== undefined && spawnSync(ask, question).stdout.toString() === 'installed';
  installed.set(name, here);
  return here;
}
