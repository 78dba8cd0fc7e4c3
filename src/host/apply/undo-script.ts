import type { Command } from '../../firewall/kind.ts';
import { shellWord } from '../../model/shell-word.ts';
import type { ChangeRecord } from './change-store.ts';

export interface UndoSteps {
  readonly id: string;
  readonly summary: string;
  /** The change's own way back. */
  readonly undo: readonly Command[];
  /** The same for what a confirmed change made persistent. */
  readonly unpersist: readonly Command[];
  readonly files: ChangeRecord['files'];
  /** Who changes the files: the change itself, or confirming it. */
  readonly writtenBy: 'apply' | 'confirm';
  /** Puts the whole ruleset back as it was; run only when the own way back failed. */
  readonly fallback: readonly Command[];
}

const CONFIRMED = 'confirmed() { [ "$(cat verdict 2>/dev/null)" = confirmed ]; }';
/** Where tools of the administrator lie; the script may be run with any PATH. */
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * The way back as a shell script that needs nothing of Postern: it works when Node is gone, updated
 * or out of memory. It goes on after a step that fails, tells with exit code 1, and may be run again.
 */
export function undoScript(steps: UndoSteps): string {
  const { id, summary, undo, unpersist, files, writtenBy, fallback } = steps;
  return [
    '#!/bin/sh',
    `# Takes back: ${oneLine(summary)}. Written by postern.`,
    `PATH=${PATH}; export PATH`,
    'cd "$(dirname "$0")" || exit 1',
    'failed=0',
    CONFIRMED,
    ...files.flatMap(isOurs),
    ...undo.map((command) => `${line(command)} || failed=1`),
    ...unpersist.map((command) => `if confirmed; then ${line(command)} || failed=1; fi`),
    ...files.flatMap((file) => restoreIf(writtenBy, file)),
    ...fallbackLines(fallback),
    'if [ "$failed" = 0 ]; then : > taken-back; fi',
    `if [ "$(readlink ../pending)" = ${shellWord(id)} ]; then rm -f ../pending; fi`,
    'exit "$failed"',
    '',
  ].join('\n');
}

function oneLine(text: string): string {
  return text.replaceAll(/[\r\n]+/g, ' ');
}

/** Once the change is confirmed others may have built on it: the whole ruleset is not turned back then. */
function fallbackLines(fallback: readonly Command[]): string[] {
  if (fallback.length === 0) return [];
  const steps = fallback.map(line).join(' && ');
  return ['if [ "$failed" = 1 ] && ! confirmed; then', `  ${steps} && failed=0`, 'fi'];
}

function line({ argv, stdin }: Command): string {
  const words = argv.map(shellWord).join(' ');
  return stdin === undefined ? `${words} </dev/null` : `printf %s ${shellWord(stdin)} | ${words}`;
}

/** Name of a file's second copy, as the change left it. */
export function appliedName(copy: string): string {
  return `${copy}.applied`;
}

/** Asked before the steps back change it: whether it is as the change left it, or the change was cut off. */
function isOurs({ path, copy }: ChangeRecord['files'][number]): string[] {
  if (copy === null) return [];
  const left = appliedName(copy);
  const same = `[ ! -e ${left} ] || [ "$(cat ${left})" = "$(cat ${shellWord(path)} 2>/dev/null)" ]`;
  return [`if ${same}; then ${flagOf(copy)}=1; else ${flagOf(copy)}=0; fi`];
}

function flagOf(copy: string): string {
  return `ours_${copy.replaceAll(/\W/g, '_')}`;
}

/** Before it is confirmed, what others wrote meanwhile is theirs: the steps back took ours out of it. */
function restoreIf(by: UndoSteps['writtenBy'], file: ChangeRecord['files'][number]): string[] {
  const { copy } = file;
  const ours = by === 'apply' && copy !== null ? ` || [ "$${flagOf(copy)}" = 1 ]` : '';
  const always = by === 'apply' && copy === null;
  return always ? restore(file) : [`if confirmed${ours}; then`, ...restore(file), 'fi'];
}

/** Renamed into its place, so that a crash leaves the old or the new file; a mount point is written over. */
function restore({ path, copy }: ChangeRecord['files'][number]): string[] {
  const target = shellWord(path);
  if (copy === null) return [`rm -f ${target} || failed=1`];
  const near = shellWord(`${path}.postern-undo`);
  const over = `cp -p ${copy} ${target}`;
  return [
    // nothing can be made beside a file that alone is mounted to be written to
    `if ! touch ${near} 2>/dev/null; then ${over} || failed=1`,
    // no room for a copy: written over it would be cut short
    `elif ! cp -p ${copy} ${near}; then failed=1; rm -f ${near}`,
    `elif ! mv -f ${near} ${target} 2>/dev/null; then ${over} || failed=1; rm -f ${near}; fi`,
  ];
}

/**
 * Waits for a verdict and takes the change back when none comes. A shell script rather than a
 * process of Node: it starts within milliseconds, holds 1 MB, and neither an update of Postern nor
 * a kill of its process touches it.
 */
export function watchdogScript(seconds: number): string {
  return [
    '#!/bin/sh',
    '# Takes a change back that nobody confirmed. Written by postern.',
    "trap '' HUP INT QUIT TERM PIPE",
    `PATH=${PATH}; export PATH`,
    'cd "$(dirname "$0")" || exit 1',
    CONFIRMED,
    `left=${Math.ceil(seconds)}`,
    'while [ "$left" -gt 0 ]; do',
    '  if [ -e taken-back ] || confirmed; then exit 0; fi',
    '  sleep 1',
    '  left=$((left - 1))',
    'done',
    'echo expired > .expired',
    // a verdict to take it back whose process was killed before it did so is carried out here
    'if ! ln .expired verdict 2>/dev/null && confirmed; then exit 0; fi',
    'exec /bin/sh ./undo.sh > undo.log 2>&1',
    '',
  ].join('\n');
}
