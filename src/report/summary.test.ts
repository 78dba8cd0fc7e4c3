import { describe, expect, it } from 'vitest';
import { emptyReport, sampleReport } from '../../test/helpers/sample-report.ts';
import { caveats } from './caveats.ts';
import { headline, otherStates, summarise } from './summary.ts';
import { duration, elapsedSeconds, epochSeconds, minute } from './time.ts';

describe('summary', () => {
  it('counts hosts, ports, verdicts and findings', () => {
    expect(summarise(sampleReport())).toEqual({
      hosts: 4,
      hostsOpen: 3,
      ports: {
        open: 6,
        verified: 5,
        closed: 1987,
        filtered: 1898,
        unreachable: 100,
        localError: 9,
      },
      levels: { expected: 2, restrict: 1, close: 1, unknown: 1 },
      severities: { info: 0, low: 1, medium: 2, high: 1, critical: 1 },
    });
  });

  it('tells them in one line', () => {
    expect(headline(summarise(sampleReport()))).toBe(
      '4 hosts, 6 open ports (5 verified), 1 should be closed, 1 restricted, 1 not recognised',
    );
    expect(headline(summarise(emptyReport()))).toBe('0 hosts, no open ports');
    const summary = summarise(emptyReport());
    const one = { ...summary, hosts: 1, ports: { ...summary.ports, open: 1 } };
    expect(headline({ ...one, levels: { ...one.levels, restrict: 1 } })).toBe(
      '1 host, 1 open port (0 verified), 1 should be restricted',
    );
  });

  it('tells ports that are not open', () => {
    expect(otherStates(summarise(sampleReport()).ports)).toBe(
      '1,987 closed, 1,898 filtered, 100 unreachable, 9 not asked (local error)',
    );
    expect(otherStates(summarise(emptyReport()).ports)).toBe('');
  });
});

describe('caveats', () => {
  it('says when the look was cut short, from loopback, or slowed down', () => {
    const { scan, ...rest } = emptyReport();
    expect(caveats({ ...rest, scan })).toEqual([]);
    const scope = { ...scan.scope, vantage: { kind: 'loopback', name: 'me' } } as const;
    const stats = { ...scan.stats, slowdowns: 1 };
    const problems = [{ code: 'X', message: 'y' }];
    expect(
      caveats({ ...rest, scan: { ...scan, scope, stats, problems, complete: false } }),
    ).toEqual([
      'Interrupted: hosts and ports that are not listed were not looked at.',
      'Part of the work failed (1 problem).',
      'Seen over loopback: this is what listens here, not what outsiders can reach.',
      'Slowed down 1 time for want of file descriptors or source ports.',
    ]);
  });
});

describe('time', () => {
  it('reads ISO times and survives what is none', () => {
    const { scan } = sampleReport();
    expect(epochSeconds(scan.startedAt)).toBe(1_787_234_700);
    expect(elapsedSeconds(scan)).toBe(12.34);
    expect(epochSeconds('yesterday')).toBe(0);
    expect(elapsedSeconds({ ...scan, endedAt: 'never' })).toBe(0);
    expect(minute(scan.startedAt)).toBe('2026-08-20 14:05 UTC');
    expect(minute('soon')).toBe('soon');
  });

  it('tells durations', () => {
    expect(duration(0.04)).toBe('0 s');
    expect(duration(59.94)).toBe('59.9 s');
    expect(duration(250)).toBe('4 min 10 s');
    expect(duration(7500)).toBe('2 h 5 min');
  });
});
