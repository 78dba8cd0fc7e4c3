import { isIP } from 'node:net';
import type { Severity } from '../model/verdict.ts';
import { visible } from '../report/text.ts';
import { epochSeconds } from '../report/time.ts';
import { type Alert, entriesOf, linkOf, subjectOf } from './message.ts';

/** 0 to 10; 9 and 10 are "very high". */
const LEVELS: Readonly<Record<Severity, number>> = {
  critical: 10,
  high: 8,
  medium: 5,
  low: 3,
  info: 1,
};

function headerField(text: string): string {
  return visible(text).replace(/[\\|]/g, '\\$&');
}

function extensionValue(text: string): string {
  return visible(text).replace(/[\\=]/g, '\\$&');
}

/** One line of ArcSight's Common Event Format, version 0 (Micro Focus, "CEF Implementation Standard"). */
export function cefOf(message: Alert): string {
  const { host, port, transport, severity, since, kind, incident, why, todo } = message;
  const head = ['CEF:0', 'Postern', 'Postern', '1', kind, headerField(subjectOf(message))];
  const target = host === null ? {} : { [isIP(host) === 0 ? 'dhost' : 'dst']: host };
  const extension: Readonly<Record<string, string | number | null>> = {
    start: epochSeconds(since) * 1000,
    externalId: incident,
    ...target,
    dpt: port,
    proto: port === null ? null : transport.toUpperCase(),
    msg: [why, ...entriesOf(message)].filter((text) => text !== '').join('; '),
    reason: todo,
    request: linkOf(message),
  };
  const pairs = Object.entries(extension)
    .filter(([, value]) => value !== null && value !== '')
    .map(([key, value]) => `${key}=${extensionValue(String(value))}`);
  return `${[...head, LEVELS[severity]].join('|')}|${pairs.join(' ')}`;
}
