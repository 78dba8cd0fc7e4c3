import { createHash } from 'node:crypto';
import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { ChannelSetup, NotifySettings } from '../contract/notify.ts';
import { problem } from '../model/errors.ts';
import type { Resolver } from '../net/dns.ts';
import type { World } from '../notify/channel.ts';
import { CHANNEL_TYPES, deliver } from '../notify/deliver.ts';
import { isDestination, isSecret, isServerFile, REFERENCE } from '../notify/fields.ts';
import type { Alert } from '../notify/message.ts';
import { createWorld } from '../notify/world.ts';
import { LOCAL } from '../store/open.ts';
import { channelRow, channelRows } from '../store/queries/channels.ts';
import type { Tables } from '../store/schema.ts';
import type { Sealer } from '../store/seal.ts';
import type { ChannelRow } from '../store/service-schema.ts';

/** A channel that messages can be sent over. */
export interface OpenChannel extends ChannelSetup {
  /** UUID. */
  readonly id: string;
  /** Set up in the operator's file: it is changed there. */
  readonly fixed: boolean;
}

/** What channels are read with. */
export interface Keys {
  readonly sealer: Sealer;
  /** The operator's file; its channels serve the tenant of the installation. */
  readonly notify: NotifySettings | undefined;
}

/** What stands in an answer in place of a secret. */
export const MASK = '********';

/** The channels of a tenant: the operator's, then those of the store by name. */
export async function openChannels(
  db: Kysely<Tables>,
  tenant: string,
  keys: Keys,
): Promise<readonly OpenChannel[]> {
  const rows = await channelRows(db, tenant);
  return [...operatorChannels(tenant, keys), ...rows.map((row) => opened(row, keys.sealer))];
}

/** Null: there is no such channel. */
export async function openChannel(
  db: Kysely<Tables>,
  tenant: string,
  id: string,
  keys: Keys,
): Promise<OpenChannel | null> {
  const fixed = operatorChannels(tenant, keys).find((channel) => channel.id === id);
  if (fixed !== undefined) return fixed;
  const row = await channelRow(db, tenant, id);
  return row === undefined ? null : opened(row, keys.sealer);
}

/** Ids of the channels of a tenant. */
export async function channelIds(
  db: Kysely<Tables>,
  tenant: string,
  keys: Keys,
): Promise<readonly string[]> {
  const rows = await channelRows(db, tenant);
  return [...operatorChannels(tenant, keys), ...rows].map(({ id }) => id);
}

function operatorChannels(tenant: string, { notify }: Keys): readonly OpenChannel[] {
  if (tenant !== LOCAL || notify === undefined) return [];
  return notify.channels.map((setup) => ({ ...setup, id: idOf(setup.name), fixed: true }));
}

function opened({ id, name, type, settings }: ChannelRow, sealer: Sealer): OpenChannel {
  const read = JSON.parse(sealer.open(settings)) as Readonly<Record<string, unknown>>;
  return { id, name, type, settings: read, fixed: false };
}

/** A UUID of version 8 (RFC 9562 §5.8) that is the same for a name at every start. */
function idOf(name: string): string {
  const hex = createHash('sha256').update(`notify.yaml ${name}`).digest('hex');
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`];
  return [...parts, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-');
}

/** Settings as they may be shown. */
export function masked({ type, settings }: ChannelSetup): Readonly<Record<string, unknown>> {
  const shape = CHANNEL_TYPES.get(type)?.shape ?? {};
  return Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [key, isSecret(shape[key]) ? MASK : value]),
  );
}

/**
 * Settings as they came from somebody who saw those of `before` masked. Throws NOTIFY_DESTINATION when
 * the channel would send secrets elsewhere that were not given anew.
 */
export function unmasked(
  before: ChannelSetup,
  settings: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const shape = CHANNEL_TYPES.get(before.type)?.shape ?? {};
  const kept = Object.keys(settings).filter(
    (key) => settings[key] === MASK && isSecret(shape[key]),
  );
  const stay = Object.fromEntries(kept.map((key) => [key, before.settings[key]]));
  const after = { ...settings, ...stay };
  const changed = changedDestination(before, after);
  if (kept.length === 0 || changed.length === 0) return after;
  const fields = { changed: changed.join(', '), kept: kept.join(', ') };
  throw problem('NOTIFY_DESTINATION', { channel: before.name, ...fields });
}

/** Fields that say where a channel sends to and have another value, stated or by default. */
function changedDestination(
  { type, settings }: ChannelSetup,
  after: Readonly<Record<string, unknown>>,
): readonly string[] {
  const schema = CHANNEL_TYPES.get(type);
  if (schema === undefined) return [];
  return Object.entries(schema.shape).flatMap(([key, field]) => {
    if (!isDestination(field)) return [];
    const [old, now] = [settings[key], after[key]].map((value) =>
      placeOf(z.safeParse(field, value)),
    );
    return old === now ? [] : [key];
  });
}

/** Of a URL its scheme, host and port. */
function placeOf({ data }: z.ZodSafeParseResult<unknown>): unknown {
  if (typeof data !== 'string' || !/^https?:/i.test(data)) return data;
  return URL.canParse(data) ? new URL(data).origin : data;
}

/**
 * Reads settings for a tenant. Throws API_INVALID, and NOTIFY_TENANT when they name a file or a
 * variable of the server and the tenant is not the installation's. No error quotes a value.
 */
export function checkSettings(tenant: string, setup: ChannelSetup): void {
  const schema = CHANNEL_TYPES.get(setup.type);
  if (schema === undefined) {
    const known = [...CHANNEL_TYPES.keys()].join(', ');
    throw problem('API_INVALID', { where: 'type', problem: `it is one of ${known}` });
  }
  const parsed = schema.safeParse(setup.settings);
  const [issue] = parsed.error?.issues ?? [];
  if (issue !== undefined) {
    const where = ['settings', ...issue.path].join('.');
    throw problem('API_INVALID', { where, problem: issue.message });
  }
  checkTenant(tenant, setup);
}

function checkTenant(tenant: string, { name, type, settings }: ChannelSetup): void {
  if (tenant === LOCAL) return;
  const shape = CHANNEL_TYPES.get(type)?.shape ?? {};
  for (const [key, value] of Object.entries(settings)) {
    const refers = isSecret(shape[key]) && typeof value === 'string' && REFERENCE.test(value);
    if (!refers && !isServerFile(shape[key])) continue;
    throw problem('NOTIFY_TENANT', { channel: name, key, what: 'a file or a variable' });
  }
}

/** The world of a tenant's channels: only the installation's may go where the operator allows. */
export function worldOf(
  tenant: string,
  { notify }: Keys,
  way: {
    readonly resolver: Resolver;
    readonly signal: AbortSignal;
    readonly now: () => Date;
    readonly timeoutMs?: number | undefined;
  },
): World {
  const allowed = tenant === LOCAL ? (notify?.allowed ?? []) : [];
  const { resolver, signal, now, timeoutMs } = way;
  const guard = { allowed, resolver };
  return createWorld({ guard, signal, now, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
}

/** Sends a message for a tenant, once. Throws NOTIFY_*. */
export async function deliverFor(
  tenant: string,
  setup: ChannelSetup,
  alert: Alert,
  world: World,
): Promise<void> {
  // also here: settings may have been stored by an earlier version
  checkTenant(tenant, setup);
  await deliver(setup, alert, world, tenant === LOCAL ? process.env : {});
}
