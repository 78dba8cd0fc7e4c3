import type { AuditReport, LayerSummary } from '../../model/audit.ts';
import type { FirewallFlaw } from '../../model/firewall-flaw.ts';
import { compareSeverity, type Severity } from '../../model/verdict.ts';
import { LEVEL_STYLE, type Paint, painter, SEVERITY_STYLE } from '../ansi.ts';
import { columnsOf, fit, padded, wrapped } from '../columns.ts';
import type { RenderOptions } from '../format.ts';
import { clip, counted, grouped, visible } from '../text.ts';
import {
  bindsOf,
  type DoorRow,
  doorRows,
  elsewhere,
  originText,
  outsideText,
  programsOf,
  reachText,
} from './facts.ts';

const DEFAULT_WIDTH = 80;
const LEAST_WIDTH = 70;
const GAP = '  ';
const SEVERITY = 'SEVERITY'.length;
const VERDICT = 'VERDICT '.length;
const PORT = '65535/tcp'.length;
const INDENT = ' '.repeat(SEVERITY + GAP.length);
const SENTENCE = 1_500;
/** Flaws of one kind in one firewall that are told in full. */
const FLAWS_OF_A_KIND = 3;
/** Programs in other namespaces that are listed, and ports of each. */
const ELSEWHERE = 12;
const ELSEWHERE_PORTS = 6;
/** Rules, or other evidence, that are listed below what is wrong. */
const FACTS_OF_A_FLAW = 3;
/** Shares of the room that program, bind address and sources have. */
const SHARES = { program: 0.36, bind: 0.3 };

interface Layout {
  readonly width: number;
  readonly program: number;
  readonly bind: number;
  readonly paint: Paint;
}

function widest(texts: readonly string[], least: number, most: number): number {
  const needed = texts.reduce((width, text) => Math.max(width, columnsOf(text)), least);
  return Math.min(needed, Math.max(least, Math.floor(most)));
}

function layoutOf(rows: readonly DoorRow[], options: RenderOptions): Layout {
  const width = Math.max(LEAST_WIDTH, options.width ?? DEFAULT_WIDTH);
  const room = width - SEVERITY - VERDICT - PORT - 5 * GAP.length;
  return {
    width,
    program: widest(rows.map(programsOf), 'PROGRAM'.length, room * SHARES.program),
    bind: widest(rows.map(bindsOf), 'BOUND TO'.length, room * SHARES.bind),
    paint: painter(options.color ?? false),
  };
}

function head({ paint, program, bind }: Layout): string {
  const titles = [
    padded('SEVERITY', SEVERITY),
    padded('VERDICT', VERDICT),
    padded('PORT', PORT),
    padded('PROGRAM', program),
    padded('BOUND TO', bind),
    'REACHABLE FROM',
  ];
  return `${paint(titles.join(GAP), '1')}\n`;
}

function sentences(text: string, mark: string, { width }: Layout): string {
  if (text === '') return '';
  const first = INDENT + mark;
  const next = ' '.repeat(first.length);
  const lines = wrapped(visible(clip(text, SENTENCE)), width - next.length);
  return lines.map((line, at) => `${at === 0 ? first : next}${line}\n`).join('');
}

function severityCell(severity: Severity, paint: Paint): string {
  return paint(severity, SEVERITY_STYLE[severity]) + ' '.repeat(SEVERITY - severity.length);
}

function rowText(row: DoorRow, layout: Layout): string {
  const { door } = row;
  const { level, severity, why, todo } = door.verdict;
  const { paint } = layout;
  const outside = outsideText(door);
  const reach = `${reachText(row)}${outside === '' ? '' : ` (${outside})`}`;
  const front = [
    severityCell(severity, paint),
    paint(level, LEVEL_STYLE[level]) + ' '.repeat(VERDICT - level.length),
    padded(`${door.port}/${door.transport}`, PORT),
    padded(fit(visible(programsOf(row)), layout.program), layout.program),
    padded(fit(visible(bindsOf(row)), layout.bind), layout.bind),
  ].join(GAP);
  const line = `${front}${GAP}${reach}`.trimEnd();
  const isFine = level === 'expected' && severity === 'info';
  if (isFine) return `${line}\n`;
  return [
    `${line}\n`,
    sentences(originText(row), '', layout),
    sentences(why, '', layout),
    sentences(todo, '→ ', layout),
    sentences(commandFor(row), '$ ', layout),
  ].join('');
}

function layerText({ kind, origin, role, rules, opaqueRules, off, unread }: LayerSummary): string {
  if (off === true) return `${kind} (${origin}: switched off)`;
  const facts = [
    ...(role === 'live' ? [] : [role]),
    counted(rules, 'rule'),
    ...(opaqueRules === 0 ? [] : [`${opaqueRules} not understood`]),
    ...(unread.length === 0 ? [] : ['not read whole']),
  ];
  return `${kind} (${origin}: ${facts.join(', ')})`;
}

/** The command that writes the change, where the firewall of this host lets in whom it should not. */
function commandFor({ door, listeners }: DoorRow): string {
  const { verdict, port, transport, publications, reachability } = door;
  const isOpen = reachability.some(({ parts }) => parts.some(({ fate }) => fate === 'accept'));
  const isServed = listeners.length > 0 || publications.length > 0;
  if (!isOpen || !isServed || verdict.todo.includes('postern ')) return '';
  const words = transport === 'udp' ? `${port} --udp` : `${port}`;
  if (verdict.level === 'close') return `postern close ${words}`;
  return verdict.level === 'restrict' ? `postern restrict ${words} --from NETWORK` : '';
}

/** The rules that flaws are about; without any the evidence, such as ports that one side closes. */
function factLines(same: readonly FirewallFlaw[], room: number): readonly string[] {
  const rules = same
    .flatMap(({ rule }) => rule ?? [])
    .map(({ line, text }) => (line === undefined ? text : `line ${line}: ${text}`));
  const facts = rules.length > 0 ? rules : same.flatMap(({ evidence }) => evidence);
  const left = facts.length - FACTS_OF_A_FLAW;
  const more = rules.length > 0 ? counted(left, 'more rule') : `${left} more`;
  return [
    ...facts
      .slice(0, FACTS_OF_A_FLAW)
      .map((text) => `${INDENT}  ${fit(visible(text), room - 2)}\n`),
    ...(left > 0 ? [`${INDENT}  … and ${more}; --json lists all\n`] : []),
  ];
}

/** Flaws that say the same, each of another rule. */
function flawText(same: readonly FirewallFlaw[], layout: Layout): string {
  const [flaw] = same;
  if (flaw === undefined) return '';
  const front = `${severityCell(flaw.severity, layout.paint)}${GAP}`;
  const room = layout.width - INDENT.length;
  const [first = '', ...more] = wrapped(visible(clip(flaw.why, SENTENCE)), room);
  return [
    `${front}${first}\n`,
    ...more.map((text) => `${INDENT}${text}\n`),
    ...factLines(same, room),
    sentences(flaw.todo, '→ ', layout),
  ].join('');
}

/** What is wrong with firewalls, for people: of one kind a few, and how many more there are. */
function* flawLines(flaws: readonly FirewallFlaw[], layout: Layout): Iterable<string> {
  const alike = new Map<string, FirewallFlaw[]>();
  for (const flaw of flaws) {
    const key = [flaw.id, flaw.origin, flaw.severity, flaw.why].join('\n');
    const known = alike.get(key);
    if (known === undefined) alike.set(key, [flaw]);
    else known.push(flaw);
  }
  const told = new Map<string, number>();
  for (const same of alike.values()) {
    const kind = `${same[0]?.id} ${same[0]?.origin}`;
    const before = told.get(kind) ?? 0;
    told.set(kind, before + 1);
    if (before < FLAWS_OF_A_KIND) yield flawText(same, layout);
  }
  for (const [kind, count] of told) {
    const more = count - FLAWS_OF_A_KIND;
    const [id] = kind.split(' ', 1);
    if (more > 0) yield `${INDENT}… and ${grouped(more)} more of ${id}; --json lists all\n`;
  }
}

/** Whatever is the same for the reader: worst first, then by port. */
function worstFirst(rows: readonly DoorRow[]): readonly DoorRow[] {
  return [...rows].sort(
    (a, b) =>
      compareSeverity(b.door.verdict.severity, a.door.verdict.severity) ||
      a.door.port - b.door.port ||
      (a.door.transport < b.door.transport ? -1 : 1),
  );
}

function* namespaceLines(report: AuditReport, layout: Layout): Iterable<string> {
  const others = elsewhere(report);
  if (others.length === 0) return;
  const groups = new Map<string, string[]>();
  for (const { namespace, transport, port, bind, program } of others) {
    const who = `${namespace}: ${program ?? '?'} on ${bind}`;
    groups.set(who, [...(groups.get(who) ?? []), `${port}/${transport}`]);
  }
  yield `\n${layout.paint('In other network namespaces, behind rules of their own:', '1')}\n`;
  for (const [who, ports] of [...groups].slice(0, ELSEWHERE)) {
    const rest = ports.length - ELSEWHERE_PORTS;
    const named = ports.slice(0, ELSEWHERE_PORTS).join(', ');
    const line = `${who}  ${rest > 0 ? `${named} and ${grouped(rest)} more` : named}`;
    yield `  ${fit(visible(line), layout.width - 2)}\n`;
  }
  const more = groups.size - ELSEWHERE;
  if (more > 0) yield `  … and ${counted(more, 'more program')}; --json lists all\n`;
}

function* foot(
  report: AuditReport,
  rows: readonly DoorRow[],
  flaws: readonly FirewallFlaw[],
  layout: Layout,
): Iterable<string> {
  const { audit } = report;
  for (const note of audit.unseen)
    yield `${wrapped(`Not seen: ${visible(note)}`, layout.width).join('\n')}\n`;
  for (const { code, message } of audit.problems) {
    yield `${wrapped(visible(`${code}: ${message}`), layout.width - 2)
      .map((line) => `  ${line}`)
      .join('\n')}\n`;
  }
  const listening = rows.filter(({ door }) => door.listeners.length > 0).length;
  const open = rows.filter(
    ({ door, listeners }) =>
      listeners.some(({ scope }) => scope !== 'loopback') &&
      door.reachability.some(({ reach }) => reach === 'anyone'),
  ).length;
  const wanting = rows.filter(
    ({ door }) => door.verdict.level === 'close' || door.verdict.level === 'restrict',
  ).length;
  const line = `${audit.host}: ${counted(listening, 'port')} with a listener, ${open} reachable from anyone, ${wanting} to close or restrict, ${counted(flaws.length, 'finding')} about the firewall.`;
  yield `${layout.paint(wrapped(visible(line), layout.width).join('\n'), '1')}\n`;
}

/** An audit for people at a terminal: firewall, doors worst first, what is wrong with the firewall. */
export function* auditTable(report: AuditReport, options: RenderOptions = {}): Iterable<string> {
  const rows = worstFirst(doorRows(report));
  const layout = layoutOf(rows, options);
  const layers = report.layers.map(layerText).join('; ');
  const asked = layers === '' ? 'none was found' : layers;
  yield `${wrapped(visible(`Firewall: ${asked}.`), layout.width).join('\n')}\n\n`;
  if (rows.length > 0) yield head(layout);
  for (const row of rows) yield rowText(row, layout);
  const { flaws } = report;
  if (flaws.length > 0) yield `\n${layout.paint('About the firewall:', '1')}\n`;
  yield* flawLines(flaws, layout);
  yield* namespaceLines(report, layout);
  yield '\n';
  yield* foot(report, rows, flaws, layout);
}

/** The result of `postern firewall lint`, for people; `partly`: of rules that could not all be read. */
export function* lintTable(
  flaws: readonly FirewallFlaw[],
  partly: boolean,
  options: RenderOptions = {},
): Iterable<string> {
  if (flaws.length === 0) {
    yield `Nothing wrong was found${partly ? ' in what could be read, which is not all' : ''}.\n`;
  }
  yield* flawLines(flaws, layoutOf([], options));
}
