import type { HostRecord, ScanReport } from '../../model/scan.ts';
import type { Finding, Level } from '../../model/verdict.ts';
import { LEVELS } from '../../model/verdict.ts';
import { caveats, limits } from '../caveats.ts';
import { edgeLabel } from '../edges.ts';
import type { Fact } from '../facts.ts';
import { lossShare } from '../loss.ts';
import { portLabel } from '../service.ts';
import { headline, otherStates, type Summary } from '../summary.ts';
import { clip, counted, grouped } from '../text.ts';
import { duration, elapsedSeconds, minute } from '../time.ts';
import { badge, factList, sentence, todoLine } from './host.ts';
import { html, type Markup, NOTHING } from './markup.ts';
import { SCRIPT, SCRIPT_SHA256 } from './script.ts';
import { STYLE } from './style.ts';

/** Things to do told at the top, and ports of each; the others stand with their ports. */
const WORST = 12;
const PLACES = 6;
const LIST = 2_000;
const PROBLEMS = 50;

const TITLES: Readonly<Record<Level, string>> = {
  close: 'should be closed',
  restrict: 'should be restricted',
  unknown: 'not recognised',
  expected: 'as expected',
};
const ORDER: readonly Level[] = ['close', 'restrict', 'unknown', 'expected'];

export function head(report: ScanReport, summary: Summary): string {
  const title = `Postern: ${headline(summary)}`;
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${SCRIPT_SHA256}'; base-uri 'none'; form-action 'none'`;
  const policyTag = `<meta http-equiv="Content-Security-Policy" content="${policy}">`;
  const { scan } = report;
  const when = `${minute(scan.startedAt)}, from ${scan.scope.vantage.name}`;
  return [
    '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
    policyTag,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="referrer" content="no-referrer"><meta name="robots" content="noindex">',
    html`<title>${title}</title>`.text,
    `<style>${STYLE}</style></head>\n<body>\n`,
    html`<header><p class="eyebrow">Open ports report</p><h1>${headline(summary)}</h1><p class="soft">${when}</p></header>\n<main>\n`
      .text,
  ].join('');
}

function card(count: number, title: string, detail: string, tone: string): Markup {
  return html`<li class="${tone}"><b>${grouped(count)}</b>${title}<br><small>${detail}</small></li>`;
}

/** What stands first: counts, verdicts as a bar, and what not to conclude. */
export function overview(report: ScanReport, summary: Summary): string {
  const { ports, levels } = summary;
  const cards = ORDER.map((level) => card(levels[level], TITLES[level], '', level));
  const judged = LEVELS.reduce((sum, level) => sum + levels[level], 0);
  const bars = ORDER.filter((level) => levels[level] > 0);
  const bar = html`<div class="bar" aria-hidden="true">${bars.map((level) => html`<i class="${level}" style="flex:${levels[level]}"></i>`)}</div>`;
  return html`<ul class="cards">${card(ports.open, ports.open === 1 ? 'open port' : 'open ports', `on ${summary.hostsOpen} of ${counted(summary.hosts, 'host')}`, '')}${cards}</ul>
${judged > 0 ? bar : NOTHING}
${caveats(report).map((text) => html`<p class="note">${text}</p>`)}
`.text;
}

/** Findings that say the same, worst first as the report has them. */
function groupedBySentence(findings: readonly Finding[]): Finding[][] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const key = JSON.stringify([finding.severity, finding.why, finding.todo]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [finding]);
    else group.push(finding);
  }
  return [...groups.values()];
}

function place(finding: Finding, id: string | undefined): Markup {
  const where = `${finding.names[0] ?? finding.address} ${portLabel(finding)}`;
  return html`<div>${id === undefined ? where : html`<a href="#${id}">${where}</a>`}</div>`;
}

type IdOf = (address: string) => string | undefined;

function worstItem(group: readonly Finding[], idOf: IdOf): Markup {
  const [first] = group;
  if (first === undefined) return NOTHING;
  const places = group.slice(0, PLACES).map((finding) => place(finding, idOf(finding.address)));
  const rest = group.length - places.length;
  const more = rest > 0 ? html`<div class="soft">and ${counted(rest, 'more port')}</div>` : NOTHING;
  return html`<li><span>${badge(first.severity)}</span><div class="port">${places}${more}</div><div>${sentence(first.why)}${todoLine(first.todo)}</div></li>
`;
}

export function worstFindings({ findings }: ScanReport, idOf: IdOf): string {
  if (findings.length === 0)
    return '<h2>Findings</h2><p>Nothing was found that deserves a word.</p>\n';
  const groups = groupedBySentence(findings);
  const items = groups.slice(0, WORST).map((group) => worstItem(group, idOf));
  const rest = groups.slice(WORST).reduce((sum, group) => sum + group.length, 0);
  const more =
    rest > 0
      ? html`<p class="soft more">${counted(rest, 'more finding')} below, with the ports.</p>`
      : NOTHING;
  return html`<h2>What to do first</h2>\n<ol class="worst">${items}</ol>${more}\n`.text;
}

/** Shown where scripts run. */
export function tools(): string {
  const options = ORDER.map((level) => html`<option value="${level}">${TITLES[level]}</option>`);
  return html`<div class="tools"><label>Find a host, port or word<input id="text" type="search" autocomplete="off"></label><label>Verdict<select id="level"><option value="">all</option>${options}</select></label><output id="shown" for="text level"></output></div>
`.text;
}

/** Hosts that list no port, one line each. */
export function* quietHosts(hosts: readonly HostRecord[]): Iterable<string> {
  if (hosts.length === 0) return;
  yield html`<h2>${counted(hosts.length, 'host')} without listed ports</h2>
<div class="host"><table><thead><tr><th scope="col">Address</th><th scope="col">Names</th><th scope="col">Ports</th></tr></thead><tbody>
`.text;
  for (const { address, names, counts, edge } of hosts) {
    const shared = edge === undefined ? '' : `${edgeLabel(edge)}. `;
    const open = counts.open > 0 ? `${counted(counts.open, 'open port')}, ` : '';
    yield html`<tr><td class="port">${address}</td><td>${clip(names.join(', '), LIST)}</td><td class="soft">${shared}${open}${otherStates(counts)}</td></tr>
`.text;
  }
  yield '</tbody></table></div>\n';
}

function scopeFacts({ scan }: ScanReport, summary: Summary): Fact[] {
  const { scope, stats } = scan;
  const facts: Fact[] = [['Targets', clip(scope.targets.join(', '), LIST)]];
  if (scope.exclude.length > 0) facts.push(['Left out', clip(scope.exclude.join(', '), LIST)]);
  if (scope.ports.tcp !== '') facts.push(['TCP ports', clip(scope.ports.tcp, LIST)]);
  if (scope.ports.udp !== '') facts.push(['UDP ports', clip(scope.ports.udp, LIST)]);
  const kind = scope.vantage.kind === 'loopback' ? ' (loopback)' : '';
  facts.push(
    ['Seen from', scope.vantage.name + kind],
    ['Start and end', `${minute(scan.startedAt)} to ${minute(scan.endedAt)}`],
    ['Duration', duration(elapsedSeconds(scan))],
    ['Engine', scope.engine],
    ['Probes', `${grouped(stats.probes)}, of which ${grouped(stats.retries)} retries`],
    ['Rate', `${grouped(stats.achievedRate)} probes per second`],
    ['Packet loss', stats.loss === undefined ? 'not measured' : lossShare(stats.loss)],
    ['Not open', otherStates(summary.ports) || 'none'],
    ['Scan', scan.id],
  );
  return facts;
}

function problemPanel({ scan }: ScanReport): Markup {
  if (scan.problems.length === 0) return NOTHING;
  const items = scan.problems.slice(0, PROBLEMS);
  const rest = scan.problems.length - items.length;
  const more = rest > 0 ? html`<li>… and ${counted(rest, 'more problem')}</li>` : NOTHING;
  return html`<h2 id="problems">What went wrong</h2><div class="panel"><ul>${items.map(({ code, message }) => html`<li><code>${code}</code> ${sentence(message)}</li>`)}${more}</ul></div>
`;
}

export function foot(report: ScanReport, summary: Summary): string {
  const said = limits(report).map((text) => html`<li>${text}</li>`);
  const parts = html`${problemPanel(report)}<div class="two"><section><h2>What was looked at</h2><div class="panel">${factList(scopeFacts(report, summary))}</div></section>
<section><h2>What this look can and cannot say</h2><div class="panel"><ul>${said}</ul></div></section></div>
</main>
<footer>Written by ${report.scan.tool}. Rules, protocols and formats are explained in its documentation.</footer>
`;
  return `${parts.text}<script>${SCRIPT}</script>\n</body></html>\n`;
}
