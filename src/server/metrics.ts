import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Store } from '../store/open.ts';
import {
  countSilent,
  findingCounts,
  jobCounts,
  openPortCounts,
  outboxCounts,
  scanTimes,
} from '../store/queries/figures.ts';

/** Counting again costs the store some time: not at every request. */
const FRESH_MS = 10_000;
/** Scans are stored some time after they end; those that ended before are known. */
const LATE_MS = 60 * 60 * 1000;
const SCAN_SECONDS = [1, 5, 15, 60, 300, 900, 3600, 4 * 3600, 24 * 3600];

/** Figures of the installation for Prometheus (text format 0.0.4). They name no tenant and no host. */
export class Metrics {
  readonly #store: Store;
  readonly #now: () => number;
  readonly #registry = new Registry();
  readonly #ports = this.#gauge('open_ports', 'Open ports that are no phantoms.', ['severity']);
  readonly #findings = this.#gauge('findings', 'Findings.', ['severity', 'status']);
  readonly #jobs = this.#gauge('jobs', 'Jobs that the store holds.', ['status']);
  readonly #outbox = this.#gauge('alerts', 'Messages in the outbox.', ['status']);
  readonly #silent = this.#gauge('agents_silent', 'Agents whose reports stay away.', []);
  readonly #scans: Histogram;
  readonly #known = new Map<string, number>();
  readonly #since: number;
  #counted = Number.NEGATIVE_INFINITY;

  constructor(store: Store, now: () => number) {
    this.#store = store;
    this.#now = now;
    this.#since = now();
    this.#scans = new Histogram({
      name: 'postern_scan_duration_seconds',
      help: 'How long the scans took that ended since this server began.',
      buckets: SCAN_SECONDS,
      registers: [this.#registry],
    });
    collectDefaultMetrics({ register: this.#registry });
  }

  readonly contentType = this.#registry.contentType;

  async text(): Promise<string> {
    if (performance.now() - this.#counted > FRESH_MS) {
      this.#counted = performance.now();
      await this.#count();
    }
    return this.#registry.metrics();
  }

  #gauge(name: string, help: string, labelNames: readonly string[]): Gauge {
    const registers = [this.#registry];
    return new Gauge({ name: `postern_${name}`, help, labelNames, registers });
  }

  async #count(): Promise<void> {
    const read = this.#store.read.bind(this.#store);
    fill(this.#ports, await read(openPortCounts));
    fill(this.#findings, await read(findingCounts));
    fill(this.#jobs, [...none('queued', 'running', 'failed'), ...(await read(jobCounts))]);
    fill(this.#outbox, [...none('waiting', 'failed'), ...(await read(outboxCounts))]);
    this.#silent.set(await read((db) => countSilent(db)));
    await this.#observeScans();
  }

  async #observeScans(): Promise<void> {
    const oldest = this.#now() - LATE_MS;
    const scans = await this.#store.read((db) => scanTimes(db, Math.max(this.#since, oldest)));
    for (const { tenant, id, started_at: started, ended_at: ended } of scans) {
      const key = JSON.stringify([tenant, id]);
      if (!this.#known.has(key)) this.#scans.observe((ended - started) / 1000);
      this.#known.set(key, ended);
    }
    for (const [key, ended] of this.#known) if (ended < oldest) this.#known.delete(key);
  }
}

/** What is watched is there also while it is none. */
function none(...statuses: readonly string[]) {
  return statuses.map((status) => ({ status, count: 0 }));
}

function fill(gauge: Gauge, rows: readonly ({ readonly count: number } & object)[]): void {
  gauge.reset();
  for (const { count, ...labels } of rows) gauge.set(labels, count);
}
