import type { Kysely } from 'kysely';
import type { Interval } from '../../model/history.ts';
import { readNetwork } from '../../model/network.ts';
import type { Transport } from '../../model/port.ts';
import { intervalOf } from '../rows.ts';
import type { Tables } from '../schema.ts';

export interface HistoryQuestion {
  /** Address or name. */
  readonly host: string;
  readonly port?: number;
  readonly transport?: Transport;
}

/** Every interval of a host, or of one port of it: by address, port, vantage and time. */
export async function historyOf(
  db: Kysely<Tables>,
  tenant: string,
  { host, port, transport }: HistoryQuestion,
): Promise<readonly Interval[]> {
  const hosts = await namedHosts(db, tenant, host);
  const intervals: Interval[] = [];
  for (const { address, vantage, names } of hosts) {
    let query = db
      .selectFrom('intervals')
      .selectAll()
      .where('tenant', '=', tenant)
      .where('address', '=', address)
      .where('vantage', '=', vantage)
      .orderBy('transport')
      .orderBy('port')
      .orderBy('first_seen');
    if (port !== undefined) query = query.where('port', '=', port);
    if (transport !== undefined) query = query.where('transport', '=', transport);
    for (const row of await query.execute()) {
      intervals.push(intervalOf(row, JSON.parse(names) as string[]));
    }
  }
  return intervals;
}

/** Hosts that have an address or a name. */
async function namedHosts(db: Kysely<Tables>, tenant: string, host: string) {
  const name = host.toLowerCase();
  const isAddress = readNetwork(host) !== null;
  const rows = await db
    .selectFrom('hosts')
    .select(['address', 'vantage', 'names'])
    .where('tenant', '=', tenant)
    // names are looked through one by one
    .where((eb) =>
      isAddress ? eb('address', '=', name) : eb('names', 'like', `%${JSON.stringify(name)}%`),
    )
    .orderBy('position')
    .orderBy('vantage')
    .execute();
  // to `like` an underscore means any character
  const isNamed = (names: string) => (JSON.parse(names) as string[]).includes(name);
  return rows.filter(({ address, names }) => address === name || isNamed(names));
}
