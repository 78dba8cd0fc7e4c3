import type { Severity } from '../model/verdict.ts';
import { prose } from '../report/formats/markdown.ts';
import { clip, counted, escapeMarkup, visible } from '../report/text.ts';
import { minute } from '../report/time.ts';

/**
 * Why a message is sent:
 * - `incident`: something was found, or what was found has changed.
 * - `reminder`: nothing has changed since, and it is still open.
 * - `resolved`: it is over.
 * - `digest`: a list of what came together, daily, weekly or at once.
 * - `test`: somebody asked whether the channel works.
 */
export const ALERT_KINDS = ['incident', 'reminder', 'resolved', 'digest', 'test'] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

/** A line of a digest. */
export interface AlertEntry {
  readonly severity: Severity;
  readonly what: string;
  readonly host: string;
  readonly port: number | null;
}

/** A message for people. Texts may hold a peer's words; renderers make them harmless. */
export interface Alert {
  /** Names this message: the same at every try, so that a receiver can drop a double. */
  readonly id: string;
  /** Names the incident: the same from its opening to its end. */
  readonly incident: string;
  readonly kind: AlertKind;
  readonly severity: Severity;
  /** One sentence. */
  readonly what: string;
  /** RFC 3339, UTC: when the incident began, for `resolved` too. */
  readonly since: string;
  /** Why it matters; empty when `what` says it all. */
  readonly why: string;
  /** How to close it; empty when there is nothing to do. */
  readonly todo: string;
  /** Name or address; null when it is about more than one host. */
  readonly host: string | null;
  readonly port: number | null;
  readonly transport: 'tcp' | 'udp';
  /** Where to read on; http or https. */
  readonly link: string | null;
  /** Of a digest, and of what is told together; else empty. */
  readonly entries: readonly AlertEntry[];
}

/** Bounds what hostile or endless text does to a message; the limits of every channel lie above. */
const MAX_SUBJECT = 200;
const MAX_SENTENCE = 500;
const MAX_ENTRIES = 20;

const OPENINGS: Readonly<Record<AlertKind, string>> = {
  incident: '',
  reminder: 'Still open: ',
  resolved: 'Resolved: ',
  digest: 'Digest: ',
  test: 'Test: ',
};

function sentence(text: string): string {
  return visible(clip(text, MAX_SENTENCE));
}

/** `[high] Resolved: …`, one line without control characters. */
export function subjectOf(alert: Alert): string {
  return clip(`[${alert.severity}] ${OPENINGS[alert.kind]}${sentence(alert.what)}`, MAX_SUBJECT);
}

/** The subject and the place, for lists that show nothing else of a message. */
export function headlineOf(alert: Alert): string {
  const place = placeOf(alert);
  return clip(place === '' ? subjectOf(alert) : `${subjectOf(alert)}: ${place}`, MAX_SUBJECT);
}

/** `db1.example.org, port 6379/tcp`; empty when it is about more than one host. */
export function placeOf({ host, port, transport }: Alert): string {
  if (host === null) return '';
  return port === null ? sentence(host) : `${sentence(host)}, port ${port}/${transport}`;
}

/** The link when it is one that a reader may be sent to; else null. */
export function linkOf({ link }: Alert): string | null {
  if (link === null || !URL.canParse(link)) return null;
  const { protocol, href } = new URL(link);
  return protocol === 'https:' || protocol === 'http:' ? href : null;
}

/** A label and what stands beside it; the text is on one line, and otherwise as it came. */
export type Row = readonly [label: string, text: string];

/** What a message tells beside its subject, in order; rows with nothing to say are left out. */
export function rowsOf(alert: Alert): readonly Row[] {
  const rows: readonly Row[] = [
    ['Where', placeOf(alert)],
    [alert.kind === 'resolved' ? 'Was open since' : 'Since', sentence(minute(alert.since))],
    [alert.kind === 'resolved' ? 'Why' : 'Why it matters', sentence(alert.why)],
    [alert.kind === 'resolved' ? 'What was to do' : 'How to close it', sentence(alert.todo)],
  ];
  return rows.filter(([, text]) => text !== '');
}

/** The lines of a digest, the first of them when there are many. */
export function entriesOf({ entries }: Alert): readonly string[] {
  const lines = entries.slice(0, MAX_ENTRIES).map(({ severity, what, host, port }) => {
    const place = port === null ? sentence(host) : `${sentence(host)} port ${port}`;
    return `[${severity}] ${place}: ${sentence(what)}`;
  });
  const more = entries.length - lines.length;
  return more > 0 ? [...lines, `and ${counted(more, 'more', 'more')}`] : lines;
}

/** Plain text, lines ended by `\n`. Every line begins with our own words. */
export function renderText(alert: Alert): string {
  const link = linkOf(alert);
  const rows = rowsOf(alert).map(([label, text]) => `${label}: ${text}`);
  const entries = entriesOf(alert).map((line) => `- ${line}`);
  const lines = [subjectOf(alert), '', ...rows, ...entries, ...(link === null ? [] : ['', link])];
  return `${lines.join('\n')}\n`;
}

/** Markdown in which a peer's words are neither markup nor link nor mention. */
export function renderMarkdown(alert: Alert): string {
  const link = linkOf(alert);
  const rows = rowsOf(alert).map(([label, text]) => `**${label}:** ${prose(text)}`);
  const entries = entriesOf(alert).map((line) => `- ${prose(line)}`);
  return [...rows, ...entries, ...(link === null ? [] : [`<${link}>`])].join('\n');
}

/** Parts of HTML: a heading, a table of rows, a list. No style, script, image or remote part. */
export function renderHtml(alert: Alert): string {
  const link = linkOf(alert);
  const rows = rowsOf(alert).map(
    ([label, text]) =>
      `<tr><th align="left" valign="top">${escapeMarkup(label)}</th><td>${escapeMarkup(text)}</td></tr>`,
  );
  const entries = entriesOf(alert).map((line) => `<li>${escapeMarkup(line)}</li>`);
  return [
    `<h1>${escapeMarkup(subjectOf(alert))}</h1>`,
    `<table>${rows.join('')}</table>`,
    ...(entries.length === 0 ? [] : [`<ul>${entries.join('')}</ul>`]),
    ...(link === null ? [] : [`<p><a href="${escapeMarkup(link)}">${escapeMarkup(link)}</a></p>`]),
  ].join('\n');
}
