import { randomUUID } from 'node:crypto';
import type { Transaction } from 'kysely';
import type { LookSource } from '../model/history.ts';
import type { HostRecord, ScanReport, Scope } from '../model/scan.ts';
import type { Finding } from '../model/verdict.ts';
import { storable, upsert } from './bulk.ts';
import type { DialectFacts } from './dialects/facts.ts';
import { evidenceOf, type HostEvidence, silentCover, silentHost } from './evidence.ts';
import { groupBy } from './group.ts';
import { REOPEN_WITHIN_MS } from './history.ts';
import { advanceHost, type HostSteps, isCoveredLater, type LaterLook } from './host-step.ts';
import { newestBy, rowsOf } from './keyset.ts';
import type { Store } from './open.ts';
import { portSet } from './port-set.ts';
import { dropOldEvents, findingEvent, hearsEvents } from './queries/events.ts';
import { knownHosts } from './queries/known-hosts.ts';
import { askedHash } from './queries/scans.ts';
import { packReport } from './report-body.ts';
import type { Tables } from './schema.ts';

/** Hosts whose history is worked out at once: bounds memory, not what is written together. */
const HOSTS_AT_ONCE = 2000;
/** Scopes read at once. */
const LOOKS_AT_ONCE = 50;

export interface Recorded {
  /** False: this look was stored before, and nothing was changed. */
  readonly stored: boolean;
  readonly changes: number;
}

/**
 * Stores a look and what history makes of it, all or nothing. Storing the same id again changes
 * nothing. A look older than what is known of a host adds only what no later look has covered.
 *
 * What happened to findings also goes to `events`, for the alerts of a server: only when the tenant has
 * an alert rule that is switched on, and what nobody has taken within 30 days is dropped. So the table
 * stays empty where there is only the command line, and bounded where a server was.
 */
export async function recordLook(
  store: Store,
  tenant: string,
  source: LookSource,
  report: ScanReport,
): Promise<Recorded> {
  const body = await packReport(report);
  return store.write(async (tx) => {
    await store.facts.lockForRecording(tx, tenant);
    return new Recording(tx, store.facts, tenant, report).run(source, body);
  }, tenant);
}

class Recording {
  readonly #tx: Transaction<Tables>;
  readonly #facts: DialectFacts;
  readonly #tenant: string;
  readonly #report: ScanReport;
  readonly #at: number;
  readonly #vantage: string;
  #changes = 0;
  #heard = false;

  constructor(tx: Transaction<Tables>, facts: DialectFacts, tenant: string, report: ScanReport) {
    this.#tx = tx;
    this.#facts = facts;
    this.#tenant = tenant;
    this.#report = report;
    this.#at = Date.parse(report.scan.endedAt);
    this.#vantage = storable(report.scan.scope.vantage.name);
  }

  async run(source: LookSource, body: Uint8Array): Promise<Recorded> {
    if (!(await this.#addScan(source))) return { stored: false, changes: 0 };
    const { id } = this.#report.scan;
    await this.#tx
      .insertInto('reports')
      .values({ tenant: this.#tenant, scan: id, ended_at: this.#at, body })
      .execute();
    this.#heard = await hearsEvents(this.#tx, this.#tenant);
    if (this.#heard) await dropOldEvents(this.#tx, this.#tenant, this.#at);
    const later = await this.#laterLooks();
    const findings = groupBy(this.#report.findings, ({ address }) => address);
    const { hosts } = this.#report;
    for (let from = 0; from < hosts.length; from += HOSTS_AT_ONCE) {
      const some = hosts.slice(from, from + HOSTS_AT_ONCE);
      await this.#advance(
        some.map((host) => this.#seen(host)),
        findings,
        later,
      );
    }
    await this.#coverSilent(new Set(hosts.map(({ address }) => address)), later);
    return { stored: true, changes: this.#changes };
  }

  async #addScan(source: LookSource): Promise<boolean> {
    const { scan, hosts, findings } = this.#report;
    const result = await this.#tx
      .insertInto('scans')
      .values({
        tenant: this.#tenant,
        id: scan.id,
        source,
        tool: storable(scan.tool),
        started_at: Date.parse(scan.startedAt),
        ended_at: this.#at,
        complete: scan.complete ? 1 : 0,
        vantage: this.#vantage,
        scope: JSON.stringify(scan.scope),
        stats: JSON.stringify(scan.stats),
        problems: JSON.stringify(scan.problems),
        hosts: hosts.length,
        open: hosts.reduce((sum, { counts }) => sum + counts.open - (counts.phantom ?? 0), 0),
        findings: findings.length,
        asked: askedHash(scan.scope),
        report_taken_at: null,
      })
      .onConflict((conflict) => conflict.columns(['tenant', 'id']).doNothing())
      .executeTakeFirst();
    return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
  }

  /** Looks of later time that were stored first: two scans at once, or an old file imported. */
  async #laterLooks(): Promise<readonly LaterLook[]> {
    const query = this.#tx
      .selectFrom('scans')
      .select(['ended_at', 'id', 'scope'])
      .where('tenant', '=', this.#tenant)
      .where('vantage', '=', this.#vantage)
      .where('ended_at', '>', this.#at);
    // there may be years of them, each with a long list of targets, and few that asked other ports
    const asked = new Map<string, Scope['ports']>();
    for (let after: object | undefined; ; ) {
      const rows = await rowsOf(query, newestBy('ended_at'), { limit: LOOKS_AT_ONCE, after });
      for (const { scope } of rows) {
        const { ports } = JSON.parse(scope) as Scope;
        asked.set(`${ports.tcp} ${ports.udp}`, ports);
      }
      if (rows.length < LOOKS_AT_ONCE) break;
      after = rows.at(-1);
    }
    return [...asked.values()].map(({ tcp, udp }) => ({ tcp: portSet(tcp), udp: portSet(udp) }));
  }

  #seen(host: HostRecord): SeenHost {
    return { evidence: evidenceOf(host, this.#report.scan.scope), host };
  }

  async #coverSilent(listed: ReadonlySet<string>, later: readonly LaterLook[]): Promise<void> {
    const covers = silentCover(this.#report);
    if (covers === null) return;
    const rows = await this.#tx
      .selectFrom('hosts')
      .select('address')
      .where('tenant', '=', this.#tenant)
      .where('vantage', '=', this.#vantage)
      .execute();
    const silent = rows
      .map(({ address }) => address)
      .filter((one) => !listed.has(one) && covers(one));
    const { scope } = this.#report.scan;
    for (let from = 0; from < silent.length; from += HOSTS_AT_ONCE) {
      const some = silent.slice(from, from + HOSTS_AT_ONCE);
      const seen = some.map((address) => ({ evidence: silentHost(address, scope) }));
      await this.#advance(seen, new Map(), later);
    }
  }

  async #advance(
    seen: readonly SeenHost[],
    findings: ReadonlyMap<string, readonly Finding[]>,
    later: readonly LaterLook[],
  ): Promise<void> {
    const known = await knownHosts(
      this.#tx,
      this.#facts,
      { tenant: this.#tenant, vantage: this.#vantage },
      seen.map(({ evidence }) => evidence.address),
      this.#at - REOPEN_WITHIN_MS,
    );
    const look = {
      tenant: this.#tenant,
      vantage: this.#vantage,
      scan: this.#report.scan.id,
      at: this.#at,
      view: 'outside' as const,
      newId: randomUUID,
    };
    const steps = seen.map(({ evidence, host }) => {
      const before = known(evidence.address);
      const covered = (transport: 'tcp' | 'udp', port: number) =>
        isCoveredLater(before.host, look.at, later, transport, port);
      const found = findings.get(evidence.address) ?? [];
      return advanceHost(before, { evidence, host, findings: found, covered }, look);
    });
    await this.#write(steps);
  }

  async #write(steps: readonly HostSteps[]): Promise<void> {
    const changes = steps.flatMap((step) => step.changes);
    this.#changes += changes.length;
    await this.#upsert(
      'intervals',
      steps.flatMap((step) => step.intervals),
    );
    await this.#upsert('changes', changes);
    await this.#upsert(
      'findings',
      steps.flatMap((step) => step.findings),
    );
    await this.#upsert(
      'finding_events',
      steps.flatMap((step) => step.events),
    );
    if (this.#heard) await this.#tell(steps);
    await this.#upsert(
      'hosts',
      steps.flatMap((step) => step.host ?? []),
    );
  }

  async #tell(steps: readonly HostSteps[]): Promise<void> {
    const batch = this.#report.scan.id;
    const rows = steps.flatMap(({ findings, events }) => {
      const byId = new Map(findings.map((row) => [row.id, row]));
      return events.flatMap((event) => findingEvent(event, byId.get(event.finding), batch) ?? []);
    });
    await this.#upsert('events', rows);
  }

  #upsert<Name extends Parameters<typeof upsert>[2]>(table: Name, rows: readonly Tables[Name][]) {
    return upsert(this.#tx, this.#facts, table, rows);
  }
}

interface SeenHost {
  readonly evidence: HostEvidence;
  /** Absent: a silent address of a block. */
  readonly host?: HostRecord;
}
