import { rm } from 'node:fs/promises';
import { problem } from '../../model/errors.ts';
import { backup, restore } from '../../store/backup.ts';
import { type Compacted, compact, compactable } from '../../store/compact.ts';
import type { Store } from '../../store/open.ts';
import { compactionSettings, tenantsOf } from '../../store/queries/compaction.ts';
import { contradictionsIn } from '../../store/queries/contradictions.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { CompactOptions } from '../history-program.ts';
import type { GlobalOptions } from '../options.ts';
import { type Terminal, write } from '../terminal.ts';
import { withExistingStore, withStore } from '../with-store.ts';

/** Writes all of the store to a new file. Throws STORE_EMPTY: a backup of nothing is of another store. */
export function backupCommand(
  file: string,
  options: GlobalOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  return tellOfExisting(options, terminal, async (store) => {
    const rows = await backup(store, file, new Date());
    if (rows === 0) {
      await rm(file);
      throw problem('STORE_EMPTY', { value: store.where });
    }
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

/** Looks for damage and contradictions. Throws STORE_DAMAGED, STORE_EMPTY, STORE_INCONSISTENT. */
export function checkCommand(options: GlobalOptions, terminal: Terminal): Promise<ExitCode> {
  return tellOfExisting(options, terminal, async (store) => {
    const faults = await store.read((db) => store.facts.faults(db));
    if (faults.length > 0) {
      throw problem('STORE_DAMAGED', { value: store.where, problem: faults.join('; ') });
    }
    const contradictions = await store.snapshot(contradictionsIn);
    if (contradictions.length > 0) {
      const lines = contradictions.join('\n');
      throw problem('STORE_INCONSISTENT', { value: store.where, problem: lines });
    }
    return [{ store: store.where, sound: true }, `${store.where} is sound`];
  });
}

/** Tells what retention lets go of, or takes it away. Throws STORE_EMPTY. */
export function compactCommand(options: CompactOptions, terminal: Terminal): Promise<ExitCode> {
  return tellOfExisting(options, terminal, async (store) => {
    const now = Date.now();
    const taken = options.now === true;
    const tenants = [];
    for (const tenant of await store.read(tenantsOf)) {
      const settings = await store.read((db) => compactionSettings(db, tenant));
      const found = await (taken ? compact : compactable)(store, tenant, settings, now);
      tenants.push({ tenant, ...found });
    }
    if (taken) await store.read((db) => store.facts.rebuild(db));
    const lines = tenants.map(
      ({ tenant, ...found }) => `${tenant}: ${compactedText(found, taken)}`,
    );
    const none = `nothing is stored in ${store.where}`;
    return [{ store: store.where, taken, tenants }, lines.join('\n') || none];
  });
}

function compactedText({ bytes, ...counts }: Compacted, taken: boolean): string {
  const some = Object.entries(counts).filter(([, count]) => count > 0);
  if (some.length === 0) return 'nothing is to go';
  const words = some.map(([what, count]) => {
    const [one, more] = WORDS[what as keyof typeof WORDS];
    return `${count} ${count === 1 ? one : more}`;
  });
  const size = bytes === 0 ? '' : ` (${bytes} bytes of reports)`;
  return `${words.join(', ')} ${taken ? 'taken away' : 'would go with --now'}${size}`;
}

const WORDS = {
  reports: ['raw report', 'raw reports'],
  jobs: ['job', 'jobs'],
  outbox: ['message', 'messages'],
  events: ['event', 'events'],
  incidents: ['incident', 'incidents'],
  auditLog: ['line of the audit log', 'lines of the audit log'],
  agentAudits: ['audit of an agent', 'audits of agents'],
  changes: ['change', 'changes'],
} as const;

type Work = (store: Store) => Promise<readonly [object, string]>;

function tell(options: GlobalOptions, terminal: Terminal, work: Work): Promise<ExitCode> {
  return print(withStore(options, work), options, terminal);
}

function tellOfExisting(options: GlobalOptions, terminal: Terminal, work: Work): Promise<ExitCode> {
  return print(withExistingStore(options, work), options, terminal);
}

async function print(
  result: ReturnType<Work>,
  options: GlobalOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const [told, line] = await result;
  await write(terminal.out, `${options.json === true ? JSON.stringify(told) : line}\n`);
  return EXIT.fine;
}
