import type { ScanReport } from '../../model/scan.ts';
import { LEVEL_STYLE, type Paint, painter, SEVERITY_STYLE } from '../ansi.ts';
import { caveats } from '../caveats.ts';
import { columnsOf, fit, padded, wrapped } from '../columns.ts';
import { edgeNotes } from '../edges.ts';
import type { Format, RenderOptions } from '../format.ts';
import { type Row, worstRows } from '../rows.ts';
import { bannerOf, hostLabel, portLabel, productOf, protocolOf } from '../service.ts';
import { headline, otherStates, summarise } from '../summary.ts';
import { clip, counted, visible } from '../text.ts';
import { duration, elapsedSeconds } from '../time.ts';

const DEFAULT_WIDTH = 80;
/** Narrower than this sentences would leave nothing to read; the terminal wraps instead. */
const LEAST_WIDTH = 40;
const HOST_SHARE = 0.63;
const SEVERITY = 'SEVERITY'.length;
const VERDICT = 'VERDICT '.length;
const PORT = '65535/tcp'.length;
const GAP = '  ';
/** Sentences stand under the verdict, clear of the column of severities. */
const INDENT = ' '.repeat(SEVERITY + GAP.length);
/** The room of severity and verdict. */
const INDENT_WORDS = ' '.repeat(SEVERITY + VERDICT + 2 * GAP.length);
const SENTENCE = 1_000;
/** Longest port list written out. */
const SHORT_PORTS = 40;
const PROBLEMS = 10;

interface Layout {
  readonly width: number;
  readonly host: number;
  readonly paint: Paint;
}

/**
 * The host column takes what the longest label needs, up to its share of the room. A longer address
 * (IPv6 on a narrow terminal) is written out all the same and shifts its own row.
 */
function layoutOf(rows: readonly Row[], options: RenderOptions): Layout {
  const width = Math.max(LEAST_WIDTH, options.width ?? DEFAULT_WIDTH);
  const room = width - SEVERITY - VERDICT - PORT - 4 * GAP.length;
  let label = 'HOST'.length;
  for (const { host } of rows) label = Math.max(label, columnsOf(hostLabel(host)));
  const host = Math.min(label, Math.max('HOST'.length, Math.floor(room * HOST_SHARE)));
  return { width, host, paint: painter(options.color ?? false) };
}

function head({ host, paint }: Layout): string {
  const titles = [padded('SEVERITY', SEVERITY), padded('VERDICT', VERDICT), padded('HOST', host)];
  return `${paint([...titles, padded('PORT', PORT), 'SERVICE'].join(GAP), '1')}\n`;
}

/** In a word what the port is: its protocol, or its state when it is not open. */
function kindOf({ port }: Row): string {
  return port.state === 'open' ? protocolOf(port) : port.state;
}

/** What is known beyond the word: product, banner, or the reason of a state. */
function detailOf({ port }: Row): string {
  if (port.state !== 'open') return port.reason;
  return productOf(port) || bannerOf(port);
}

function sentences(text: string, mark: string, layout: Layout): string {
  const first = INDENT + mark;
  const next = ' '.repeat(first.length);
  const lines = wrapped(visible(clip(text, SENTENCE)), layout.width - next.length);
  return lines.map((line, at) => `${at === 0 ? first : next}${line}\n`).join('');
}

/** Why and what to do; nothing for a port that is as it should be. */
function reasons(row: Row, layout: Layout): string {
  const { verdict } = row.port;
  const isFine = verdict?.level === 'expected' && verdict.severity === 'info';
  let text = '';
  if (verdict && !isFine) text += sentences(verdict.why, '', layout);
  if (verdict?.todo) text += sentences(verdict.todo, '→ ', layout);
  for (const finding of row.findings) {
    text += sentences(`${finding.severity}: ${finding.why}`, '+ ', layout);
    if (finding.todo !== '') text += sentences(finding.todo, '  → ', layout);
  }
  return text;
}

function frontCells({ port, severity }: Row, paint: Paint): string {
  const level = port.verdict?.level;
  const shown = level ?? '-';
  return [
    paint(severity, SEVERITY_STYLE[severity]) + ' '.repeat(SEVERITY - severity.length),
    (level ? paint(level, LEVEL_STYLE[level]) : shown) + ' '.repeat(VERDICT - shown.length),
  ].join(GAP);
}

/** The service as far as `room` columns go, and what is left to say under the row. */
function serviceCell(row: Row, room: number): [string, string] {
  const kind = kindOf(row);
  const detail = detailOf(row);
  const whole = detail === '' ? kind : `${kind} (${detail})`;
  if (columnsOf(whole) <= room) return [whole, ''];
  return columnsOf(kind) <= room ? [kind, detail] : ['', whole];
}

function rowText(row: Row, layout: Layout): string {
  const { host, port } = row;
  const label = hostLabel(host);
  const fits = columnsOf(label) <= layout.host;
  const shown = padded(fits ? label : visible(host.address), layout.host);
  const where = INDENT_WORDS + shown + GAP + padded(portLabel(port), PORT) + GAP;
  const [service, rest] = serviceCell(row, layout.width - columnsOf(where));
  const line = frontCells(row, layout.paint) + where.slice(INDENT_WORDS.length - GAP.length);
  const under = [fits ? '' : host.names.join(', '), fit(rest, layout.width - INDENT.length)];
  const more = under.filter((text) => text !== '').join(' · ');
  return `${(line + service).trimEnd()}\n${sentences(more, '', layout)}${reasons(row, layout)}`;
}

function scopeLine({ scan }: ScanReport): string {
  const { ports, engine, vantage } = scan.scope;
  const asked = [portsAsked('TCP', ports.tcp), portsAsked('UDP', ports.udp)];
  const what = asked.filter((text) => text !== '').join(', ');
  return visible(
    `Looked at ${what} from ${vantage.name} (engine ${engine}) in ${duration(elapsedSeconds(scan))}.`,
  );
}

/** The ports as written while that is short, else how many. */
function portsAsked(transport: string, ranges: string): string {
  if (ranges.length <= SHORT_PORTS) return ranges === '' ? '' : `${transport} ${ranges}`;
  const count = ranges.split(',').reduce((sum, range) => {
    const [first, last = first] = range.split('-').map(Number);
    return sum + (last ?? 0) - (first ?? 0) + 1;
  }, 0);
  return counted(count, `${transport} port`);
}

function problemLines({ scan }: ScanReport): string[] {
  const lines = scan.problems.slice(0, PROBLEMS).map(({ code, message }) => `${code}: ${message}`);
  const more = scan.problems.length - PROBLEMS;
  return more > 0 ? [...lines, `… and ${counted(more, 'more problem')}`] : lines;
}

function findingsElsewhere(report: ScanReport, rows: readonly Row[]): string[] {
  const listed = new Set(rows.map(({ port }) => `${port.address} ${portLabel(port)}`));
  const others = report.findings.filter(
    (finding) => !listed.has(`${finding.address} ${portLabel(finding)}`),
  );
  if (others.length === 0) return [];
  return [`${counted(others.length, 'finding')} on ports that are not listed here.`];
}

function* foot(report: ScanReport, rows: readonly Row[], layout: Layout): Iterable<string> {
  const summary = summarise(report);
  const rest = otherStates(summary.ports);
  const notes = rest === '' ? [] : [`Not open: ${rest}.`];
  notes.push(...findingsElsewhere(report, rows), ...edgeNotes(report), ...caveats(report));
  for (const note of notes) yield `${wrapped(note, layout.width).join('\n')}\n`;
  for (const line of problemLines(report)) {
    yield `${wrapped(visible(clip(line, SENTENCE)), layout.width - 2)
      .map((part) => `  ${part}`)
      .join('\n')}\n`;
  }
  yield `${layout.paint(wrapped(scopeLine(report), layout.width).join('\n'), '2')}\n`;
  yield `${layout.paint(wrapped(headline(summary), layout.width).join('\n'), '1')}\n`;
}

function* render(report: ScanReport, options: RenderOptions = {}): Iterable<string> {
  const rows = worstRows(report);
  const layout = layoutOf(rows, options);
  if (rows.length > 0) yield head(layout);
  for (const row of rows) yield rowText(row, layout);
  if (rows.length > 0) yield '\n';
  yield* foot(report, rows, layout);
}

/**
 * For people at a terminal, worst first. Laid out by hand: a port's columns fit 80 characters, but
 * its sentences do not, and a table library can only squeeze them into a ribbon; so they stand under
 * their port over the whole width.
 */
export const table: Format = {
  name: 'table',
  endings: ['.txt'],
  mediaType: 'text/plain; charset=utf-8',
  render,
};
