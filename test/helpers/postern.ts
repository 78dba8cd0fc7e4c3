import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { makeFolder, sweepFolders } from '../lab/folders.ts';

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** What runs the arguments. Default: this Node with the program of this checkout. */
  readonly command?: readonly string[];
  /** Called with the running program, to send it signals. */
  readonly onStart?: (child: ChildProcess) => void;
}

export const PROGRAM = fileURLToPath(new URL('../../bin/postern.js', import.meta.url));

let made: string | undefined;

/** Where the scans of this test process are stored: never in the home of who runs the tests. */
function dataHome(): string {
  if (made === undefined) {
    // a worker of vitest is not told that it ends: the next one sweeps
    sweepFolders();
    made = makeFolder('data');
  }
  return made;
}

/** Runs the built program as a user would, to its end. */
export function postern(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const [command = '', ...before] = options.command ?? [process.execPath, PROGRAM];
  const child = spawn(command, [...before, ...args], {
    cwd: options.cwd ?? process.cwd(),
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: process.env['HOME'] ?? '/',
      XDG_DATA_HOME: dataHome(),
      ...options.env,
    },
    stdio: 'pipe',
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  child.stdin.end(options.input ?? '');
  options.onStart?.(child);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({
        code,
        stdout: Buffer.concat(out).toString(),
        stderr: Buffer.concat(err).toString(),
      });
    });
  });
}
