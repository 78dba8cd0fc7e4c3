import type { HostRecord, ScanReport } from '../../model/scan.ts';
import type { Format } from '../format.ts';
import { type HostRows, hostSection } from '../html/host.ts';
import { foot, head, overview, quietHosts, tools, worstFindings } from '../html/page.ts';
import { compareRows, findingsByPort, type Row, rowsOfHost } from '../rows.ts';
import { summarise } from '../summary.ts';

/** Hosts that list ports, the one with the worst port first; within a host worst first too. */
function rankedHosts(report: ScanReport): HostRows[] {
  const findingsOf = findingsByPort(report);
  const sorted = report.hosts
    .map((host) => rowsOfHost(host, findingsOf).sort(compareRows))
    .filter((rows) => rows.length > 0)
    .sort(([a], [b]) => compareFirst(a, b));
  return sorted.map((rows, index) => ({ id: `host-${index + 1}`, rows }));
}

function compareFirst(a: Row | undefined, b: Row | undefined): number {
  return a === undefined || b === undefined ? 0 : compareRows(a, b);
}

function quiet(hosts: readonly HostRecord[]): HostRecord[] {
  return hosts.filter((host) => host.ports.length === 0);
}

function* render(report: ScanReport): Iterable<string> {
  const summary = summarise(report);
  const ranked = rankedHosts(report);
  const ids = new Map(ranked.map(({ id, rows }) => [rows[0]?.host.address, id]));
  yield head(report, summary);
  yield overview(report, summary);
  yield worstFindings(report, (address) => ids.get(address));
  if (ranked.length > 0) yield `<h2>Hosts and ports</h2>\n${tools()}`;
  for (const host of ranked) yield* hostSection(host);
  yield* quietHosts(quiet(report.hosts));
  yield foot(report, summary);
}

/** One self-contained page: no outside resource, readable without scripts, on paper too. */
export const html: Format = {
  name: 'html',
  endings: ['.html', '.htm'],
  mediaType: 'text/html; charset=utf-8',
  render,
};
