import type { Kysely, Transaction } from 'kysely';
import { z } from 'zod';
import {
  DEFAULT_RETENTION,
  defaultQuotas,
  exclusionsShape,
  type QuotaName,
  type Quotas,
  quotasShape,
  type Retention,
  retentionShape,
} from '../../contract/service/settings.ts';
import { problem } from '../../model/errors.ts';
import { LOCAL } from '../open.ts';
import type { Tables } from '../schema.ts';
import { keepMeta, metaOf } from './meta.ts';

/** What a tenant may have: the defaults, and what an administrator of the installation set. */
export async function quotasOf(db: Kysely<Tables>, tenant: string): Promise<Quotas> {
  const set = await settingOf(db, tenant, 'quotas', quotasShape.partial());
  return merged(defaultQuotas(tenant === LOCAL), set);
}

/** One quota of every tenant, with one question. */
export async function limitsOf(
  db: Kysely<Tables>,
  what: QuotaName,
): Promise<(tenant: string) => number | null> {
  const rows = await db
    .selectFrom('meta')
    .select(['tenant', 'value'])
    .where('name', '=', 'quotas')
    .execute();
  const limits = new Map(
    rows.map(({ tenant, value }) => {
      const set = readSetting(value, quotasShape.partial(), { tenant, name: 'quotas' });
      return [tenant, merged(defaultQuotas(tenant === LOCAL), set)[what]];
    }),
  );
  return (tenant) => {
    const limit = limits.get(tenant);
    return limit === undefined ? defaultQuotas(tenant === LOCAL)[what] : limit;
  };
}

export type SomeQuotas = z.output<ReturnType<typeof quotasShape.partial>>;

/** Sets some, and leaves the others as they are. */
export async function setQuotas(
  tx: Transaction<Tables>,
  tenant: string,
  some: SomeQuotas,
): Promise<Quotas> {
  const set = await settingOf(tx, tenant, 'quotas', quotasShape.partial());
  await writeSetting(tx, tenant, 'quotas', { ...set, ...some });
  return quotasOf(tx, tenant);
}

export async function retentionOf(db: Kysely<Tables>, tenant: string): Promise<Retention> {
  const set = await settingOf(db, tenant, 'retention', retentionShape.partial());
  return merged(DEFAULT_RETENTION, set);
}

export type SomeRetention = z.output<ReturnType<typeof retentionShape.partial>>;

/** Sets some, and leaves the others as they are. */
export async function setRetention(
  tx: Transaction<Tables>,
  tenant: string,
  some: SomeRetention,
): Promise<Retention> {
  const set = await settingOf(tx, tenant, 'retention', retentionShape.partial());
  await writeSetting(tx, tenant, 'retention', { ...set, ...some });
  return retentionOf(tx, tenant);
}

/** Text of a tenant's policy file, valid when it was set; null: it has none. */
export async function policyOf(db: Kysely<Tables>, tenant: string): Promise<string | null> {
  return (await settingOf(db, tenant, 'policy', z.string())) ?? null;
}

/** `null` takes it away. */
export async function setPolicy(
  tx: Transaction<Tables>,
  tenant: string,
  text: string | null,
): Promise<void> {
  await writeSetting(tx, tenant, 'policy', text);
}

/** What must not be scanned for a tenant, in the notation of targets. */
export interface StoredExclusions {
  /** The tenant's own. */
  readonly tenant: readonly string[];
  /** Of the whole installation: a tenant cannot lift them. */
  readonly installation: readonly string[];
}

/** Both kinds are left out of every scan of the tenant, whoever asked for it. */
export async function exclusionsOf(db: Kysely<Tables>, tenant: string): Promise<StoredExclusions> {
  const own = await settingOf(db, tenant, 'exclusions', exclusionsShape);
  const all = await settingOf(db, LOCAL, 'exclusions.installation', exclusionsShape);
  return { tenant: own ?? [], installation: all ?? [] };
}

export async function setExclusions(
  tx: Transaction<Tables>,
  tenant: string,
  texts: readonly string[],
): Promise<void> {
  await writeSetting(tx, tenant, 'exclusions', texts);
}

/** For every tenant. */
export async function setInstallationExclusions(
  tx: Transaction<Tables>,
  _tenant: string,
  texts: readonly string[],
): Promise<void> {
  await writeSetting(tx, LOCAL, 'exclusions.installation', texts);
}

type Some<T> = { readonly [Key in keyof T]?: T[Key] | undefined };

function merged<T extends object>(defaults: T, set: Some<T> | undefined): T {
  const given = Object.entries(set ?? {}).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(given) };
}

async function settingOf<Shape extends z.ZodType>(
  db: Kysely<Tables>,
  tenant: string,
  name: string,
  shape: Shape,
): Promise<z.output<Shape> | undefined> {
  const text = await metaOf(db, tenant, name);
  return text === null ? undefined : readSetting(text, shape, { tenant, name });
}

function readSetting<Shape extends z.ZodType>(
  text: string,
  shape: Shape,
  { tenant, name }: { readonly tenant: string; readonly name: string },
): z.output<Shape> {
  const read = shape.safeParse(parsed(text));
  if (read.success) return read.data;
  const value = `setting ${name} of tenant ${tenant}`;
  throw problem('STORE_DAMAGED', { value, problem: 'it cannot be read' });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function writeSetting(
  tx: Transaction<Tables>,
  tenant: string,
  name: string,
  value: unknown,
): Promise<void> {
  return keepMeta(tx, tenant, name, value === null ? null : JSON.stringify(value));
}
