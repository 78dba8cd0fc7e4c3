import { userInfo } from 'node:os';
import { canonicalAddress } from '../../model/address.ts';
import { problem } from '../../model/errors.ts';
import type { FindingRecord, FindingStatus } from '../../model/history.ts';
import type { Severity } from '../../model/verdict.ts';
import { visible } from '../../report/text.ts';
import { endAcceptancesOf } from '../../store/acceptances.ts';
import { LOCAL, type Store } from '../../store/open.ts';
import { note } from '../../store/queries/audit-log.ts';
import {
  type Act,
  acceptFinding,
  assignFinding,
  commentFinding,
  MOST_ACCEPTED_DAYS,
  unacceptFinding,
} from '../../store/queries/finding-actions.ts';
import {
  type FindingEvent,
  findingBeginning,
  findingById,
  findingEvents,
  findingPage,
} from '../../store/queries/findings.ts';
import { isoOf } from '../../store/rows.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { AcceptOptions, FindingsOptions } from '../findings-program.ts';
import type { GlobalOptions } from '../options.ts';
import { type Terminal, write } from '../terminal.ts';
import { withStore } from '../with-store.ts';

const AT_ONCE = 500;
const DAY = 24 * 60 * 60 * 1000;

/** Lists findings, worst first. */
export async function findingsCommand(
  options: FindingsOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const { status = 'open', severity, rule, host, assignee } = options;
  return withStore(options, async (store) => {
    const now = Date.now();
    await endAcceptancesOf(store, LOCAL, now);
    const question = {
      status: status as FindingStatus,
      now,
      limit: AT_ONCE,
      ...(severity === undefined ? {} : { severity: severity as Severity }),
      ...(rule === undefined ? {} : { rule }),
      ...(host === undefined ? {} : { address: canonicalAddress(host) ?? host.toLowerCase() }),
      ...(assignee === undefined ? {} : { assignee }),
    };
    let page = await store.read((db) => findingPage(db, LOCAL, question));
    if (page.findings.length === 0 && options.json !== true && options.quiet !== true) {
      await write(terminal.err, `no finding that was asked for is ${status} in ${store.where}\n`);
    }
    for (;;) {
      for (const finding of page.findings) {
        const line = options.json === true ? JSON.stringify(finding) : lineOf(finding);
        await write(terminal.out, `${line}\n`);
      }
      const { next } = page;
      if (next === null) break;
      page = await store.read((db) => findingPage(db, LOCAL, { ...question, after: next }));
    }
    return EXIT.fine;
  });
}

/** Shows one finding. Throws FINDING_NONE. */
export function findingShowCommand(
  id: string,
  options: GlobalOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  return withStore(options, async (store) => {
    await tell(store, await wholeId(store, id), options, terminal);
    return EXIT.fine;
  });
}

/** Takes a finding for right. Throws FINDING_NONE, FINDING_UNTIL. */
export function findingAcceptCommand(
  id: string,
  { reason, until, ...options }: AcceptOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const end = readUntil(until, Date.now());
  return does(id, options, terminal, {
    action: 'finding.accept',
    detail: { reason, until: isoOf(end) },
    act: (tx, act) => acceptFinding(tx, act, { reason, until: end }),
  });
}

/** Throws FINDING_NONE. */
export function findingUnacceptCommand(
  id: string,
  options: GlobalOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  return does(id, options, terminal, { action: 'finding.unaccept', act: unacceptFinding });
}

/** Throws FINDING_NONE. */
export function findingAssignCommand(
  id: string,
  person: string | undefined,
  options: GlobalOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const assignee = person ?? null;
  return does(id, options, terminal, {
    action: 'finding.assign',
    detail: { assignee },
    act: (tx, act) => assignFinding(tx, act, assignee),
  });
}

/** Throws FINDING_NONE. */
export function findingCommentCommand(
  id: string,
  text: string,
  options: GlobalOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  return does(id, options, terminal, {
    action: 'finding.comment',
    act: (tx, act) => commentFinding(tx, act, text),
  });
}

interface Deed {
  readonly action: string;
  readonly detail?: object;
  readonly act: (tx: Parameters<typeof acceptFinding>[0], act: Act) => Promise<boolean>;
}

/** Does something and notes it in the audit log as the API does. */
function does(
  given: string,
  options: GlobalOptions,
  terminal: Terminal,
  { action, detail, act }: Deed,
): Promise<ExitCode> {
  return withStore(options, async (store) => {
    const finding = await wholeId(store, given);
    const actor = `cli:${userInfo().username}`;
    const at = Date.now();
    await store.write(async (tx) => {
      await act(tx, { facts: store.facts, tenant: LOCAL, finding, actor, at });
      await note(tx, LOCAL, { at, actor, action, subject: finding, detail, source: null });
    });
    await tell(store, finding, options, terminal);
    return EXIT.fine;
  });
}

async function wholeId(store: Store, beginning: string): Promise<string> {
  const id = await store.read((db) => findingBeginning(db, LOCAL, beginning.toLowerCase()));
  if (id === null) throw problem('FINDING_NONE', { value: visible(beginning) });
  return id;
}

async function tell(store: Store, id: string, options: GlobalOptions, terminal: Terminal) {
  const finding = await store.read((db) => findingById(db, LOCAL, { id, now: Date.now() }));
  if (finding === null) throw problem('FINDING_NONE', { value: id });
  const events = await store.read((db) => findingEvents(db, LOCAL, id));
  const text =
    options.json === true
      ? JSON.stringify({
          ...finding,
          events: events.map((event) => ({ ...event, at: isoOf(event.at) })),
        })
      : [...wordsOf(finding), ...events.map(eventLine)].join('\n');
  await write(terminal.out, `${text}\n`);
}

/** A date, or a time: until its end, or until then. Throws FINDING_UNTIL. */
function readUntil(value: string, now: number): number {
  const isDate = /^\d{4}-\d\d-\d\d$/.test(value);
  const isTime = /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/.test(value);
  const until = isDate ? Date.parse(value) + DAY : isTime ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(until) || until <= now || until > now + MOST_ACCEPTED_DAYS * DAY) {
    throw problem('FINDING_UNTIL', { value: visible(value), days: MOST_ACCEPTED_DAYS });
  }
  return until;
}

function lineOf(finding: FindingRecord): string {
  const { id, severity, rule, why, assignee } = finding;
  const who = assignee === undefined ? '' : ` [${visible(assignee)}]`;
  return `${id.slice(0, 8)}  ${severity.padEnd(8)}  ${placeOf(finding)}  ${rule}${who}: ${visible(why)}`;
}

function placeOf({ address, names, port, transport }: FindingRecord): string {
  const name = names[0] === undefined ? '' : ` (${visible(names[0])})`;
  return `${address}${name} ${port}/${transport}`;
}

function* wordsOf(finding: FindingRecord): Generator<string> {
  const { id, severity, rule, why, todo, status, openedAt, accepted, assignee } = finding;
  yield `${placeOf(finding)}: ${visible(why)}`;
  yield `  ${visible(todo)}`;
  yield `  ${severity}, ${rule}, ${status}, opened ${openedAt}, id ${id}`;
  if (accepted !== undefined) {
    yield `  accepted by ${visible(accepted.by)} until ${accepted.until}: ${visible(accepted.reason)}`;
  }
  if (assignee !== undefined) yield `  ${visible(assignee)} sees to it`;
}

function eventLine({ at, kind, actor, detail }: FindingEvent): string {
  const who = actor === null ? '' : ` by ${visible(actor)}`;
  return `  ${isoOf(at)} ${kind}${who}${detail === '' ? '' : `: ${visible(detail)}`}`;
}
