import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { findCommand } from '../helpers/needs.ts';

/** Names a launch in the environment of all it starts. */
const MARK = 'POSTERN_LAB_CHILD';
/** A killed process lets go of its sockets within this time, in milliseconds. */
const GONE_WITHIN = 5_000;

/** A program in the foreground. */
export interface Launch {
  readonly command: string;
  /** What belongs together may stand in a list of its own. */
  readonly args: readonly (string | readonly string[])[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Runs as this user when we are root; for servers that refuse root. */
  readonly user?: string;
  /** Gives it an empty /run of its own with these folders in it; root only. */
  readonly ownRun?: readonly string[];
  /** The network namespace (`ip netns`) to run in. */
  readonly namespace?: string;
}

export interface Child {
  readonly pid: number;
  /** Set once it is gone: how it ended. */
  readonly ended: () => string | undefined;
  /** Standard output and error so far. */
  readonly log: () => string;
  /** Kills it and everything it started, however daemonised; resolves when they are gone. */
  kill(): Promise<void>;
}

/**
 * Starts a program that cannot outlive this process: its parent-death signal is KILL, and as root
 * it is the first of its own process-id namespace, so that the kernel takes its children along.
 */
export function startChild(launch: Launch, logFile: string): Child {
  const [command, ...args] = commandLine(launch);
  const log = openSync(logFile, 'a');
  const mark = randomUUID();
  const child = spawn(command ?? '', args, {
    cwd: launch.cwd,
    env: { PATH: process.env['PATH'], LC_ALL: 'C', ...launch.env, [MARK]: mark },
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  let ended: string | undefined;
  child.once('error', (error) => {
    ended = error.message;
  });
  child.once('exit', (code, signal) => {
    ended = signal === null ? `exit code ${code}` : `signal ${signal}`;
  });
  return {
    pid: child.pid ?? 0,
    ended: () => ended,
    log: () => readFileSync(logFile, 'utf8'),
    kill: async () => {
      await killTree(child);
      await killMarked(mark);
    },
  };
}

function commandLine({ command, args, user, ownRun, namespace }: Launch): string[] {
  const program = [findCommand(command) ?? command, ...args.flat()];
  const mortal = ['setpriv', '--pdeathsig', 'KILL', '--'];
  if (process.getuid?.() !== 0) return [...mortal, ...program];
  const enter = namespace === undefined ? [] : ['nsenter', `--net=/run/netns/${namespace}`, '--'];
  const alone = ['unshare', '--pid', '--fork', '--kill-child=KILL', '--mount-proc', '--'];
  return [...mortal, ...enter, ...alone, ...keeper(ownRun), ...asUser(user), ...program];
}

/**
 * The namespace's first process: changing its user would make a server lose the parent-death
 * signal, so a shell that stays as it is keeps it and waits.
 */
function keeper(ownRun: readonly string[] = []): string[] {
  const folders = ownRun.map((folder) => `mkdir -p /run/${folder} && `).join('');
  const prepare = ownRun.length === 0 ? '' : `mount -t tmpfs lab /run && ${folders}`;
  return ['sh', '-c', `${prepare}"$@"; exit $?`, 'sh'];
}

/** The prefix that makes a command run as another user. */
export function asUser(user: string | undefined): string[] {
  if (user === undefined || process.getuid?.() !== 0) return [];
  return ['setpriv', '--reuid', user, '--regid', user, '--init-groups', '--'];
}

async function killTree(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  // The namespace's first process first: `unshare` waits for it, and it for all the others.
  const first = firstChild(child.pid);
  if (first === undefined) process.kill(-child.pid, 'SIGKILL');
  else process.kill(first, 'SIGKILL');
  await gone;
}

/** Without a namespace, daemons leave the process group, and the leader dies before its group. */
async function killMarked(mark: string): Promise<void> {
  if (process.getuid?.() === 0) return;
  const deadline = Date.now() + GONE_WITHIN;
  for (let left = marked(mark); left.length > 0; left = marked(mark)) {
    if (Date.now() > deadline) throw new Error(`processes ${left.join(', ')} do not end`);
    for (const pid of left) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // it went by itself
      }
    }
    await sleep(20);
  }
}

/** Living processes of ours that carry the mark; a zombie has no environment any more. */
function marked(mark: string): number[] {
  if (!existsSync('/proc/self/environ')) return [];
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`${MARK}=${mark}`);
    } catch {
      return false;
    }
  });
}

function firstChild(pid: number): number | undefined {
  if (process.getuid?.() !== 0) return undefined;
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return children === '' ? undefined : Number(children.split(' ')[0]);
  } catch {
    return undefined;
  }
}
