import type { Kysely } from 'kysely';
import type { ScanJob } from '../contract/service/jobs.ts';
import type { PosternError } from '../model/errors.ts';
import { groupById, membersOf, selectorOf } from '../store/queries/asset-groups.ts';
import { assetList } from '../store/queries/asset-list.ts';
import { lookedBefore } from '../store/queries/target-looks.ts';
import type { Tables } from '../store/schema.ts';
import { type Due, dueTargets } from './due.ts';
import {
  notGranted,
  readAll,
  readTarget,
  type TenantTarget,
  withinAddressQuota,
  withoutGrant,
} from './targets.ts';

/** Assets of one scan at most: what a report, and the memory of a worker, hold. */
const MAX_MEMBERS = 200_000;
const PAGE = 2000;

export interface ScanPlan {
  readonly targets: readonly string[];
  /** What is left out, and why; null: nothing. */
  readonly without: PosternError | null;
  /** By priority only: when the next target that is not among these is due. */
  readonly next: number | null;
}

/**
 * What a scan job is to scan now: its targets, the members of its groups, or those of them that are
 * due. A target that is named must be granted (throws TARGET_NOT_GRANTED); an asset that is not, any
 * more, is left out. Throws QUOTA for more addresses than the tenant may have in one scan.
 */
export async function planScan(
  db: Kysely<Tables>,
  tenant: string,
  job: ScanJob,
  now: number,
): Promise<ScanPlan> {
  const named = readAll(job.targets, 'target');
  const missing = await withoutGrant(db, tenant, named);
  if (missing.length > 0) throw notGranted(missing.map(({ text }) => text));
  const members = await assetsOf(db, tenant, job);
  const lapsed = new Set(await withoutGrant(db, tenant, members));
  const all = new Map(
    [...named, ...members.filter((one) => !lapsed.has(one))].map((one) => [one.text, one]),
  );
  const texts = [...lapsed].map(({ text }) => text);
  const without = texts.length === 0 ? null : notGranted(texts);
  if (all.size === 0 && without !== null) throw without;
  const { targets, next } = await chosen(db, tenant, [...all.values()], job, now);
  await withinAddressQuota(db, tenant, targets);
  return { targets, next, without };
}

async function assetsOf(
  db: Kysely<Tables>,
  tenant: string,
  { targets, groups, due }: ScanJob,
): Promise<readonly TenantTarget[]> {
  const members: TenantTarget[] = [];
  for (const id of groups) {
    const group = await groupById(db, tenant, id);
    if (group === null) continue;
    const asked = { limit: MAX_MEMBERS };
    const assets = await membersOf(db, tenant, selectorOf(group), asked);
    members.push(...assets.map(({ target }) => readTarget(target, 'asset')));
  }
  // by priority without a choice: everything there is
  if (due === undefined || targets.length + groups.length > 0) return members;
  for (let after: string | undefined; members.length < MAX_MEMBERS; ) {
    const some = await assetList(db, tenant, { limit: PAGE, after });
    members.push(...some.map(({ target }) => readTarget(target, 'asset')));
    after = some.at(-1)?.target;
    if (some.length < PAGE) break;
  }
  return members;
}

async function chosen(
  db: Kysely<Tables>,
  tenant: string,
  targets: readonly TenantTarget[],
  { due }: ScanJob,
  now: number,
): Promise<Due> {
  if (due === undefined) return { targets: targets.map(({ text }) => text), next: null };
  return dueTargets(targets, await lookedBefore(db, tenant), { ...due, now });
}
