import { describe, expect, it } from 'vitest';
import { emptyReport, sampleReport } from '../../../test/helpers/sample-report.ts';
import { jsonl } from './jsonl.ts';

describe('jsonl', () => {
  it('has a line per port, then its host, findings, and the scan last', () => {
    const report = sampleReport();
    const lines = [...jsonl.render(report)].join('').trimEnd().split('\n');
    const records = lines.map((line) => JSON.parse(line));
    expect(records.map(({ type }) => type).join(' ')).toBe(
      'port port port host port port host port host port host finding finding finding finding finding scan',
    );
    expect(records[0]).toEqual({ type: 'port', ...report.hosts[0]?.ports[0] });
    expect(records[3]).toEqual({
      type: 'host',
      address: '192.0.2.7',
      names: ['db.example.org', 'cache.example.org'],
      counts: report.hosts[0]?.counts,
    });
    expect(records.at(-1)).toEqual({ type: 'scan', schema: 'postern.scan/1', ...report.scan });
  });

  it('is the scan alone when nothing was found', () => {
    const lines = [...jsonl.render(emptyReport())];
    expect(lines.map((line) => JSON.parse(line).type)).toEqual(['scan']);
  });
});
