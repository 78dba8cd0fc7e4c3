import { expect, it } from 'vitest';
import { emptyReport } from '../../test/helpers/sample-report.ts';
import { caveats } from './caveats.ts';
import { lossNote } from './loss.ts';
import { headline, summarise } from './summary.ts';

it('says in words what losses may have hidden', () => {
  expect(lossNote({ estimate: 3, interval: [0, 9], probeLoss: 0.0213 })).toBe(
    'About 3 open ports (0 to 9) may have been missed through packet loss: 2.1 % of the probes or their answers were lost.',
  );
  expect(lossNote({ estimate: 0, interval: [0, 1], probeLoss: 0.0004 })).toBe(
    'At most 1 open port may have been missed through packet loss: under 0.1 % of the probes or their answers were lost.',
  );
});

it('says nothing where nothing was lost, or what was lost hides nothing', () => {
  expect(lossNote(undefined)).toBeUndefined();
  expect(lossNote({ estimate: 0, interval: [0, 1], probeLoss: 0 })).toBeUndefined();
  expect(lossNote({ estimate: 0, interval: [0, 0], probeLoss: 0.1 })).toBeUndefined();
});

it('stands in the caveats and in the headline', () => {
  const { scan, ...rest } = emptyReport();
  const loss = { estimate: 1200, interval: [1100, 1300], probeLoss: 0.2 } as const;
  const report = { ...rest, scan: { ...scan, stats: { ...scan.stats, loss } } };
  expect(caveats(report)).toEqual([lossNote(loss)]);
  expect(headline(summarise(report))).toBe(
    '0 hosts, no open ports, about 1,200 more missed through packet loss',
  );
});
