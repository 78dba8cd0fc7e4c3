import { type ChangeState, ChangeStore, STATE_FOLDER } from '../../host/apply/change-store.ts';
import { dropUnbegun, undoChange } from '../../host/apply/settle.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { pendingId } from '../pending.ts';
import type { UndoOptions } from '../remedy-options.ts';
import { type Terminal, write } from '../terminal.ts';

/** Takes an applied change back, or lists those that are kept. */
export async function undoCommand(
  given: string | undefined,
  options: UndoOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const store = new ChangeStore(options.state ?? STATE_FOLDER);
  if (options.list === true) return await list(store, options, terminal);
  const id = given ?? (await pendingId(store));
  if (await dropUnbegun(store, id)) return await tell(unbegun(id), options, terminal);
  const { state, differing } = await undoChange(store, id, options.force === true);
  const { summary } = (await store.read(id)).record;
  const head = state === 'undone' ? 'taken back' : 'was taken back before';
  return await tell({ id, summary, head, differing }, options, terminal);
}

interface Told {
  readonly id: string;
  readonly summary: string;
  readonly head: string;
  readonly differing: readonly string[];
}

async function tell(
  { id, summary, head, differing }: Told,
  { json }: UndoOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const value = { id, summary, state: 'undone', differing };
  const text = `${head}: ${summary}\n${differing.map(differs).join('')}`;
  await write(terminal.out, json === true ? `${JSON.stringify(value)}\n` : text);
  return EXIT.fine;
}

function unbegun(id: string): Told {
  const summary = `change ${id} was cut off before it changed anything`;
  return { id, summary, head: 'nothing to take back', differing: [] };
}

function differs(name: string): string {
  return `The ${name} rules are not as they were before it: others have changed them since.\n`;
}

async function list(store: ChangeStore, options: UndoOptions, terminal: Terminal) {
  const states = await store.list();
  const told = states.map((state) => ({
    id: state.record.id,
    begun: state.record.begun,
    summary: state.record.summary,
    kind: state.record.kind,
    state: stateOf(state),
  }));
  const lines = told.map(
    ({ id, state, kind, summary }) => `${id}  ${state.padEnd(9)}  ${kind.padEnd(9)}  ${summary}\n`,
  );
  const text = lines.length === 0 ? `No change is kept in ${store.folder}.\n` : lines.join('');
  await write(terminal.out, options.json === true ? `${JSON.stringify(told, null, 2)}\n` : text);
  return EXIT.fine;
}

/** `undoing`: decided, but its way back has not come to its end. */
function stateOf({ verdict, takenBack }: ChangeState): string {
  if (verdict === 'confirmed') return takenBack ? 'undone' : 'confirmed';
  return verdict === 'pending' || takenBack ? verdict : 'undoing';
}
