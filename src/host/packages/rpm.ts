import type { OwningPackage } from '../../model/listener.ts';
import { type CommandResult, runCommand } from '../run.ts';

const FORMAT = String.raw`%{NAME}\t%{EVR}\n`;
/** Files that no package owns give a line without a tab. */
const OWNED = /^([^\t]+)\t([^\t]+)$/;

/** Which packages own these executables, as rpm(8) says; empty where there is no rpm. */
export async function findRpmOwners(
  executables: readonly string[],
): Promise<Map<string, OwningPackage>> {
  if (executables.length === 0) return new Map();
  const answer = await query(executables);
  const owners = readRpmOwners(answer, executables);
  if (owners !== null) return owners;
  const single = await Promise.all(
    executables.map(async (path) => readRpmOwners(await query([path]), [path])),
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
 * Reads what `rpm -qf` says, a line for each file in their order. Null when the lines are more: a file
 * of several packages has several, and whose they are cannot be told.
 */
export function readRpmOwners(
  text: string,
  paths: readonly string[],
): Map<string, OwningPackage> | null {
  const lines = text.split('\n').filter((line) => line !== '');
  if (paths.length === 1)
    return new Map(lines.slice(0, 1).flatMap((line) => ownerOf(line, paths[0])));
  if (lines.length > paths.length) return null;
  return new Map(lines.flatMap((line, index) => ownerOf(line, paths[index])));
}

function ownerOf(line: string, path: string | undefined): [string, OwningPackage][] {
  const [, name, version] = OWNED.exec(line) ?? [];
  if (name === undefined || version === undefined || path === undefined) return [];
  return [[path, { manager: 'rpm', name, version: version.replace(/^\(none\):/, '') }]];
}
