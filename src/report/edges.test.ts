import { describe, expect, it } from 'vitest';
import { sampleReport } from '../../test/helpers/sample-report.ts';
import type { HostRecord, SharedEdge } from '../model/scan.ts';
import { edgeNotes } from './edges.ts';
import { FORMATS } from './formats.ts';

const [base] = sampleReport().hosts;

function hostAt(address: string, edge?: Partial<SharedEdge>): HostRecord {
  if (base === undefined) throw new Error('the sample has hosts');
  const whole = { provider: 'Fastly', basis: 'list', evidence: [], ...edge } as const;
  return { ...base, address, names: [], ...(edge && { edge: whole }) };
}

function notesOf(...hosts: HostRecord[]): string[] {
  return edgeNotes({ ...sampleReport(), hosts });
}

describe('notes on shared edges', () => {
  it('name each host once, by edge and by what it is told', () => {
    expect(
      notesOf(
        hostAt('192.0.2.1', {}),
        hostAt('192.0.2.2'),
        hostAt('192.0.2.3', {}),
        hostAt('192.0.2.4', { basis: 'answers' }),
        hostAt('192.0.2.5', { provider: 'Akamai' }),
      ),
    ).toEqual([
      '192.0.2.1, 192.0.2.3 are Fastly’s shared edge: which ports are open there is not up to your firewall.',
      '192.0.2.4 answers like Fastly’s edge, but its address is in no list of it: judged as any other host.',
      '192.0.2.5 is Akamai’s shared edge: which ports are open there is not up to your firewall.',
    ]);
  });

  it('count hosts past a dozen', () => {
    const hosts = Array.from({ length: 2000 }, (_, at) =>
      hostAt(`10.0.${at >> 8}.${at & 255}`, {}),
    );
    expect(notesOf(...hosts)[0]).toMatch(/10\.0\.0\.11 and 1,988 more are Fastly’s/);
  });
});

describe.each(FORMATS.map((format) => [format.name, format] as const))('%s', (_, format) => {
  it('tells an edge', () => {
    const text = [...format.render(sampleReport())].join('');
    expect(text).toContain('Cloudflare');
  });
});
