import type { PortCounts, ScanReport } from '../model/scan.ts';
import type { Level, Severity } from '../model/verdict.ts';
import { counted, grouped } from './text.ts';

/** Counts that every format tells the same. */
export interface Summary {
  /** Addresses in the report. */
  readonly hosts: number;
  /** Those with at least one open port. */
  readonly hostsOpen: number;
  /** Ports of all hosts per state, listed or not. */
  readonly ports: PortCounts;
  /** Listed ports per verdict. */
  readonly levels: Readonly<Record<Level, number>>;
  /** Findings per severity. */
  readonly severities: Readonly<Record<Severity, number>>;
  /** Open ports missed through packet loss, most likely; absent: none, or not measured. */
  readonly missed?: number;
}

const NO_PORTS: PortCounts = {
  open: 0,
  verified: 0,
  closed: 0,
  filtered: 0,
  unreachable: 0,
  localError: 0,
};

function added(a: PortCounts, b: PortCounts): PortCounts {
  return {
    open: a.open + b.open,
    verified: a.verified + b.verified,
    closed: a.closed + b.closed,
    filtered: a.filtered + b.filtered,
    unreachable: a.unreachable + b.unreachable,
    localError: a.localError + b.localError,
    ...addedWhereKnown('phantom', a, b),
    ...addedWhereKnown('openFiltered', a, b),
  };
}

/** The sum of a count that is absent where nobody looked. */
function addedWhereKnown<Name extends 'phantom' | 'openFiltered'>(
  name: Name,
  a: PortCounts,
  b: PortCounts,
): { readonly [key in Name]?: number } {
  if (a[name] === undefined && b[name] === undefined) return {};
  return { [name]: (a[name] ?? 0) + (b[name] ?? 0) } as { readonly [key in Name]: number };
}

export function summarise(report: ScanReport): Summary {
  const levels = { expected: 0, restrict: 0, close: 0, unknown: 0 };
  const severities = { info: 0, low: 0, medium: 0, high: 0, critical: 0 };
  let ports = NO_PORTS;
  for (const host of report.hosts) {
    ports = added(ports, host.counts);
    for (const port of host.ports) if (port.verdict) levels[port.verdict.level] += 1;
  }
  for (const finding of report.findings) severities[finding.severity] += 1;
  const hostsOpen = report.hosts.filter((host) => host.counts.open > 0).length;
  const missed = report.scan.stats.loss?.estimate ?? 0;
  return {
    hosts: report.hosts.length,
    hostsOpen,
    ports,
    levels,
    severities,
    ...(missed > 0 ? { missed } : {}),
  };
}

/** `3 hosts, 11 open ports, 2 should be closed, 4 restricted`. */
export function headline(summary: Summary): string {
  const { hosts, ports, levels, missed } = summary;
  const parts = [counted(hosts, 'host')];
  parts.push(ports.open === 0 ? 'no open ports' : counted(ports.open, 'open port'));
  if (missed !== undefined) parts.push(`about ${grouped(missed)} more missed through packet loss`);
  if (levels.close > 0) parts.push(`${grouped(levels.close)} should be closed`);
  if (levels.restrict > 0) {
    parts.push(`${grouped(levels.restrict)} ${levels.close > 0 ? '' : 'should be '}restricted`);
  }
  if (levels.unknown > 0) parts.push(`${grouped(levels.unknown)} not recognised`);
  return parts.join(', ');
}

/** `1,043 closed, 7 filtered`: ports of a host or of all that were not open; empty for none. */
export function otherStates(counts: PortCounts): string {
  const parts: string[] = [];
  if (counts.closed > 0) parts.push(`${grouped(counts.closed)} closed`);
  if (counts.filtered > 0) parts.push(`${grouped(counts.filtered)} filtered`);
  if (counts.openFiltered) parts.push(`${grouped(counts.openFiltered)} open or filtered`);
  if (counts.unreachable > 0) parts.push(`${grouped(counts.unreachable)} unreachable`);
  if (counts.localError > 0) parts.push(`${grouped(counts.localError)} not asked (local error)`);
  return parts.join(', ');
}
