import { problem } from '../../model/errors.ts';
import { backup, restore } from '../../store/backup.ts';
import type { Store } from '../../store/open.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { GlobalOptions } from '../options.ts';
import { type Terminal, write } from '../terminal.ts';
import { withStore } from '../with-store.ts';

/** Writes all of the store to a new file. */
export function backupCommand(
  file: string,
  options: GlobalOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  return tell(options, terminal, async (store) => {
    const rows = await backup(store, file, new Date());
    return [{ store: store.where, file, rows }, `${rows} rows of ${store.where} are in ${file}`];
  });
}

/** Fills an empty store from a file that `backupCommand` wrote. */
export function restoreCommand(
  file: string,
  options: GlobalOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  return tell(options, terminal, async (store) => {
    const rows = await restore(store, file);
    return [{ store: store.where, file, rows }, `${rows} rows of ${file} are in ${store.where}`];
  });
}

/** Brings the store to the schema of this version. */
export function migrateCommand(options: GlobalOptions, terminal: Terminal): Promise<ExitCode> {
  return tell(options, terminal, async ({ where, migrated }) => {
    const { from, to } = migrated;
    const what = from === to ? `has schema ${to} already` : `went from schema ${from} to ${to}`;
    return [{ store: where, from, to }, `${where} ${what}`];
  });
}

/** Looks for damage. Throws STORE_DAMAGED where there is some. */
export function checkCommand(options: GlobalOptions, terminal: Terminal): Promise<ExitCode> {
  return tell(options, terminal, async (store) => {
    const faults = await store.read((db) => store.facts.faults(db));
    if (faults.length > 0) {
      throw problem('STORE_DAMAGED', { value: store.where, problem: faults.join('; ') });
    }
    return [{ store: store.where, sound: true }, `${store.where} is sound`];
  });
}

async function tell(
  options: GlobalOptions,
  terminal: Terminal,
  work: (store: Store) => Promise<readonly [object, string]>,
): Promise<ExitCode> {
  const [told, line] = await withStore(options, work);
  await write(terminal.out, `${options.json === true ? JSON.stringify(told) : line}\n`);
  return EXIT.fine;
}
