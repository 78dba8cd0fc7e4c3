import { describe, expect, it } from 'vitest';
import { sampleReport } from '../../test/helpers/sample-report.ts';
import type {
  HostRecord,
  PhantomGroup,
  PortCounts,
  PortRecord,
  ScanReport,
} from '../model/scan.ts';
import { outsideView } from './outside.ts';

const NONE = { open: 0, verified: 0, closed: 0, filtered: 0, unreachable: 0, localError: 0 };

function reportOf(counts: Partial<PortCounts>, more: Partial<HostRecord> = {}): ScanReport {
  const report = sampleReport();
  const host = {
    address: '192.0.2.7',
    names: [],
    counts: { ...NONE, ...counts },
    ports: [],
    ...more,
  };
  const scope = { ...report.scan.scope, ports: { tcp: '22,80,8000-8100', udp: '' } };
  return { ...report, scan: { ...report.scan, scope }, hosts: [host] };
}

const OPEN_SSH: PortRecord = {
  ...{ address: '192.0.2.7', names: [], transport: 'tcp', port: 22 },
  ...{ state: 'open', reason: 'syn-ack', service: { protocol: 'ssh' } },
};

describe('a port of the scan', () => {
  it('is told with its service', () => {
    const report = reportOf({ open: 1, filtered: 102 }, { ports: [OPEN_SSH] });
    const view = outsideView(report, ['192.0.2.7'], false);
    expect(view.of('tcp', 22)).toMatchObject([{ state: 'open', service: { protocol: 'ssh' } }]);
    expect(view.open).toEqual([{ transport: 'tcp', port: 22 }]);
  });

  it('that is counted and not listed has the one state that is counted', () => {
    const report = reportOf({ open: 1, filtered: 102 }, { ports: [OPEN_SSH] });
    expect(outsideView(report, ['192.0.2.7'], false).of('tcp', 8050)).toMatchObject([
      { state: 'filtered' },
    ]);
  });

  it('is not told where states are mixed, and the view says why', () => {
    const view = outsideView(reportOf({ closed: 3, filtered: 100 }), ['192.0.2.7'], false);
    expect(view.of('tcp', 80)).toBeUndefined();
    expect(view.unseen).toEqual([expect.stringContaining('--show all')]);
  });

  it('is told where states are mixed and all are listed', () => {
    const listed = (port: number, state: 'closed' | 'filtered'): PortRecord => ({
      ...{ address: '192.0.2.7', names: [], transport: 'tcp', port, state, reason: 'rst' },
    });
    const ports = [listed(22, 'closed'), listed(80, 'filtered')];
    const view = outsideView(reportOf({ closed: 1, filtered: 1 }, { ports }), ['192.0.2.7'], false);
    expect(view.of('tcp', 80)).toMatchObject([{ state: 'filtered' }]);
    expect(view.unseen).toEqual([]);
  });

  it('outside the scope was not looked at', () => {
    const view = outsideView(reportOf({ filtered: 103 }), ['192.0.2.7'], false);
    expect(view.of('tcp', 443)).toBeUndefined();
    expect(view.of('udp', 80)).toBeUndefined();
  });

  it('that is a phantom says so', () => {
    const group: PhantomGroup = {
      ...{
        kind: 'zero-window',
        confidence: 0.9,
        evidence: [],
        transport: 'tcp',
        ports: '8000-8100',
      },
      count: 101,
      verdict: { level: 'unknown', severity: 'info', rule: 'phantom.ports', why: '', todo: '' },
    };
    const view = outsideView(reportOf({ open: 101 }, { phantoms: [group] }), ['192.0.2.7'], true);
    expect(view.of('tcp', 8001)).toMatchObject([{ phantom: 'zero-window', itself: true }]);
  });
});

it('says when the scan is of other hosts', () => {
  const view = outsideView(reportOf({ filtered: 1 }), ['198.51.100.1'], false);
  expect(view.of('tcp', 22)).toBeUndefined();
  expect(view.unseen).toEqual([expect.stringContaining('198.51.100.1')]);
});
