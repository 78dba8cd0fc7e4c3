import { once } from 'node:events';
import { parentPort } from 'node:worker_threads';
import { compareReports } from '../store/compare.ts';
import { unpackReport } from '../store/report-body.ts';
import type { DiffOrder, DiffTold } from './diff.ts';

/** Compares two stored reports in a thread of its own: reading one may take a second. */
if (parentPort !== null) {
  const [{ before, after, most }] = (await once(parentPort, 'message')) as [DiffOrder];
  const [old, now] = [await unpackReport(before), await unpackReport(after)];
  const changes = compareReports(old, now);
  const told: DiffTold = { changes: changes.slice(0, most), total: changes.length };
  parentPort.postMessage(told);
}
