import { Cron } from 'croner';
import { type AlertRuleSpec, WEEKDAYS } from '../contract/service/alert-rule.ts';
import { SEVERITIES } from '../model/verdict.ts';
import type { Alert } from '../notify/message.ts';
import { counted } from '../report/text.ts';
import type { ChangedCount } from '../store/queries/incidents.ts';
import type { Incident } from './life.ts';
import { lineOf, tally, wordListing } from './wording.ts';

/**
 * When the next digest goes after a time, both in milliseconds; null: the rule tells at once. A local
 * time that a change of the clocks leaves out is told when the clocks have changed.
 */
export function nextDigest({ delivery }: AlertRuleSpec, after: number): number | null {
  if (delivery.when === 'immediate') return null;
  const [hour, minute] = delivery.time.split(':').map(Number);
  const day = delivery.when === 'weekly' ? WEEKDAYS.indexOf(delivery.day) : '*';
  const cron = new Cron(`${minute} ${hour} * * ${day}`, { timezone: delivery.timeZone });
  return cron.nextRun(new Date(after))?.getTime() ?? null;
}

export interface DigestOf {
  readonly id: string;
  readonly name: string;
  /** `last list`: from now on the rule tells at once. */
  readonly when: 'daily' | 'weekly' | 'last list';
  readonly counts: readonly ChangedCount[];
  /** The first of them are listed. */
  readonly worst: readonly Incident[];
  /** Milliseconds: what changed after this. */
  readonly since: number;
  readonly publicUrl: string;
}

/** What has changed, worst first; null: nothing. */
export function digestOf(about: DigestOf): Alert | null {
  const { id, name, when, counts, worst, since, publicUrl } = about;
  const open = SEVERITIES.map((_, rank) => sum(counts, 'open', rank));
  const over = counts.filter(({ status }) => status === 'resolved');
  const total = open.reduce((all, count) => all + count, 0);
  const ended = over.reduce((all, { count }) => all + count, 0);
  if (total + ended === 0) return null;
  const alert = wordListing({
    id,
    what: `${name}, ${when}: ${counted(total, 'open', 'open')}, ${counted(ended, 'over', 'over')}`,
    why: total === 0 ? '' : `Open: ${tally(open)}.`,
    entries: worst.map((incident) => lineOf(incident, prefixOf(incident))),
    since,
    link: `${publicUrl}/findings`,
  });
  // what is over is no reason to hurry
  const worstOpen = open.findLastIndex((count) => count > 0);
  return { ...alert, severity: SEVERITIES[worstOpen] ?? 'info' };
}

function sum(counts: readonly ChangedCount[], status: string, severity: number): number {
  const row = counts.find((one) => one.status === status && one.severity === severity);
  return row?.count ?? 0;
}

function prefixOf({ status, told, flapping }: Incident): string {
  if (flapping) return 'comes and goes: ';
  return status === 'resolved' && told !== 'once' ? 'over: ' : '';
}
