import { type Kysely, sql } from 'kysely';
import { SEVERITIES, type Severity } from '../../model/verdict.ts';
import type { DialectFacts } from '../dialects/facts.ts';
import { rowsOf, type Step } from '../keyset.ts';
import { isoOf } from '../rows.ts';
import type { HostRow, Tables } from '../schema.ts';
import { isLabelled } from './labelled-hosts.ts';

export interface Asset {
  readonly address: string;
  readonly vantage: string;
  readonly names: readonly string[];
  readonly open: number;
  /** Of the worst open finding; absent: none. */
  readonly severity?: Severity;
  readonly firstSeen: string;
  readonly lastSeen: string;
}

/** The place of the last asset of a page; the next page begins behind it. */
export type AssetCursor = Pick<HostRow, 'severity' | 'open' | 'position' | 'vantage'>;

export interface AssetPage {
  readonly assets: readonly Asset[];
  /** Null: there are no more. */
  readonly next: AssetCursor | null;
}

/** Which hosts are meant; absent: all. */
export interface AssetFilter {
  /** Their worst open finding is this bad, or worse. */
  readonly severity?: Severity;
  /** Begins their address or is part of a name; lower case. */
  readonly text?: string;
  /** Is open now, on either transport. */
  readonly port?: number;
  /** An asset with this label stands for them. */
  readonly label?: string;
}

/** Up to so many hosts that fit are looked up and sorted; more of them are soon met in order. */
const FEW = 10_000;

/** Without what a list does not show: phantoms may be long. */
const COLUMNS = [
  'address',
  'vantage',
  'position',
  'names',
  'open',
  'severity',
  'first_seen',
  'last_seen',
] as const;

const WORST: readonly Step[] = [
  { columns: ['severity', 'open'], order: 'desc' },
  { columns: ['position', 'vantage'], order: 'asc' },
];

/** Hosts, worst first, then those with most open ports, then by address. */
export async function assetPage(
  db: Kysely<Tables>,
  tenant: string,
  facts: DialectFacts,
  {
    limit,
    after,
    filter = {},
  }: {
    readonly limit: number;
    readonly after?: AssetCursor;
    readonly filter?: AssetFilter;
  },
): Promise<AssetPage> {
  const { severity, text, port, label } = filter;
  let query = db.selectFrom('hosts').select(COLUMNS).where('tenant', '=', tenant);
  if (severity !== undefined) query = query.where('severity', '>=', SEVERITIES.indexOf(severity));
  if (text !== undefined) query = query.where(textMatches(text));
  if (port !== undefined) query = query.where(hasOpen(port));
  const few = await fewOf(db, tenant, filter);
  if (few !== null) query = query.where(facts.isAmong('address', few));
  if (label !== undefined) query = query.where(await isLabelled(db, tenant, facts, label));
  const rows = await rowsOf(query, WORST, { limit: limit + 1, after });
  const shown = rows.slice(0, limit);
  return { assets: shown.map(assetOf), next: rows.length > limit ? (shown.at(-1) ?? null) : null };
}

/** Addresses of hosts that a text or a port leaves, when these are few; else null. */
async function fewOf(
  db: Kysely<Tables>,
  tenant: string,
  { text, port }: AssetFilter,
): Promise<readonly string[] | null> {
  if (port !== undefined) {
    const found = await db
      .selectFrom('intervals')
      .select('address')
      .where('tenant', '=', tenant)
      .where('port', '=', port)
      .where(isOpenNow)
      .limit(FEW + 1)
      .execute();
    if (found.length <= FEW) return found.map(({ address }) => address);
  }
  if (text === undefined) return null;
  const hosts = db.selectFrom('hosts').select('address').where('tenant', '=', tenant);
  const named = await hosts
    .where(isNamed(text))
    .limit(FEW + 1)
    .execute();
  const placed = await hosts
    .where(startsWith(text))
    .limit(FEW + 1)
    .execute();
  if (named.length + placed.length > FEW) return null;
  return [...named, ...placed].map(({ address }) => address);
}

const isOpenNow = sql<boolean>`ended_at is null and state = 'open' and phantom is null`;

function hasOpen(port: number) {
  return sql<boolean>`exists (select 1 from intervals i where i.tenant = hosts.tenant
    and i.address = hosts.address and i.vantage = hosts.vantage and i.port = ${port}
    and i.ended_at is null and i.state = 'open' and i.phantom is null)`;
}

function textMatches(text: string) {
  return sql<boolean>`(${startsWith(text)} or (${isNamed(text)}))`;
}

function startsWith(text: string) {
  // no character of an address sorts behind ~
  return sql<boolean>`(address >= ${text} and address < ${`${text}~`})`;
}

function isNamed(text: string) {
  const pattern = `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
  return sql<boolean>`names <> '[]' and names like ${pattern} escape '\\'`;
}

export function assetOf(row: Pick<HostRow, (typeof COLUMNS)[number]>): Asset {
  const severity = SEVERITIES[row.severity];
  return {
    address: row.address,
    vantage: row.vantage,
    names: JSON.parse(row.names) as string[],
    open: row.open,
    ...(severity === undefined ? {} : { severity }),
    firstSeen: isoOf(row.first_seen),
    lastSeen: isoOf(row.last_seen),
  };
}
