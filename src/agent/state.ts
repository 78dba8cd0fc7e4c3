import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';
import { messageOf, problem } from '../model/errors.ts';
import { type Lock, takeLock } from '../pipeline/journal/lock.ts';
import { writeWhole } from './atomic-file.ts';

const state = z.object({
  url: z.string(),
  id: z.uuid(),
  name: z.string(),
  token: z.string(),
  /** Certificates of the authority that the server's is of, PEM. */
  ca: z.string().exactOptional(),
  /** The user allowed http:// to another machine. */
  insecure: z.literal(true).exactOptional(),
});

/** What an agent knows of the server that it was enrolled with. */
export type AgentState = z.infer<typeof state>;

const OTHERS = 0o077;
const EVERYBODY_WRITES = 0o002;
/** More than a token and a few certificates have. */
const ROOM_BYTES = 32_768;

/** `--state`, else the XDG state directory (freedesktop.org basedir-spec 0.8). */
export function stateFolder(
  given: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): string {
  if (given !== undefined) return resolve(given);
  const xdg = env['XDG_STATE_HOME'];
  const base = xdg !== undefined && isAbsolute(xdg) ? xdg : join(homedir(), '.local', 'state');
  return join(base, 'postern', 'agent');
}

/**
 * Makes the folder, for this user alone, or takes one that is there as it is; and sees whether a state
 * can be written to it. Throws AGENT_STATE.
 */
export async function prepareFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const { mode } = await stat(folder);
    if (process.platform !== 'win32' && (mode & EVERYBODY_WRITES) !== 0) {
      throw new Error('others may write to it');
    }
    const room = join(folder, 'room');
    await writeWhole(room, new Uint8Array(ROOM_BYTES));
    await rm(room);
  } catch (error) {
    throw problem('AGENT_STATE', { value: folder, problem: messageOf(error) }, error);
  }
}

export async function saveState(folder: string, value: AgentState): Promise<void> {
  try {
    await writeWhole(join(folder, 'agent.json'), `${JSON.stringify(value, null, 2)}\n`);
  } catch (error) {
    throw problem('AGENT_STATE', { value: folder, problem: messageOf(error) }, error);
  }
}

/** Throws AGENT_STATE: it is not there, damaged, or open to others. */
export async function readState(folder: string): Promise<AgentState> {
  const path = join(folder, 'agent.json');
  const failed = (trouble: string, cause?: unknown) =>
    problem('AGENT_STATE', { value: folder, problem: trouble }, cause);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw failed(messageOf(error), error);
  });
  const { mode } = await stat(path);
  if (process.platform !== 'win32' && (mode & OTHERS) !== 0) {
    throw failed('others may read its token: chmod 600 agent.json, and enrol it anew');
  }
  const parsed = state.safeParse(jsonOf(text));
  if (!parsed.success) throw failed('agent.json is damaged');
  return parsed.data;
}

/** Makes the folder this process's until the lock is released or it dies. Throws AGENT_BUSY, AGENT_STATE. */
export function lockFolder(folder: string): Promise<Lock> {
  const codes = { busy: 'AGENT_BUSY', file: 'AGENT_STATE' } as const;
  return takeLock(join(folder, 'agent.lock'), folder, codes);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
