import { alertRuleSpec } from '../contract/service/alert-rule.ts';
import type { AlertRuleRow, IncidentRow } from '../store/service-schema.ts';
import type { Bundle, Incident } from './life.ts';
import { type Rule, ruleOf } from './match.ts';

type Kept = Pick<Incident, 'flips' | 'flapping' | 'seq' | 'facts'> & {
  readonly members: Bundle | null;
};

export function incidentOf(row: IncidentRow): Incident {
  const kept = JSON.parse(row.detail) as Kept;
  const { id, rule, subject, status, severity, told, bundle } = row;
  return {
    ...{ id, rule, subject, status, severity, told, bundle, openedAt: row.opened_at },
    ...{ changedAt: row.changed_at, toldAt: row.told_at, wakeAt: row.remind_at },
    ...kept,
  };
}

export function incidentRow(tenant: string, incident: Incident): IncidentRow {
  const { id, rule, subject, status, severity, told, bundle, ...rest } = incident;
  const { flips, flapping, seq, facts, members } = rest;
  return {
    ...{ tenant, id, rule, subject, status, severity, told, bundle },
    ...{ opened_at: rest.openedAt, changed_at: rest.changedAt, told_at: rest.toldAt },
    ...{ remind_at: rest.wakeAt, flaps: flips.length },
    detail: JSON.stringify({ flips, flapping, seq, facts, members } satisfies Kept),
  };
}

/** Rules that are switched on, in their order. */
export function rulesOf(rows: readonly AlertRuleRow[]): readonly Rule[] {
  return rows
    .filter(({ enabled }) => enabled === 1)
    .map(({ id, spec, digest_from }) =>
      ruleOf(id, alertRuleSpec.parse(JSON.parse(spec)), digest_from),
    );
}
