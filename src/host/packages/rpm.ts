import { existsSync } from 'node:fs';
import pLimit from 'p-limit';
import type { OwningPackage } from '../../model/listener.ts';
import { type CommandResult, runCommand } from '../run.ts';

const FORMAT = String.raw`%{NAME}\t%{EVR}\n`;
const AT_ONCE = 4;
/** Files that no package owns give a line without a tab. */
const OWNED = /^([^\t]+)\t([^\t]+)$/;

/** Which packages own these executables, as rpm(8) says; empty where there is no rpm. */
export async function findRpmOwners(
  executables: readonly string[],
): Promise<Map<string, OwningPackage>> {
  // rpm is silent about files that are gone
  const there = executables.filter((path) => existsSync(path));
  if (there.length === 0) return new Map();
  const owners = readRpmOwners(await query(there), there);
  if (owners !== null) return owners;
  const limit = pLimit(AT_ONCE);
  const single = await Promise.all(
    there.map((path) => limit(async () => readRpmOwners(await query([path]), [path]))),
  );
  return new Map(single.flatMap((found) => [...(found ?? [])]));
}

/** Exit code 1, with all answers, when one of the files has no owner. */
async function query(paths: readonly string[]): Promise<string> {
  const result: CommandResult = await runCommand({
    program: 'rpm',
    args: ['-qf', '--qf', FORMAT, '--', ...paths],
  });
  return result.state === 'absent' || result.state === 'denied' ? '' : result.stdout;
}

/**
 * Reads what `rpm -qf` says, a line for each file in their order. Null when they are not as many: a file
 * of several packages has several, one that has gone none, and whose the others are cannot be told.
 */
export function readRpmOwners(
  text: string,
  paths: readonly string[],
): Map<string, OwningPackage> | null {
  const lines = text.split('\n').filter((line) => line !== '');
  if (paths.length === 1)
    return new Map(lines.slice(0, 1).flatMap((line) => ownerOf(line, paths[0])));
  if (lines.length !== paths.length) return null;
  return new Map(lines.flatMap((line, index) => ownerOf(line, paths[index])));
}

function ownerOf(line: string, path: string | undefined): [string, OwningPackage][] {
  const [, name, version] = OWNED.exec(line) ?? [];
  if (name === undefined || version === undefined || path === undefined) return [];
  return [[path, { manager: 'rpm', name, version: version.replace(/^\(none\):/, '') }]];
}
