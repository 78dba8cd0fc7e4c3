import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyReport, reportOfText, sampleReport } from '../../../test/helpers/sample-report.ts';
import type { ScanReport } from '../../model/scan.ts';
import { markdown } from './markdown.ts';

function linesOf(report: ScanReport): string[] {
  return [...markdown.render(report)].join('').split('\n');
}

/** Pipes at which GitHub cuts a row: a backslash takes the next character with it. */
function cuts(line: string): number {
  return line.replaceAll(/\\./g, '').split('|').length - 1;
}

const hostileText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom(...Array.from('\\|`<>[]()@#! a\n')) }),
);

describe('markdown', () => {
  it('has a table of ports, worst first, and a list of tasks', () => {
    const lines = linesOf(sampleReport());
    expect(lines[0]).toBe(
      '## 4 hosts, 6 open ports (5 verified), 1 should be closed, 1 restricted, 1 not recognised',
    );
    const head = lines.indexOf('| Severity | Verdict | Host | Port | Service | Why |');
    expect(lines.slice(head + 1, head + 4)).toEqual([
      '| --- | --- | --- | --- | --- | --- |',
      '| **critical** | close | `db.example.org +1 (192.0.2.7)` | 6379/tcp | `redis` `Redis 7.0.15` | Redis answers without a password: anybody who reaches it can read and change all data. |',
      '| **high** | expected | `mail.example.org (192.0.2.10)` | 443/tcp | `https` `nginx 1.22.1` | A web site is meant for everybody. |',
    ]);
    expect(lines).toContain(
      '- [ ] **high** `mail.example.org 443/tcp`: The certificate expired on 2024-01-01. → Renew the certificate and automate its renewal.',
    );
  });

  it('leaves tables and lists out when there is nothing', () => {
    expect(linesOf(emptyReport())).toEqual([
      '## 0 hosts, no open ports',
      '',
      '2026-08-20 14:05 UTC, 12.3 s, from `worker-1` with `postern 0.1.0` (engine `epoll`).',
      expect.stringMatching(/^Targets: `.*`\. Ports: TCP `1-1000`\.$/),
      '',
    ]);
  });

  it('keeps its rows and cells whatever a peer says', () => {
    const shape = linesOf(reportOfText('x')).length;
    fc.assert(
      fc.property(hostileText, (text) => {
        const lines = linesOf(reportOfText(`x${text}x`));
        expect(lines).toHaveLength(shape);
        const head = lines.indexOf('| --- | --- | --- | --- | --- | --- |');
        for (const line of lines.slice(head + 1, head + 8)) expect(cuts(line)).toBe(7);
      }),
    );
  });

  it('leaves no live markup, mention or link outside code', () => {
    const bad = '<b>x</b> [a](http://e.x) @here #12 www.e.x ![i](j) *b*';
    const task = linesOf(reportOfText(bad)).find((line) => line.startsWith('- [ ]')) ?? '';
    expect(task.split('`: ')[1]?.split(' → ')[0]).toBe(
      '\\<b\\>x\\</b\\> \\[a\\](http\\://e.x) @\u2060here #\u206012 www\\.e.x !\\[i\\](j) \\*b\\*',
    );
  });

  it('fences backticks and doubles backslashes before a pipe', () => {
    const row = linesOf(reportOfText('a`b``c\\|d')).find((line) => line.includes('6379/tcp')) ?? '';
    expect(row).toContain('``` a`b``c\\\\\\|d ');
  });
});
