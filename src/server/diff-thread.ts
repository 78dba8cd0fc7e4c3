import { type MessagePort, parentPort } from 'node:worker_threads';
import { compareReports } from '../store/compare.ts';
import { unpackReport } from '../store/report-body.ts';
import type { DiffOrder, DiffTold } from './diff.ts';

/** Compares two stored reports in a thread of its own: reading one may take a second. */
async function serve(port: MessagePort): Promise<void> {
  port.once('message', async ({ before, after, most }: DiffOrder) => {
    const [old, now] = [await unpackReport(before), await unpackReport(after)];
    const changes = compareReports(old, now);
    const told: DiffTold = { changes: changes.slice(0, most), total: changes.length };
    port.postMessage(told);
  });
}

if (parentPort !== null) await serve(parentPort);
