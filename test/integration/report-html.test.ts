import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ScanReport } from '../../src/model/scan.ts';
import { html } from '../../src/report/formats/html.ts';
import { met } from '../helpers/needs.ts';
import { HOSTILE, reportOfText, sampleReport } from '../helpers/sample-report.ts';

const QUIET =
  '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync'.split(
    ' ',
  );

/** The document as a real browser has it after scripts have run. */
function domOf(report: ScanReport): string {
  const folder = mkdtempSync(join(tmpdir(), 'postern-html-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const page = join(folder, 'report.html');
  writeFileSync(page, [...html.render(report)].join(''));
  const offline = [
    '--host-resolver-rules=MAP * ~NOTFOUND',
    `--user-data-dir=${join(folder, 'profile')}`,
  ];
  const ran = spawnSync('chromium', [...QUIET, ...offline, '--dump-dom', `file://${page}`], {
    encoding: 'utf8',
    timeout: 50_000,
  });
  return ran.stdout;
}

describe.skipIf(!met({ commands: ['chromium'] }))('html report in Chromium', () => {
  it('shows hosts, ports and verdicts, and its own script counts them', () => {
    const dom = domOf(sampleReport());
    expect(dom).toContain('<html lang="en" class="js">');
    expect(dom).toMatch(/<output id="shown"[^>]*>7 of 7 ports<\/output>/);
    expect(dom).toContain('<h3>db.example.org (192.0.2.7)</h3>');
    expect(dom).toContain('<td class="port" data-key="6379">6379/tcp</td>');
    expect(dom).toContain('&lt;script&gt;document.title=');
    expect(dom).toContain('<th scope="col"><button>Severity</button></th>');
  });

  it('runs nothing and loads nothing that a peer wrote, wherever it wrote it', () => {
    const dom = domOf(reportOfText(HOSTILE));
    expect(dom).toContain('<title>Postern: 4 hosts, 6 open ports (5 verified)');
    expect(dom).toContain('<html lang="en" class="js">');
    expect(dom).not.toContain('<img');
    expect(dom.match(/<script/g)).toHaveLength(1);
  });
});
