import type { Transaction } from 'kysely';
import { type AlertRuleInput, alertRuleSpec } from '../contract/service/alert-rule.ts';
import { addAlertRule, alertRules } from '../store/queries/alert-rules.ts';
import type { Tables } from '../store/schema.ts';
import type { AlertRuleRow } from '../store/service-schema.ts';
import { nextDigest } from './digest.ts';

const NOTED = 'alerts.defaults';

export interface NewRule {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly position: number;
  readonly spec: AlertRuleInput;
}

/** A rule as the store keeps it; `now` in milliseconds. */
export function ruleRow(
  { id, name, enabled, position, spec: given }: NewRule,
  now: number,
): Omit<AlertRuleRow, 'tenant'> {
  const spec = alertRuleSpec.parse(given);
  return {
    ...{ id, name, position, spec: JSON.stringify(spec), enabled: enabled ? 1 : 0 },
    ...{ digest_at: nextDigest(spec, now), digest_from: now, created_at: now },
  };
}

/**
 * Gives a tenant that has its first channel, and never had a rule, rules that make sense: high and
 * critical at once, everything else once a week. Once: who takes them away does not get them again.
 */
export async function addDefaultRules(
  tx: Transaction<Tables>,
  tenant: string,
  { now, newId }: { readonly now: number; readonly newId: () => string },
): Promise<void> {
  const noted = await tx
    .insertInto('meta')
    .values({ tenant, name: NOTED, value: '' })
    .onConflict((conflict) => conflict.columns(['tenant', 'name']).doNothing())
    .executeTakeFirst();
  if ((noted.numInsertedOrUpdatedRows ?? 0n) === 0n) return;
  if ((await alertRules(tx, tenant)).length > 0) return;
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  const weekly = { when: 'weekly', day: 'monday', time: '08:00', timeZone } as const;
  const specs: readonly (readonly [string, AlertRuleInput])[] = [
    ['High and critical', { match: { severity: 'high' } }],
    ['Everything else', { delivery: weekly }],
  ];
  for (const [position, [name, spec]] of specs.entries()) {
    const rule = { id: newId(), name, enabled: true, position, spec };
    await addAlertRule(tx, tenant, ruleRow(rule, now));
  }
}
