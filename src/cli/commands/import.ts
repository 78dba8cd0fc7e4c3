import { PosternError } from '../../model/errors.ts';
import { LOCAL } from '../../store/open.ts';
import { recordLook } from '../../store/record.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { ImportOptions } from '../history-program.ts';
import { type ImportedFile, readImport } from '../report-file.ts';
import { type Terminal, write } from '../terminal.ts';
import { withStore } from '../with-store.ts';

/** Stores report files of other scanners, oldest first. A file that cannot be read stops no other. */
export async function importCommand(
  files: readonly string[],
  options: ImportOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const read: (ImportedFile & { readonly path: string })[] = [];
  let failed = false;
  for (const path of files) {
    try {
      read.push({ path, ...(await readImport(path, options.vantage)) });
    } catch (error) {
      if (!(error instanceof PosternError)) throw error;
      failed = true;
      terminal.err.write(`error ${error.code}: ${error.message}\n${error.todo}\n`);
    }
  }
  read.sort((a, b) => Date.parse(a.report.scan.endedAt) - Date.parse(b.report.scan.endedAt));
  await withStore(options, async (store) => {
    for (const { path, source, report, skipped } of read) {
      const { stored, changes } = await recordLook(store, LOCAL, source, report);
      const { id, endedAt } = report.scan;
      if (skipped > 0) terminal.err.write(`note: ${path}: ${skipped} lines say of no port\n`);
      const told = { file: path, source, id, endedAt, hosts: report.hosts.length, stored, changes };
      const line = stored
        ? `${path}: ${source} of ${endedAt}, ${told.hosts} hosts, ${changes} changes, stored as ${id}`
        : `${path}: was stored before as ${id}`;
      await write(terminal.out, `${options.json === true ? JSON.stringify(told) : line}\n`);
    }
  });
  return failed ? EXIT.partial : EXIT.fine;
}
