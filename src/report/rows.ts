import type { HostRecord, PortRecord, ScanReport } from '../model/scan.ts';
import type { Finding, Severity } from '../model/verdict.ts';
import { compareSeverity, LEVELS } from '../model/verdict.ts';

/** A listed port with everything that is said about it. */
export interface Row {
  readonly host: HostRecord;
  readonly port: PortRecord;
  /** Worst of verdict and findings; `info` when nothing is said. */
  readonly severity: Severity;
  /** Findings besides the one that the verdict already tells, worst first. */
  readonly findings: readonly Finding[];
}

interface Place {
  readonly address: string;
  readonly transport: string;
  readonly port: number;
}

/** Puts 10.0.0.9 before 10.0.0.10. */
const ADDRESSES = new Intl.Collator('en', { numeric: true });

function keyOf(place: Place): string {
  return `${place.address} ${place.transport} ${place.port}`;
}

/** Findings by the port they are about, in the report's order. */
export function findingsByPort(report: ScanReport): (place: Place) => readonly Finding[] {
  const byPort = new Map<string, Finding[]>();
  for (const finding of report.findings) {
    const key = keyOf(finding);
    const known = byPort.get(key);
    if (known === undefined) byPort.set(key, [finding]);
    else known.push(finding);
  }
  return (place) => byPort.get(keyOf(place)) ?? [];
}

/** Close before restrict before unknown before expected before not judged. */
function levelRank(port: PortRecord): number {
  if (port.verdict === undefined) return LEVELS.length;
  return { close: 0, restrict: 1, unknown: 2, expected: 3 }[port.verdict.level];
}

function rowOf(host: HostRecord, port: PortRecord, all: readonly Finding[]): Row {
  const findings = all.filter((finding) => finding.rule !== port.verdict?.rule);
  let severity: Severity = port.verdict?.severity ?? 'info';
  for (const finding of all) {
    if (compareSeverity(finding.severity, severity) > 0) severity = finding.severity;
  }
  return { host, port, severity, findings };
}

/** Every listed port of one host, in the report's order. */
export function rowsOfHost(
  host: HostRecord,
  findingsOf: (place: Place) => readonly Finding[],
): Row[] {
  return host.ports.map((port) => rowOf(host, port, findingsOf(port)));
}

/** Worst first; among equals by address, then in the report's order, which is by port. */
export function compareRows(a: Row, b: Row): number {
  return (
    compareSeverity(b.severity, a.severity) ||
    levelRank(a.port) - levelRank(b.port) ||
    ADDRESSES.compare(a.host.address, b.host.address)
  );
}

/** Every listed port of the report, worst first. */
export function worstRows(report: ScanReport): Row[] {
  const findingsOf = findingsByPort(report);
  return report.hosts.flatMap((host) => rowsOfHost(host, findingsOf)).sort(compareRows);
}
