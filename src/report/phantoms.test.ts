import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOSTILE, phantomReport } from '../../test/helpers/sample-report.ts';
import { scanReport } from '../contract/scan.ts';
import { FORMATS, formatByName } from './formats.ts';
import { headline, summarise } from './summary.ts';

function written(name: string, words?: string): string {
  return [...(formatByName(name)?.render(phantomReport(words)) ?? [])].join('');
}

describe('a host that answers everywhere', () => {
  it('keeps the contract', () => {
    const report = phantomReport();
    expect(scanReport.parse(report)).toEqual(report);
  });

  it('counts raw-open, verified and phantom ports in the headline', () => {
    expect(headline(summarise(phantomReport()))).toBe(
      '1 host, 65,495 open ports (1 verified, 65,493 phantom)',
    );
  });

  it.each(FORMATS.map(({ name }) => name))('takes few lines as %s', (name) => {
    const text = written(name);
    expect(text.length).toBeLessThan(20_000);
    expect(text).toMatch(/65,?493/);
    expect(text).toContain('1-21,23-65494');
  });

  it.each(['table', 'markdown', 'html'])('shows evidence and number as %s', (name) => {
    const text = written(name).replace(/\s+/g, ' ');
    expect(text).toContain('8 of 8 random high ports do the same.');
    expect(text).toContain('stopped answering us');
  });

  it('stands in one row of CSV', () => {
    const rows = written('csv').trimEnd().split('\r\n');
    expect(rows).toHaveLength(4);
    expect(rows[3]).toContain(',"1-21,23-65494",open,syn-ack,');
    expect(rows[3]).toContain(',phantom,same-answer-everywhere,65493,0.95,');
    expect(rows[2]).toContain(',unverified,,,,It tears the connection down (RST).');
  });

  it('is counted among the extra open ports of nmap XML', () => {
    const text = written('xml');
    expect(text).toContain(
      '<extraports state="open" count="65493"><extrareasons reason="syn-ack" count="65493"/></extraports>',
    );
    expect(text.match(/<port /g)).toHaveLength(2);
    expect(text).toContain('<hostscript><script id="postern" output="65,493 phantom ports');
  });

  // JSON carries the words as they are, escaped by its own rules
  it.each(['table', 'csv', 'xml', 'html', 'markdown'])(
    'passes no control character of a peer on as %s',
    (name) => {
      const words = fc.oneof(fc.string({ unit: 'binary' }), fc.constant(HOSTILE));
      fc.assert(
        fc.property(words, (text) => {
          expect(written(name, text)).not.toMatch(/(?![\r\n\t])[\p{Cc}\u202e]/u);
        }),
        { numRuns: 50 },
      );
    },
  );

  it.each(['xml', 'html', 'markdown'])('makes no markup of what a peer said as %s', (name) => {
    expect(written(name, HOSTILE)).not.toMatch(/[^\\]<img/);
  });
});
