import type { HostRecord, ScanReport } from '../../model/scan.ts';
import type { Format } from '../format.ts';
import { type HostRows, hostSection } from '../html/host.ts';
import { foot, head, overview, quietHosts, tools, worstFindings } from '../html/page.ts';
import { compareRows, findingsByPort, type Row, rowsOfHost } from '../rows.ts';
import { summarise } from '../summary.ts';

/** Hosts that list ports or phantoms, the one with the worst port first; within a host worst first too. */
function rankedHosts(report: ScanReport): HostRows[] {
  const findingsOf = findingsByPort(report);
  const listing = report.hosts.filter((host) => !isQuiet(host));
  const sorted = listing
    .map((host) => ({ host, rows: rowsOfHost(host, findingsOf).sort(compareRows) }))
    .sort((a, b) => compareFirst(a.rows[0], b.rows[0]));
  return sorted.map(({ host, rows }, index) => ({ id: `host-${index + 1}`, host, rows }));
}

/** Hosts without a row of their own come last. */
function compareFirst(a: Row | undefined, b: Row | undefined): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  return compareRows(a, b);
}

function isQuiet({ ports, phantoms = [] }: HostRecord): boolean {
  return ports.length === 0 && phantoms.length === 0;
}

function* render(report: ScanReport): Iterable<string> {
  const summary = summarise(report);
  const ranked = rankedHosts(report);
  const ids = new Map(ranked.map(({ id, host }) => [host.address, id]));
  yield head(report, summary);
  yield overview(report, summary);
  yield worstFindings(report, (address) => ids.get(address));
  if (ranked.length > 0) yield `<h2>Hosts and ports</h2>\n${tools()}`;
  for (const host of ranked) yield* hostSection(host);
  yield* quietHosts(report.hosts.filter(isQuiet));
  yield foot(report, summary);
}

/** One self-contained page: no outside resource, readable without scripts, on paper too. */
export const html: Format = {
  name: 'html',
  endings: ['.html', '.htm'],
  mediaType: 'text/html; charset=utf-8',
  render,
};
