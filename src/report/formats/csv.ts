import type { HostRecord, PortRecord, ScanReport } from '../../model/scan.ts';
import type { Format } from '../format.ts';
import { clip, visible } from '../text.ts';

type Cell = (
  port: PortRecord,
  scan: ScanReport['scan'],
  host: HostRecord,
) => string | number | undefined;

/** Longest banner kept in a cell; spreadsheets stop at 32,767 characters. */
const BANNER = 1_000;

/** The columns in order. Names are a contract: added at the end, never renamed. */
const COLUMNS: Readonly<Record<string, Cell>> = {
  address: (port) => port.address,
  names: (port) => port.names.join(' '),
  transport: (port) => port.transport,
  port: (port) => port.port,
  state: (port) => port.state,
  reason: (port) => port.reason,
  rtt_ms: (port) => port.rttMs,
  protocol: (port) => port.service?.protocol,
  product: (port) => port.service?.product,
  version: (port) => port.service?.version,
  cpe: (port) => port.service?.cpe,
  tls_version: (port) => port.service?.tls?.version,
  certificate_subject: (port) => port.service?.tls?.chain[0]?.subject,
  certificate_not_after: (port) => port.service?.tls?.chain[0]?.notAfter,
  level: (port) => port.verdict?.level,
  severity: (port) => port.verdict?.severity,
  rule: (port) => port.verdict?.rule,
  why: (port) => port.verdict?.why,
  todo: (port) => port.verdict?.todo,
  banner: (port) => port.service?.raw && clip(port.service.raw.text, BANNER),
  scan_id: (_, scan) => scan.id,
  scanned_at: (_, scan) => scan.startedAt,
  edge: (_, __, host) => host.edge?.provider,
  edge_basis: (_, __, host) => host.edge?.basis,
};

/**
 * Spreadsheets run a cell that begins with = + - @ as a formula, and where the list separator is
 * a semicolon they begin cells there too. An apostrophe before it makes it text.
 */
function withoutFormula(text: string): string {
  return text.replace(/(^|[;"])(?=\s*[=+\-@＝＋－＠])/g, "$1'");
}

function cell(value: string | number | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const text = withoutFormula(visible(value));
  return /[",;]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function* render(report: ScanReport): Iterable<string> {
  yield `${Object.keys(COLUMNS).join(',')}\r\n`;
  const columns = Object.values(COLUMNS);
  for (const host of report.hosts) {
    for (const port of host.ports) {
      yield `${columns.map((column) => cell(column(port, report.scan, host))).join(',')}\r\n`;
    }
  }
}

/** RFC 4180 with a header, one row per listed port; control characters are written as escapes. */
export const csv: Format = {
  name: 'csv',
  endings: ['.csv'],
  mediaType: 'text/csv; charset=utf-8; header=present',
  render,
};
