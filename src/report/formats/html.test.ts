import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyReport, reportOfText, sampleReport } from '../../../test/helpers/sample-report.ts';
import type { ScanReport } from '../../model/scan.ts';
import { SCRIPT, SCRIPT_SHA256 } from '../html/script.ts';
import { html } from './html.ts';

function pageOf(report: ScanReport): string {
  return [...html.render(report)].join('');
}

/** Everything between < and >, of the page without its own style and script. */
function tagsOf(page: string): string[] {
  const body = page.replace(SCRIPT, '').replace(/<style>[^<]*<\/style>/, '');
  return body.match(/<[^>]*>/g) ?? [];
}

describe('html', () => {
  it('lets its own script run and no other', () => {
    expect(SCRIPT_SHA256).toBe(createHash('sha256').update(SCRIPT).digest('base64'));
    const page = pageOf(sampleReport());
    expect(page).toContain(`default-src 'none'`);
    expect(page).toContain(`script-src 'sha256-${SCRIPT_SHA256}'`);
    expect(page.match(/<script/g)).toHaveLength(1);
  });

  it('asks nothing of the network', () => {
    const attributes = tagsOf(pageOf(sampleReport())).join(' ');
    expect(attributes).not.toMatch(/\b(src|href|action|data|poster|srcset)=(?!"#host-\d+")/);
    expect(pageOf(sampleReport())).not.toMatch(/@import|url\(/);
  });

  it('takes every text as text', () => {
    const tags = tagsOf(pageOf(reportOfText('x')));
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => {
        expect(tagsOf(pageOf(reportOfText(`x${text}`)))).toEqual(tags);
      }),
    );
    const attack = 'x"><script>alert(1)</script><img src=x onerror=alert(1)>';
    expect(tagsOf(pageOf(reportOfText(attack)))).toEqual(tags);
  });

  it('opens with the summary and the worst, links to hosts, ranks them', () => {
    const page = pageOf(sampleReport());
    expect(page).toContain(
      '<h1>4 hosts, 6 open ports (5 verified), 1 should be closed, 1 restricted',
    );
    expect(page).toContain('<a href="#host-1">db.example.org 6379/tcp</a>');
    const headings = [...page.matchAll(/<section class="host" id="([^"]*)"><div><h3>([^<]*)/g)];
    expect(headings.map(([, id, label]) => [id, label])).toEqual([
      ['host-1', 'db.example.org (192.0.2.7)'],
      ['host-2', 'mail.example.org (192.0.2.10)'],
      ['host-3', '2001:db8:85a3:8d3:1319:8a2e:370:7348'],
      ['host-4', 'bücher.example (192.0.2.99)'],
    ]);
  });

  it('says once what holds for several ports', () => {
    const { findings, ...rest } = sampleReport();
    const [first] = findings;
    if (first === undefined) throw new Error('no finding');
    const many = Array.from({ length: 9 }, (_, at) => ({ ...first, port: 6379 + at }));
    const page = pageOf({ ...rest, findings: many });
    const list = /<ol class="worst">([^]*)<\/ol>/.exec(page)?.[1] ?? '';
    expect(list.match(/<li>/g)).toHaveLength(1);
    expect(list.match(/<a href="#host-1">/g)).toHaveLength(6);
    expect(list).toContain('and 3 more ports');
  });

  it('states scope, limits and problems', () => {
    const page = pageOf(sampleReport());
    expect(page).toContain('<dt>TCP ports</dt><dd>1-1000</dd>');
    expect(page).toContain('<li>UDP was not scanned.</li>');
    expect(page).toContain('<code>TARGET_SYNTAX</code> hosts.txt:3: &quot;300.1.2.3&quot;');
  });

  it('says so when there is nothing, and lists hosts without ports apart', () => {
    expect(pageOf(emptyReport())).toContain('Nothing was found that deserves a word.');
    const { hosts, ...rest } = sampleReport();
    const quiet = hosts.map((host) => ({ ...host, ports: [] }));
    expect(pageOf({ ...rest, hosts: quiet })).toContain('<h2>4 hosts without listed ports</h2>');
  });
});
