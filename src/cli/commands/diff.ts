import { access } from 'node:fs/promises';
import { problem } from '../../model/errors.ts';
import type { Change, ChangeSide, StoredScan } from '../../model/history.ts';
import type { ScanReport } from '../../model/scan.ts';
import { compareReports } from '../../store/compare.ts';
import { LOCAL, type Store } from '../../store/open.ts';
import { changesBetween } from '../../store/queries/changes.ts';
import {
  comparableBefore,
  latestScans,
  scanById,
  storedReport,
} from '../../store/queries/scans.ts';
import { isoOf } from '../../store/rows.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { GlobalOptions } from '../options.ts';
import { readReportFile } from '../report-file.ts';
import { type Terminal, write } from '../terminal.ts';
import { withStore } from '../with-store.ts';

/** Tells what changed between two looks, two dates or two report files. */
export async function diffCommand(
  sides: readonly string[],
  options: GlobalOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const [a = 'previous', b = 'last'] = sides;
  const found = await compare(a, b, options);
  if (options.json === true) {
    await write(terminal.out, `${JSON.stringify({ schema: 'postern.diff/1', ...found })}\n`);
    return EXIT.fine;
  }
  for (const change of found.changes) await write(terminal.out, `${lineOf(change)}\n`);
  const count = found.changes.length;
  const changes = count === 0 ? 'no change' : count === 1 ? '1 change' : `${count} changes`;
  if (options.quiet !== true) {
    terminal.err.write(`${changes} from ${found.before} to ${found.after}\n`);
  }
  return EXIT.fine;
}

interface Compared {
  readonly before: string;
  readonly after: string;
  readonly changes: readonly Change[];
}

async function compare(a: string, b: string, options: GlobalOptions): Promise<Compared> {
  const [fileA, fileB] = await Promise.all([isFile(a), isFile(b)]);
  if (fileA && fileB) return told(await readReportFile(a), await readReportFile(b));
  return withStore(options, async (store) => {
    const dates = [dateOf(a), dateOf(b)] as const;
    if (dates[0] !== null) {
      const until = dates[1] ?? endOf(b, dates[1]);
      if (until < dates[0]) {
        throw problem('DIFF_SIDE', {
          value: a,
          problem: 'it is later than what it is compared with',
        });
      }
      return between(store, dates[0], until);
    }
    const first = fileA || a === 'previous' ? null : await lookNamed(store, a, null);
    const last = fileB ? null : await lookNamed(store, b, null);
    const after = last === null ? await readReportFile(b) : await reportOf(store, last, b);
    const before = fileA
      ? await readReportFile(a)
      : await reportOf(store, first ?? (await lookNamed(store, a, last)), a);
    return told(before, after);
  });
}

/** With a date on the left, the right is a date or now. */
function endOf(b: string, date: number | null): number {
  if (date === null && b !== 'last') {
    throw problem('DIFF_SIDE', { value: b, problem: 'a date is compared with a date' });
  }
  return Date.now();
}

function told(before: ScanReport, after: ScanReport): Compared {
  return {
    before: before.scan.endedAt,
    after: after.scan.endedAt,
    changes: compareReports(before, after),
  };
}

async function between(store: Store, after: number, until: number): Promise<Compared> {
  const changes = await store.read((db) => changesBetween(db, LOCAL, { after, until }));
  return { before: isoOf(after), after: isoOf(until), changes };
}

/** `previous` is the look before `last` that asked the same. Throws DIFF_SIDE. */
async function lookNamed(store: Store, name: string, last: StoredScan | null): Promise<StoredScan> {
  const found = await store.read(async (db) => {
    if (name !== 'last' && name !== 'previous') return scanById(db, LOCAL, name);
    const newest = last ?? (await latestScans(db, LOCAL, 1))[0];
    if (newest === undefined || name === 'last') return newest ?? null;
    return comparableBefore(db, LOCAL, newest);
  });
  if (found !== null) return found;
  const reason =
    name === 'last'
      ? `no scan is stored in ${store.where}`
      : name === 'previous'
        ? 'no earlier scan asked the same targets'
        : 'there is no such scan, date or file';
  throw problem('DIFF_SIDE', { value: name, problem: reason });
}

async function reportOf(store: Store, scan: StoredScan, name: string): Promise<ScanReport> {
  const report = await store.read((db) => storedReport(db, LOCAL, scan.id));
  if (report !== null) return report;
  const taken = scan.reportTakenAt;
  const reason =
    taken === undefined
      ? 'its report is not there'
      : `its report was taken by retention on ${taken}`;
  throw problem('DIFF_SIDE', { value: name, problem: reason });
}

/** 2026-01-31, or with a time: 2026-01-31T12:00Z. Null: it is no date. */
function dateOf(text: string): number | null {
  if (!/^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d)?)?$/.test(text)) return null;
  const time = Date.parse(text);
  return Number.isNaN(time) ? null : time;
}

function isFile(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

const SIGNS = { opened: '+', reopened: '+', closed: '-', service: '~', verdict: '~' } as const;

function lineOf({ kind, address, names, transport, port, before, after }: Change): string {
  const host = `${address}${names.length === 0 ? '' : ` (${names.join(', ')})`}`;
  const what =
    kind === 'service' || kind === 'verdict'
      ? `${sideText(before, kind)} -> ${sideText(after, kind)}`
      : kind === 'closed'
        ? `was ${sideText(before, 'service')}; is ${after?.state ?? 'closed'}`
        : `${kind === 'reopened' ? 'again ' : ''}${sideText(after, 'service')}`;
  return `${SIGNS[kind]} ${host} ${port}/${transport} ${what}`;
}

function sideText(side: ChangeSide | undefined, about: 'service' | 'verdict'): string {
  if (side === undefined) return 'unknown';
  const { identity, level, severity, state } = side;
  if (about === 'verdict') return level === undefined ? 'not judged' : `${level}, ${severity}`;
  const { protocol, product, version, certificate } = identity;
  const words = [protocol, product, version].filter(Boolean);
  if (certificate !== undefined) words.push(`certificate ${certificate.slice(0, 16)}…`);
  return words.length === 0 ? state : words.join(' ');
}
