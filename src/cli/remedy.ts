import { createInterface } from 'node:readline/promises';
import { evaluate } from '../firewall/evaluate.ts';
import type { Change } from '../firewall/kind.ts';
import { kindNamed } from '../firewall/kinds.ts';
import type { Layer } from '../firewall/layer.ts';
import { applyChange, type Fault } from '../host/apply/apply.ts';
import { ChangeStore, STATE_FOLDER } from '../host/apply/change-store.ts';
import { confirmChange, undoChange } from '../host/apply/settle.ts';
import { readFirewalls } from '../host/firewall.ts';
import { readListeners } from '../host/listeners.ts';
import { readMachine } from '../host/machine.ts';
import { runCommand } from '../host/run.ts';
import { findSessions } from '../host/session.ts';
import { problem } from '../model/errors.ts';
import type { Machine } from '../model/machine.ts';
import { within } from '../net/within.ts';
import { isHostKind, readKind } from '../remedy/in-charge.ts';
import { cutOff, type Kept, keptSession, readKeep, shutOut } from '../remedy/keep.ts';
import { type Plan, planRemedy, type Situation, type Wish } from '../remedy/plan.ts';
import { verifyChange } from '../remedy/verify.ts';
import { EXIT, type ExitCode } from './exit.ts';
import type { RemedyOptions } from './remedy-options.ts';
import { appliedText, planText } from './remedy-text.ts';
import { type Terminal, write } from './terminal.ts';

const UNDO_AFTER = 60;
const OUTSIDE_MS = 30_000;

/** What `--apply` came to. */
export interface Applied {
  readonly id: string;
  readonly state: 'confirmed' | 'waiting' | 'undone';
  /** Seconds until a waiting change takes itself back. */
  readonly undoAfter: number;
  /** What the look from inside and from outside found, a sentence each. */
  readonly verified: readonly string[];
}

/** The part of a wish that `close` and `restrict` share. */
export function wishFrom(port: number, { udp, family, kind }: RemedyOptions): Wish {
  const wanted = kind === undefined ? undefined : readKind(kind);
  return {
    transport: udp === true ? 'udp' : 'tcp',
    port,
    families: family === undefined ? [4, 6] : [family],
    ...(wanted === undefined ? {} : { kind: wanted }),
  };
}

/** Plans a change and tells it; with `--apply` makes it. `before` is done once the plan stands. */
export async function remedy(
  wish: Wish,
  options: RemedyOptions,
  terminal: Terminal,
  before: () => Promise<void> = () => Promise.resolve(),
): Promise<ExitCode> {
  const kept = (options.keep ?? []).map(readKeep);
  const situation = await readSituation(terminal);
  const plan = planRemedy(wish, situation, kindNamed);
  await before();
  if (options.apply !== true) {
    await tell(plan, null, options, terminal);
    return EXIT.fine;
  }
  const applied = await apply(plan, situation, [...(await sessions()), ...kept], options, terminal);
  await tell(plan, applied, options, terminal);
  return applied.state === 'undone' ? EXIT.partial : EXIT.fine;
}

async function readSituation(terminal: Terminal): Promise<Situation> {
  const [look, listening, machine] = await Promise.all([
    readFirewalls(),
    readListeners(),
    readMachine(),
  ]);
  for (const { code, message } of look.problems) terminal.err.write(`${code}: ${message}\n`);
  const listeners = listening.listeners.filter(({ namespace }) => namespace === 'host');
  const doors = { listeners, publications: listening.publications };
  return { layers: look.layers, facts: look.facts, doors, machine };
}

async function sessions(): Promise<Kept[]> {
  return (await findSessions()).flatMap((session) => keptSession(session) ?? []);
}

async function tell(
  plan: Plan,
  applied: Applied | null,
  options: RemedyOptions,
  terminal: Terminal,
) {
  if (options.json === true) {
    await write(terminal.out, `${JSON.stringify({ ...plan, applied }, null, 2)}\n`);
  } else {
    const width = terminal.out.columns ?? 80;
    const text = applied === null ? planText(plan, width) : appliedText(plan, applied);
    await write(terminal.out, text);
  }
}

async function apply(
  plan: Plan,
  situation: Situation,
  kept: readonly Kept[],
  options: RemedyOptions,
  terminal: Terminal,
): Promise<Applied> {
  const { summary, change, script } = plan;
  if (!isHostKind(script.kind)) throw impossible(plan);
  const lost = shutOut(change, kept, situation.machine);
  if (lost !== null) throw lockout(summary, lost)('nothing was changed');
  const undoAfter = options.undoAfter ?? UNDO_AFTER;
  const store = new ChangeStore(options.state ?? STATE_FOLDER);
  const outside = await outsideCheck(options.outsideCheck);
  const verified: string[] = [];
  const check = async (): Promise<Fault | null> => {
    const after = (await readFirewalls()).layers;
    const fault = faultOf(plan, situation, after, kept, verified);
    return fault ?? (await outside.fault(change, summary, verified));
  };
  const id = await applyChange({ store, summary, script, undoAfter, check });
  const state = await settle(store, id, plan, { ...options, undoAfter }, terminal);
  return { id, state, undoAfter, verified };
}

function impossible({ change, script: { kind } }: Plan) {
  const { transport, port, only } = change;
  return problem('REMEDY_IMPOSSIBLE', {
    verb: only === undefined ? 'close' : 'restrict',
    transport,
    port,
    kind,
    problem: 'it is no firewall of this host, so --apply cannot reach it: use the text',
  });
}

function lockout(change: string, { label }: Kept): Fault {
  return (done) => problem('REMEDY_LOCKOUT', { change, kept: label, done });
}

function faultOf(
  { change, summary }: Plan,
  { layers: before, machine }: { readonly layers: readonly Layer[]; readonly machine: Machine },
  after: readonly Layer[],
  kept: readonly Kept[],
  verified: string[],
): Fault | null {
  const rules = { before, after, machine, evaluate };
  const lost = cutOff(kept, rules);
  if (lost !== null) return lockout(summary, lost);
  const result = verifyChange(change, rules);
  if (result.state === 'open') {
    return (done) => problem('REMEDY_VERIFY', { change: summary, problem: result.problem, done });
  }
  verified.push(
    result.state === 'done'
      ? 'The rules, read back, do what was asked.'
      : `The rules were read back, but ${result.problem}.`,
  );
  return null;
}

interface OutsideCheck {
  fault(change: Change, summary: string, verified: string[]): Promise<Fault | null>;
}

/** Asked before the change as well: a command that fails for its own reasons would say "closed". */
async function outsideCheck(command: string | undefined): Promise<OutsideCheck> {
  const reaches = async () => {
    const args = ['-c', command ?? ''];
    const result = await runCommand({ program: '/bin/sh', args, timeoutMs: OUTSIDE_MS });
    return result.state === 'ok';
  };
  if (command === undefined) return { fault: notLooked };
  const before = await reaches();
  return {
    fault: async ({ only, device }, summary, verified) => {
      if (!before) {
        verified.push('The outside check failed before the change already, so it says nothing.');
        return null;
      }
      const after = await reaches();
      verified.push(`From outside the port ${after ? 'can' : 'can no longer'} be reached.`);
      if (!after || only !== undefined || device !== undefined) return null;
      const reached = 'the outside check still reaches the port';
      return (done) => problem('REMEDY_VERIFY', { change: summary, problem: reached, done });
    },
  };
}

/** Packets to one's own addresses take the loopback: a connection from here proves nothing. */
function notLooked({ transport, port }: Change, _summary: string, verified: string[]) {
  const ports = transport === 'udp' ? `U:${port}` : port;
  verified.push(
    `It was not looked at from outside: run postern scan ADDRESS -p ${ports} on another machine, or give --outside-check.`,
  );
  return Promise.resolve(null);
}

async function settle(
  store: ChangeStore,
  id: string,
  { summary }: Plan,
  options: RemedyOptions & { readonly undoAfter: number },
  terminal: Terminal,
): Promise<Applied['state']> {
  if (options.yes === true) {
    await confirmChange(store, id);
    return 'confirmed';
  }
  if (!process.stdin.isTTY || options.json === true) return 'waiting';
  const question = `applied: ${summary}\nDo you still get in, in a new session? yes keeps it, no takes it back (${options.undoAfter} s): `;
  const answer = await ask(question, options.undoAfter, terminal);
  if (/^y(es)?$/i.test(answer ?? '') || (answer === null && (await isKept(store, id)))) {
    await confirmChange(store, id);
    return 'confirmed';
  }
  await undoChange(store, id, false);
  return 'undone';
}

/** Whether it was confirmed meanwhile, in the new session: silence here takes nothing back then. */
async function isKept(store: ChangeStore, id: string): Promise<boolean> {
  return (await store.decide(id, 'undone')) === 'confirmed';
}

/** Null when the time is over, at Ctrl-C, and when the terminal is gone. */
async function ask(question: string, seconds: number, terminal: Terminal): Promise<string | null> {
  const lines = createInterface({ input: process.stdin, output: terminal.err });
  const gone = new AbortController();
  lines.once('close', () => gone.abort());
  const signal = within(seconds * 1000, gone.signal);
  try {
    return (await lines.question(question, { signal })).trim();
  } catch {
    return null;
  } finally {
    lines.close();
  }
}
