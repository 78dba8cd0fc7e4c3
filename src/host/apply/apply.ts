import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command, Script } from '../../firewall/kind.ts';
import { messageOf, type PosternError, problem } from '../../model/errors.ts';
import { shellWord } from '../../model/shell-word.ts';
import { type CommandResult, runCommand } from '../run.ts';
import { type ChangeStore, type ChangeVerdict, newChangeId } from './change-store.ts';
import { fallbackFor, takeSnapshot } from './snapshot.ts';
import { appliedName, undoScript, watchdogScript } from './undo-script.ts';

/** ufw starts an interpreter and several iptables for one rule. */
const STEP_MS = 60_000;
/** How long to wait for a watchdog that has begun to take a change back. */
const WATCHDOG_MS = 90_000;

/** Told what was done about the fault (`nothing was changed`), it makes the error. */
export type Fault = (done: string) => PosternError;

export interface ApplyRequest {
  readonly store: ChangeStore;
  /** `close tcp port 5432`, as it stands in messages after "to". */
  readonly summary: string;
  readonly script: Script;
  /** Seconds. */
  readonly undoAfter: number;
  /** Looks at the rules right after the change; a fault takes it back at once. */
  readonly check: () => Promise<Fault | null>;
}

/**
 * Applies a script and resolves to the id of the change, which takes itself back after `undoAfter`
 * unless `confirmChange` comes first. The way back is armed before the first step: from then on no
 * end of this process leaves the change in force unconfirmed. Throws REMEDY_STATE, REMEDY_BUSY
 * (nothing was changed), REMEDY_APPLY or the fault of the check (all was taken back, or the message
 * says that it was not).
 */
export async function applyChange(request: ApplyRequest): Promise<string> {
  const { store, script, summary } = request;
  const id = newChangeId(new Date());
  await store.begin(id);
  try {
    await prepare(request, id);
    await arm(store, id);
    // a record that was dropped meanwhile (`dropUnbegun`) has taken its watchdog along
    await store.read(id);
  } catch (error) {
    await store.forget(id);
    throw error;
  }
  for (const command of script.apply) {
    const result = await runStep(command);
    if (result.state === 'ok') continue;
    const step = command.argv.map(shellWord).join(' ');
    const done = await failBack(store, id);
    throw problem('REMEDY_APPLY', { change: summary, step, problem: result.problem, done });
  }
  const fault = await checked(request, id);
  if (fault !== null) throw fault(await failBack(store, id));
  const verdict = await store.verdictOf(id);
  if (verdict === null || verdict === 'confirmed') return id;
  throw endedEarly(request, verdict, await failBack(store, id));
}

function endedEarly(
  { summary, undoAfter }: ApplyRequest,
  verdict: ChangeVerdict,
  done: string,
): PosternError {
  const reason =
    verdict === 'expired'
      ? `reading the rules back took longer than ${undoAfter} s (give it more with --undo-after)`
      : 'postern undo was run before the rules were read back';
  return problem('REMEDY_VERIFY', { change: summary, problem: reason, done });
}

async function prepare({ store, script, summary, undoAfter }: ApplyRequest, id: string) {
  const { files, rulesets } = await takeSnapshot(store, id, script);
  const fallback = fallbackFor(script.kind, rulesets);
  await store.write(
    id,
    'undo.sh',
    undoScript({
      id,
      summary,
      undo: script.undo,
      unpersist: script.unpersist ?? [],
      files,
      // where there are steps for it, confirming alone writes them
      writtenBy: script.persist.length > 0 ? 'confirm' : 'apply',
      fallback,
    }),
    0o700,
  );
  await store.write(id, 'watchdog.sh', watchdogScript(undoAfter), 0o700);
  await store.keep({
    schema: 'postern.change/1',
    id,
    begun: new Date().toISOString(),
    summary,
    kind: script.kind,
    undoAfter,
    persist: [...script.persist],
    files,
  });
}

/** Keeps the files as the steps left them, so that the way back sees what others did to them since. */
async function markApplied({ store, script }: ApplyRequest, id: string): Promise<void> {
  if (script.persist.length > 0) return;
  for (const { path, copy } of (await store.read(id)).record.files) {
    if (copy !== null) await copyFile(path, join(store.folderOf(id), appliedName(copy)));
  }
}

/** In a session of its own: neither the end of ours nor a signal to our group reaches it. */
async function arm(store: ChangeStore, id: string): Promise<void> {
  const cwd = store.folderOf(id);
  const child = spawn('/bin/sh', ['./watchdog.sh'], { cwd, detached: true, stdio: 'ignore' });
  try {
    await once(child, 'spawn');
  } catch (error) {
    throw problem('REMEDY_STATE', { value: cwd, problem: messageOf(error) }, error);
  }
  child.unref();
}

async function checked(request: ApplyRequest, id: string): Promise<Fault | null> {
  const { check, summary } = request;
  try {
    await markApplied(request, id);
    return await check();
  } catch (error) {
    return (done) =>
      problem('REMEDY_VERIFY', { change: summary, problem: messageOf(error), done }, error);
  }
}

/**
 * Runs one step of a script. Its input comes through a pipe of the shell's: Node's own is a socket,
 * and firewall-cmd(1) opens /dev/stdin, which the kernel refuses for sockets.
 */
export async function runStep({ argv, stdin }: Command): Promise<CommandResult> {
  const [program = '', ...args] = argv;
  if (stdin === undefined) return await runCommand({ program, args, timeoutMs: STEP_MS });
  return await runCommand({
    program: '/bin/sh',
    args: ['-c', 'cat | "$@"', 'sh', program, ...args],
    input: stdin,
    timeoutMs: STEP_MS,
  });
}

async function failBack(store: ChangeStore, id: string): Promise<string> {
  const trouble = await takeBack(store, id, 'failed');
  return trouble === null ? 'it was taken back' : `taking it back failed as well: ${trouble}`;
}

/**
 * Takes a change back, whether or not it was decided before; resolves to what went wrong, or null.
 * A watchdog that was first is waited for.
 */
export async function takeBack(
  store: ChangeStore,
  id: string,
  verdict: ChangeVerdict,
): Promise<string | null> {
  const decided = await store.decide(id, verdict);
  if (decided === 'expired' && (await watchdogDid(store, id))) return null;
  const script = `${store.folderOf(id)}/undo.sh`;
  const result = await runCommand({ program: '/bin/sh', args: [script], timeoutMs: WATCHDOG_MS });
  if (result.state !== 'ok') return result.problem;
  return (await store.read(id)).takenBack ? null : `${script} ended early`;
}

async function watchdogDid(store: ChangeStore, id: string): Promise<boolean> {
  for (const end = Date.now() + WATCHDOG_MS; Date.now() < end; await sleep(100)) {
    if ((await store.read(id)).takenBack) return true;
    // it has given up, or was killed and its place is still taken
    if ((await store.pending()) !== id) return false;
  }
  return false;
}
