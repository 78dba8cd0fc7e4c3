import type { ScanLine, ScanReport } from '../../model/scan.ts';
import type { Format } from '../format.ts';

function line(record: ScanLine): string {
  return `${JSON.stringify(record)}\n`;
}

function* render(report: ScanReport): Iterable<string> {
  for (const { ports, ...host } of report.hosts) {
    for (const port of ports) yield line({ type: 'port', ...port });
    yield line({ type: 'host', ...host });
  }
  for (const finding of report.findings) yield line({ type: 'finding', ...finding });
  yield line({ type: 'scan', schema: report.schema, ...report.scan });
}

/** One record a line, schemas/postern.scan-line-1.schema.json; the scan itself is the last. */
export const jsonl: Format = {
  name: 'jsonl',
  endings: ['.jsonl', '.ndjson'],
  mediaType: 'application/jsonl',
  render,
};
