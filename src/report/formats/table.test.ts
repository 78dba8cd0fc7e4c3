import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyReport, reportOfText, sampleReport } from '../../../test/helpers/sample-report.ts';
import type { ScanReport } from '../../model/scan.ts';
import { columnsOf } from '../columns.ts';
import type { RenderOptions } from '../format.ts';
import { table } from './table.ts';

function linesOf(report: ScanReport, options?: RenderOptions): string[] {
  return [...table.render(report, options)].join('').trimEnd().split('\n');
}

const NONE = { open: 0, verified: 0, closed: 0, filtered: 0, unreachable: 0, localError: 0 };

describe('table', () => {
  it('stands worst first, with reasons under each port, the summary last', () => {
    const lines = linesOf(sampleReport(), { width: 120 });
    expect(lines.slice(0, 4)).toEqual([
      'SEVERITY  VERDICT   HOST                                  PORT       SERVICE',
      'critical  close     db.example.org +1 (192.0.2.7)         6379/tcp   redis (Redis 7.0.15)',
      '          Redis answers without a password: anybody who reaches it can read and change all data.',
      '          → Bind it to 127.0.0.1 or set requirepass, and close the port to the outside.',
    ]);
    const severities = lines.map((line) => line.split(' ')[0]).filter((word) => word !== '');
    expect(severities.slice(1, 8)).toEqual([
      'critical',
      'high',
      'medium',
      'low',
      'info',
      'info',
      'info',
    ]);
    expect(lines.at(-1)).toBe(
      '4 hosts, 6 open ports, 1 should be closed, 1 restricted, 1 not recognised',
    );
  });

  it('adds findings that the verdict does not tell', () => {
    const lines = linesOf(sampleReport(), { width: 120 });
    expect(lines).toContain('          + high: The certificate expired on 2024-01-01.');
    expect(lines).toContain('            → Renew the certificate and automate its renewal.');
    expect(lines.filter((line) => line.includes('Redis answers'))).toHaveLength(1);
  });

  it('takes 80 columns when the width is not known', () => {
    const lines = linesOf(sampleReport());
    expect(Math.max(...lines.map(columnsOf))).toBeLessThanOrEqual(80);
    expect(lines[1]).toBe('critical  close     db.example.org +1 (192.0.2.7)  6379/tcp   redis');
    expect(lines[2]).toBe('          Redis 7.0.15');
  });

  it('wraps sentences on a narrow terminal', () => {
    const lines = linesOf(sampleReport(), { width: 40 });
    const sentences = lines.filter(
      (line) => line.startsWith('          ') || /^\S+ \S+ /.test(line),
    );
    expect(Math.max(...sentences.map(columnsOf))).toBeLessThanOrEqual(40);
  });

  it('lists equals by address', () => {
    const { hosts, ...rest } = sampleReport();
    const [first] = hosts;
    const twins = ['10.0.0.10', '10.0.0.9'].map((address) => {
      const ports = first?.ports.slice(0, 1).map((port) => ({ ...port, address })) ?? [];
      return { address, names: [], counts: NONE, ports };
    });
    const lines = linesOf({ ...rest, findings: [], hosts: twins }, { width: 120 });
    const found = lines.flatMap((line) => /10\.0\.0\.\d+/.exec(line)?.[0] ?? []);
    expect(found.slice(0, 2)).toEqual(['10.0.0.9', '10.0.0.10']);
  });

  it('stays within the width and moves no cursor, whatever texts say', () => {
    const { hosts, ...rest } = sampleReport();
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 300 }),
        fc.integer({ min: 80, max: 200 }),
        (text, width) => {
          const report = reportOfText(text);
          const address = { address: '192.0.2.1' };
          const bounded = report.hosts.map((host) => ({ ...host, ...address }));
          const lines = linesOf({ ...rest, ...report, hosts: bounded }, { width });
          expect(Math.max(...lines.map(columnsOf))).toBeLessThanOrEqual(width);
          expect(lines.join('')).not.toMatch(/\p{Cc}/u);
        },
      ),
    );
    expect(hosts).toHaveLength(4);
  });

  it('colours words, and only when asked', () => {
    const escaped = linesOf(sampleReport(), { width: 120, color: true });
    const coloured = escaped.map((line) => line.replaceAll('\u001b', '␛'));
    expect(coloured[1]).toMatch(/^␛\[1;97;41mcritical␛\[0m {2}␛\[31mclose␛\[0m/);
    const plain = coloured.map((line) => line.replaceAll(/␛\[[\d;]*m/g, ''));
    expect(plain).toEqual(linesOf(sampleReport(), { width: 120 }));
  });

  it('says what went wrong and what the look cannot tell', () => {
    const { scan, ...rest } = sampleReport();
    const scope = { ...scan.scope, vantage: { kind: 'loopback', name: 'me' } } as const;
    const lines = linesOf({ ...rest, scan: { ...scan, scope, complete: false } }, { width: 120 });
    expect(lines.slice(-8)).toEqual([
      'Not open: 1,987 closed, 1,898 filtered, 100 unreachable, 9 not asked (local error).',
      'bücher.example (192.0.2.99) is Cloudflare’s shared edge: which ports are open there is not up to your firewall.',
      'Interrupted: hosts and ports that are not listed were not looked at.',
      'Part of the work failed (1 problem).',
      'Seen over loopback: this is what listens here, not what outsiders can reach.',
      '  TARGET_SYNTAX: hosts.txt:3: "300.1.2.3" is not an IP address (octet over 255)',
      'Looked at TCP 1-1000 from me (engine epoll) in 12.3 s.',
      '4 hosts, 6 open ports, 1 should be closed, 1 restricted, 1 not recognised',
    ]);
  });

  it('has no header without ports', () => {
    expect(linesOf(emptyReport(), { width: 120 })).toEqual([
      'Looked at TCP 1-1000 from worker-1 (engine epoll) in 12.3 s.',
      '0 hosts, no open ports',
    ]);
  });
});
