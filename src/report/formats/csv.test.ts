import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOSTILE, reportOfText, sampleReport } from '../../../test/helpers/sample-report.ts';
import type { ScanReport } from '../../model/scan.ts';
import { csv } from './csv.ts';

/** Cells of RFC 4180 text, split at `separator`. */
function parse(text: string, separator = ','): string[][] {
  const rows: string[][] = [];
  for (const line of text.split('\r\n').slice(0, -1)) {
    const cells: string[] = [''];
    let quoted = false;
    for (let at = 0; at < line.length; at += 1) {
      const character = line[at] ?? '';
      const last = cells.length - 1;
      if (character === '"' && quoted && line[at + 1] === '"') {
        cells[last] += '"';
        at += 1;
      } else if (character === '"' && (quoted || cells[last] === '')) quoted = !quoted;
      else if (character === separator && !quoted) cells.push('');
      else cells[last] += character;
    }
    rows.push(cells);
  }
  return rows;
}

function records(report: ScanReport): Record<string, string>[] {
  const [header = [], ...rows] = parse([...csv.render(report)].join(''));
  return rows.map((row) => Object.fromEntries(header.map((name, at) => [name, row[at] ?? ''])));
}

describe('csv', () => {
  it('has this header', () => {
    const [header] = parse([...csv.render(sampleReport())].join(''));
    expect(header).toEqual([
      'address',
      'names',
      'transport',
      'port',
      'state',
      'reason',
      'rtt_ms',
      'protocol',
      'product',
      'version',
      'cpe',
      'tls_version',
      'certificate_subject',
      'certificate_not_after',
      'level',
      'severity',
      'rule',
      'why',
      'todo',
      'banner',
      'scan_id',
      'scanned_at',
      'edge',
      'edge_basis',
    ]);
  });

  it('has one row per listed port, key by key', () => {
    const rows = records(sampleReport());
    expect(rows).toHaveLength(7);
    expect(rows[1]).toEqual({
      address: '192.0.2.7',
      names: 'db.example.org cache.example.org',
      transport: 'tcp',
      port: '6379',
      state: 'open',
      reason: 'syn-ack',
      rtt_ms: '1.25',
      protocol: 'redis',
      product: 'Redis',
      version: '7.0.15',
      cpe: 'cpe:2.3:a:redis:redis:7.0.15:*:*:*:*:*:*:*',
      tls_version: '',
      certificate_subject: '',
      certificate_not_after: '',
      level: 'close',
      severity: 'critical',
      rule: 'redis.open',
      why: 'Redis answers without a password: anybody who reaches it can read and change all data.',
      todo: 'Bind it to 127.0.0.1 or set requirepass, and close the port to the outside.',
      banner: "'+PONG\\r\\n",
      scan_id: '0b8e6f6e-2f0b-4c3a-9a55-6d2f6f2f9a10',
      scanned_at: '2026-08-20T14:05:00.000Z',
      edge: '',
      edge_basis: '',
    });
    expect(rows[6]).toMatchObject({
      address: '192.0.2.99',
      edge: 'Cloudflare',
      edge_basis: 'list',
    });
    expect(rows[3]?.certificate_not_after).toBe('2024-01-01T00:00:00.000Z');
  });

  it('runs nothing in a spreadsheet, whatever its list separator', () => {
    const texts = fc.string({
      unit: fc.constantFrom(...Array.from('=+-@;", \t\r\nab＝')),
      maxLength: 20,
    });
    const attacks = fc.oneof(texts, fc.constant(HOSTILE), fc.constant('=cmd()'));
    fc.assert(
      fc.property(attacks, fc.constantFrom(',', ';', '\t'), (text, separator) => {
        const rows = parse([...csv.render(reportOfText(text))].join(''), separator);
        for (const cell of rows.flat()) expect(cell).not.toMatch(/^\s*[=+\-@＝]/);
      }),
    );
  });

  it('keeps one line per row and one cell per column', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const rows = parse([...csv.render(reportOfText(text))].join(''));
        expect(rows.map((row) => row.length)).toEqual(Array(8).fill(24));
      }),
    );
  });
});
