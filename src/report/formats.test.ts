import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyReport, reportOfText, sampleReport } from '../../test/helpers/sample-report.ts';
import { FORMATS, formatByEnding, formatByName } from './formats.ts';

describe('registry', () => {
  it('holds every file of formats/', () => {
    const files = readdirSync(new URL('./formats/', import.meta.url))
      .filter((file) => !file.endsWith('.test.ts'))
      .map((file) => file.replace(/\.ts$/, ''));
    expect(FORMATS.map(({ name }) => name).sort()).toEqual(files.sort());
  });

  it('gives each ending to one format', () => {
    const endings = FORMATS.flatMap((format) => format.endings);
    expect(new Set(endings).size).toBe(endings.length);
    for (const ending of endings) expect(ending).toMatch(/^\.[a-z]+$/);
  });

  it('finds by name and by the ending of a path, in any case', () => {
    expect(formatByName('json')?.mediaType).toBe('application/json');
    expect(formatByName('JSON')).toBeUndefined();
    expect(formatByEnding('out/scan.JSONL')?.name).toBe('jsonl');
    expect(formatByEnding('scan.ndjson')?.name).toBe('jsonl');
    expect(formatByEnding('json')).toBeUndefined();
    expect(formatByEnding('scan')).toBeUndefined();
  });
});

describe.each(FORMATS)('$name', (format) => {
  it('ends in a line feed, found something or not', () => {
    expect([...format.render(sampleReport())].join('')).toMatch(/\n$/);
    expect([...format.render(emptyReport())].join('')).toMatch(/\n$/);
  });

  it('renders whatever a peer or user wrote', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const whole = [...format.render(reportOfText(text))].join('');
        expect(whole).not.toMatch(/(?![\t\n\r])\p{Cc}|\p{Surrogate}/u);
      }),
    );
  });

  it('leaves the report as it was', () => {
    const report = sampleReport();
    for (const _ of format.render(report));
    expect(report).toEqual(sampleReport());
  });
});
