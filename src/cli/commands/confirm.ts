import { ChangeStore, STATE_FOLDER } from '../../host/apply/change-store.ts';
import { confirmChange } from '../../host/apply/settle.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { pendingId } from '../pending.ts';
import type { ChangeOptions } from '../remedy-options.ts';
import { type Terminal, write } from '../terminal.ts';

/** Keeps an applied change, also over a restart. */
export async function confirmCommand(
  given: string | undefined,
  options: ChangeOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const store = new ChangeStore(options.state ?? STATE_FOLDER);
  const id = given ?? (await pendingId(store));
  const result = await confirmChange(store, id);
  const { summary } = (await store.read(id)).record;
  const text =
    result === 'confirmed'
      ? `confirmed: ${summary}\nIt is saved for the next start, too. To take it back: postern undo ${id}\n`
      : `was confirmed before: ${summary}\n`;
  const json = `${JSON.stringify({ id, summary, state: 'confirmed' })}\n`;
  await write(terminal.out, options.json === true ? json : text);
  return EXIT.fine;
}
