import { PosternError } from '../model/errors.ts';
import type { ScanReport } from '../model/scan.ts';
import { LOCAL } from '../store/open.ts';
import { recordLook } from '../store/record.ts';
import type { ScanOptions } from './options.ts';
import type { Terminal } from './terminal.ts';
import { withStore } from './with-store.ts';

/** Stores a scan. What goes wrong is said and changes nothing else: the scan itself went well. */
export async function saveScan(
  report: ScanReport,
  options: ScanOptions,
  terminal: Terminal,
): Promise<void> {
  try {
    const where = await withStore(options, async (store) => {
      await recordLook(store, LOCAL, 'scan', report);
      return store.where;
    });
    if (options.verbose === true) {
      terminal.err.write(`note: stored in ${where} as ${report.scan.id}\n`);
    }
  } catch (error) {
    if (!(error instanceof PosternError)) throw error;
    terminal.err.write(`warning ${error.code}: ${error.message}; this scan was not stored\n`);
  }
}
