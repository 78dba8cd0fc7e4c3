import { type ExecFileException, execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';

const TIMEOUT_MS = 10_000;
const OUTPUT_BYTES = 64 * 2 ** 20;
/** Where tools of the administrator lie that a user's PATH leaves out. */
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin'];
/** How tools word that they may not: EPERM and EACCES in the C locale, and words of their own. */
const DENIED =
  /permission denied|operation not permitted|must be (?:run as )?(?:root|superuser)|need to be root|not authori[sz]ed|access is denied|requires elevation/i;

export interface Command {
  /** A name that is looked for in PATH and the administrator's folders, or an absolute path. */
  readonly program: string;
  readonly args: readonly string[];
  /** Standard input; empty when not given. */
  readonly input?: string;
  /** Milliseconds; 10,000 when not given. */
  readonly timeoutMs?: number;
  /** Largest output in bytes; 64 MiB when not given. */
  readonly outputBytes?: number;
}

/**
 * How a command ended; whoever runs one decides what each means.
 * - `absent`: there is no such program.
 * - `denied`: it, or the kernel, says that this user may not.
 * - `failed`: anything else that is not exit code 0; `problem` is the line of its standard
 *   error that tells most, or says that a bound was reached. `stdout` is what it wrote before.
 */
export type CommandResult =
  | { readonly state: 'ok'; readonly stdout: string; readonly stderr: string }
  | { readonly state: 'absent'; readonly problem: string }
  | { readonly state: 'denied'; readonly problem: string }
  | { readonly state: 'failed'; readonly problem: string; readonly stdout: string };

/** Runs a program without a shell in the C locale, within bounds of time and output. Never throws. */
export async function runCommand(command: Command): Promise<CommandResult> {
  const path = await findProgram(command.program);
  if (path === null) return { state: 'absent', problem: `there is no ${command.program} here` };
  return execute(path, command);
}

/** Absolute path of a program that this user may run; null when there is none. */
export async function findProgram(name: string): Promise<string | null> {
  for (const path of isAbsolute(name) ? [name] : candidates(name)) {
    if (await isRunnable(path)) return path;
  }
  return null;
}

function candidates(name: string): string[] {
  const endings = process.platform === 'win32' ? ['.exe', ''] : [''];
  return searchPath()
    .split(delimiter)
    .filter((folder) => isAbsolute(folder))
    .flatMap((folder) => endings.map((ending) => join(folder, name + ending)));
}

function searchPath(): string {
  const own = process.env['PATH'] ?? '';
  return process.platform === 'win32' ? own : [own, ...SYSTEM_FOLDERS].join(delimiter);
}

async function isRunnable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function execute(path: string, command: Command): Promise<CommandResult> {
  const { args, input = '', timeoutMs = TIMEOUT_MS, outputBytes = OUTPUT_BYTES } = command;
  const options = {
    env: { ...process.env, PATH: searchPath(), LC_ALL: 'C' },
    timeout: timeoutMs,
    killSignal: 'SIGKILL' as const,
    maxBuffer: outputBytes,
    windowsHide: true,
  };
  return new Promise((resolve) => {
    const child = execFile(path, args, options, (error, stdout, stderr) => {
      if (error === null) resolve({ state: 'ok', stdout, stderr });
      else resolve(failure(error, { stdout, stderr }, command));
    });
    // a program that reads nothing closes its end first
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

function failure(
  error: ExecFileException,
  { stdout, stderr }: { readonly stdout: string; readonly stderr: string },
  command: Command,
): CommandResult {
  const { program, timeoutMs = TIMEOUT_MS, outputBytes = OUTPUT_BYTES } = command;
  const failed = (problem: string) => ({ state: 'failed', problem, stdout }) as const;
  if (error.code === 'EACCES' || error.code === 'EPERM') {
    return { state: 'denied', problem: `this user may not run ${program}` };
  }
  if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') {
    return failed(`${program} wrote more than ${outputBytes} bytes`);
  }
  if (error.killed === true) return failed(`${program} did not end within ${timeoutMs} ms`);
  const problem = tellingLine(stderr) ?? howItEnded(error, program);
  return DENIED.test(stderr) ? { state: 'denied', problem } : failed(problem);
}

/** The last line, or the last that says that it is the error: nft(8) and others quote below it. */
function tellingLine(text: string): string | undefined {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return (lines.findLast((line) => /\berror\b/i.test(line)) ?? lines.at(-1))?.trim();
}

function howItEnded({ code, signal }: ExecFileException, program: string): string {
  return `${program} ended with ${signal ?? `exit code ${code ?? 'unknown'}`}`;
}
