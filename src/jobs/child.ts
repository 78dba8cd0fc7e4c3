import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { hostname, setPriority } from 'node:os';

/** Of what a worker says, the end is kept. */
const MAX_WORDS = 4000;
/** Scans give way to everything else on the machine. */
const NICENESS = 10;

export interface WorkerChild {
  /** Who holds the leases that it takes. */
  readonly worker: string;
  readonly ended: Promise<WorkerEnd>;
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
}

export interface WorkerEnd {
  /** Null: it ended as it should. */
  readonly problem: string | null;
}

/** Starts a worker for one job: `command` and `worker --once --as NAME`. */
export function startWorker(
  command: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): WorkerChild {
  const worker = `${hostname()}:${randomUUID()}`;
  const [program = process.execPath, ...args] = command;
  const child = spawn(program, [...args, 'worker', '--once', '--as', worker], {
    env: { ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return { worker, ended: endOf(child), kill: (signal) => void child.kill(signal) };
}

async function endOf(child: ChildProcess): Promise<WorkerEnd> {
  let words = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    words = (words + chunk.toString()).slice(-MAX_WORDS);
  });
  giveWay(child);
  const how = await new Promise<string | null>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => {
      if (code === 0) resolve(null);
      else resolve(signal === null ? `exit code ${code}` : `killed by ${signal}`);
    });
  });
  return { problem: how === null ? null : `${how}: ${words.trim().replaceAll('\0', '\ufffd')}` };
}

function giveWay({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, NICENESS);
  } catch {
    // it has ended already
  }
}
