import type { ScanReport } from '../../model/scan.ts';
import type { Finding } from '../../model/verdict.ts';
import { caveats } from '../caveats.ts';
import { edgeNotes } from '../edges.ts';
import type { Format } from '../format.ts';
import { phantomEvidence, phantomsOf, phantomTitle } from '../phantoms.ts';
import { type Row, worstRows } from '../rows.ts';
import { bannerOf, hostLabel, portLabel, productOf, protocolOf } from '../service.ts';
import { headline, otherStates, summarise } from '../summary.ts';
import { clip, visible } from '../text.ts';
import { duration, elapsedSeconds, minute } from '../time.ts';

const SENTENCE = 1_000;
const TARGETS = 300;

/**
 * Our own sentences. What Markdown, GitHub or a chat would act on is defused: markup, HTML, links,
 * mentions (@name) and issue numbers (#1); a word joiner stands where a backslash does not help.
 */
export function prose(text: string): string {
  return visible(clip(text, SENTENCE))
    .replace(/[\\`*_{}[\]<>|~&]/g, '\\$&')
    .replace(/[@#](?=\w)/g, '$&\u2060')
    .replace(/:(?=\/\/)/g, '\\:')
    .replace(/www\./gi, (found) => `${found.slice(0, 3)}\\.`);
}

/**
 * A peer's words: a code span, in which nothing is markup, fenced longer than its own backticks. A
 * table is cut at pipes before that, and there a backslash takes the next character with it: those
 * before a pipe are doubled.
 */
function code(text: string): string {
  const shown = visible(text)
    .trim()
    .replace(/(\\*)\|/g, '$1$1\\|');
  if (shown === '') return '';
  const longest = Math.max(0, ...(shown.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  return longest === 0 ? `${fence}${shown}${fence}` : `${fence} ${shown} ${fence}`;
}

function service(row: Row): string {
  const { port } = row;
  if (port.state !== 'open') return `${port.state} (${port.reason})`;
  const said = productOf(port) || bannerOf(port);
  return said === '' ? code(protocolOf(port)) : `${code(protocolOf(port))} ${code(said)}`;
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |\n`;
}

function rowLine(row: Row): string {
  const { host, port, severity } = row;
  const verdict = port.verdict;
  return line([
    severity === 'critical' || severity === 'high' ? `**${severity}**` : severity,
    verdict?.level ?? '–',
    code(hostLabel(host)),
    portLabel(port),
    service(row),
    verdict ? prose(verdict.why) : '–',
  ]);
}

function task(finding: Finding): string {
  const where = code(`${finding.names[0] ?? finding.address} ${portLabel(finding)}`);
  const todo = finding.todo === '' ? '' : ` → ${prose(finding.todo)}`;
  return `- [ ] **${finding.severity}** ${where}: ${prose(finding.why)}${todo}\n`;
}

function head(report: ScanReport): string {
  const { scan } = report;
  const { ports, targets, engine, vantage } = scan.scope;
  const asked = [ports.tcp && `TCP ${code(ports.tcp)}`, ports.udp && `UDP ${code(ports.udp)}`];
  return [
    `## ${headline(summarise(report))}\n\n`,
    `${prose(minute(scan.startedAt))}, ${duration(elapsedSeconds(scan))}, `,
    `from ${code(vantage.name)} with ${code(scan.tool)} (engine ${code(engine)}).\n`,
    `Targets: ${code(clip(targets.join(' '), TARGETS))}. `,
    `Ports: ${asked.filter((text) => text !== '').join(', ')}.\n`,
  ].join('');
}

function notes(report: ScanReport): string {
  const rest = otherStates(summarise(report).ports);
  const known = [...edgeNotes(report), ...caveats(report)];
  const lines = [...known, ...(rest === '' ? [] : [`Not open: ${rest}.`])];
  const problems = report.scan.problems.map(({ code: id, message }) => `${id}: ${message}`);
  const all = [...lines, ...problems];
  return all.length === 0 ? '' : `\n${all.map((text) => `> - ${prose(text)}\n`).join('')}`;
}

function* render(report: ScanReport): Iterable<string> {
  yield head(report);
  yield notes(report);
  const rows = worstRows(report);
  if (rows.length > 0) {
    yield `\n### Ports\n\n${line(['Severity', 'Verdict', 'Host', 'Port', 'Service', 'Why'])}`;
    yield line(Array<string>(6).fill('---'));
    for (const row of rows) yield rowLine(row);
  }
  const phantoms = phantomsOf(report);
  if (phantoms.length > 0) yield '\n### Phantoms\n\n';
  for (const { host, group } of phantoms) {
    const said = prose(`${phantomTitle(group)}. ${phantomEvidence(group)}`);
    yield `- ${code(hostLabel(host))}: ${said}\n`;
  }
  if (report.findings.length > 0) {
    yield '\n### What to do\n\n';
    for (const finding of report.findings) yield task(finding);
  }
}

/** GitHub's Markdown, for tickets and chat: a table of ports and a list of tasks, worst first. */
export const markdown: Format = {
  name: 'markdown',
  endings: ['.md'],
  mediaType: 'text/markdown; charset=utf-8; variant=GFM',
  render,
};
