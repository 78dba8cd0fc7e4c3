import type { PortRecord, SharedEdge } from '../../model/scan.ts';
import { type Finding, LEVELS, SEVERITIES, type Severity } from '../../model/verdict.ts';
import { edgeLabel } from '../edges.ts';
import { type Fact, factsOf } from '../facts.ts';
import type { Row } from '../rows.ts';
import { bannerOf, hostLabel, portLabel, productOf, protocolOf } from '../service.ts';
import { otherStates } from '../summary.ts';
import { clip, counted } from '../text.ts';
import { html, type Markup, NOTHING } from './markup.ts';

const SENTENCE = 1_000;
const BANNER = 2_000;
/** Banner shown without opening the details. */
const GLIMPSE = 80;
const NAMES = 20;

/** Rows of one host, worst first, and where the page links to. */
export interface HostRows {
  readonly id: string;
  readonly rows: readonly Row[];
}

export function badge(severity: Severity): Markup {
  return html`<span class="badge ${severity}">${severity}</span>`;
}

export function sentence(text: string): string {
  return clip(text, SENTENCE);
}

export function todoLine(todo: string): Markup {
  return todo === '' ? NOTHING : html`<div class="todo">${sentence(todo)}</div>`;
}

export function factList(facts: readonly Fact[]): Markup {
  return html`<dl>${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

function more(port: PortRecord): Markup {
  const facts = factsOf(port);
  const raw = port.service?.raw?.text ?? '';
  if (facts.length === 0 && raw === '') return NOTHING;
  const list = facts.length === 0 ? NOTHING : factList(facts);
  const pre = raw === '' ? NOTHING : html`<pre>${clip(raw, BANNER)}</pre>`;
  return html`<details><summary>Details</summary>${list}${pre}</details>`;
}

function serviceCell(port: PortRecord): Markup {
  if (port.state !== 'open')
    return html`<td>${port.state} <span class="soft">${port.reason}</span></td>`;
  const product = productOf(port);
  const banner = clip(bannerOf(port), GLIMPSE);
  const said = product === '' && banner !== '' ? html`<code>${banner}</code>` : product;
  return html`<td><b>${protocolOf(port)}</b><div class="soft">${said}</div></td>`;
}

function verdictCell({ verdict }: PortRecord): Markup {
  if (verdict === undefined) return html`<td data-key="9" class="soft">not judged</td>`;
  const key = LEVELS.indexOf(verdict.level);
  return html`<td data-key="${key}"><span class="level ${verdict.level}">${verdict.level}</span></td>`;
}

function also(finding: Finding): Markup {
  const { severity, why, todo } = finding;
  return html`<li>${badge(severity)} ${sentence(why)}${todoLine(todo)}</li>`;
}

function reasonCell({ port, findings }: Row): Markup {
  const { verdict } = port;
  const own = verdict ? html`${sentence(verdict.why)}${todoLine(verdict.todo)}` : NOTHING;
  const rest = findings.length === 0 ? NOTHING : html`<ul class="also">${findings.map(also)}</ul>`;
  return html`<td>${own}${rest}${more(port)}</td>`;
}

function portRow(row: Row): Markup {
  const { port, severity } = row;
  const place = html`<td class="port" data-key="${port.port}">${portLabel(port)}</td>`;
  const worst = html`<td data-key="${-SEVERITIES.indexOf(severity)}">${badge(severity)}</td>`;
  return html`<tr data-level="${port.verdict?.level ?? 'none'}">${place}${serviceCell(port)}${verdictCell(port)}${worst}${reasonCell(row)}</tr>
`;
}

/** What the host is told to be, with its reasons to open. */
function edgeLine(edge: SharedEdge | undefined): Markup {
  if (edge === undefined) return NOTHING;
  const reasons = edge.evidence.map((fact) => html`<li>${sentence(fact)}</li>`);
  return html`<details class="edge"><summary>${edgeLabel(edge)}</summary><ul>${reasons}</ul></details>\n`;
}

/** A host's heading and its ports, row by row. */
export function* hostSection({ id, rows }: HostRows): Iterable<string> {
  const host = rows[0]?.host;
  if (host === undefined) return;
  const rest = otherStates(host.counts);
  const counts = counted(host.counts.open, 'open port') + (rest === '' ? '' : `, ${rest}`);
  const others =
    host.names.length > 1 ? `Also ${clip(host.names.slice(1, NAMES).join(', '), SENTENCE)}. ` : '';
  const label = hostLabel({ ...host, names: host.names.slice(0, 1) });
  yield html`<section class="host" id="${id}"><div><h3>${label}</h3><span class="soft">${others}${counts}</span></div>
${edgeLine(host.edge)}<table class="ports"><thead><tr><th scope="col">Port</th><th scope="col">Service</th><th scope="col">Verdict</th><th scope="col">Severity</th><th scope="col">Why, and what to do</th></tr></thead><tbody>
`.text;
  for (const row of rows) yield portRow(row).text;
  yield '</tbody></table></section>\n';
}
