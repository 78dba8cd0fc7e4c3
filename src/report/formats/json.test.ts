import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyReport, reportOfText, sampleReport } from '../../../test/helpers/sample-report.ts';
import { json } from './json.ts';

describe('json', () => {
  it('is the report, byte for byte as JSON.stringify writes it', () => {
    for (const report of [sampleReport(), emptyReport()]) {
      expect([...json.render(report)].join('')).toBe(`${JSON.stringify(report, null, 2)}\n`);
    }
  });

  it('gives any text back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const report = reportOfText(text);
        expect(JSON.parse([...json.render(report)].join(''))).toEqual(report);
      }),
    );
  });

  it('comes host by host', () => {
    const chunks = [...json.render(sampleReport())];
    expect(chunks.filter((chunk) => chunk.includes('"counts"'))).toHaveLength(4);
  });

  it('has the keys of the contract, in their order', () => {
    const parsed = JSON.parse([...json.render(sampleReport())].join(''));
    expect(Object.keys(parsed)).toEqual(['schema', 'scan', 'hosts', 'findings']);
    expect(Object.keys(parsed.hosts[0])).toEqual(['address', 'names', 'counts', 'ports']);
    expect(Object.keys(parsed.hosts[0].ports[0]).sort()).toEqual([
      'address',
      'names',
      'port',
      'reason',
      'rttMs',
      'service',
      'standing',
      'state',
      'transport',
      'verdict',
    ]);
  });
});
