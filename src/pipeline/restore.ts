import type { Reason } from '../model/port.ts';
import type { HostRecord, PortCounts, Problem, ScanReport } from '../model/scan.ts';
import type { Finding } from '../model/verdict.ts';
import type { Entry, HostEntry, SilentEntry, Unasked } from './journal/entry.ts';
import type { Journal } from './journal/open.ts';
import { Past } from './past.ts';
import type { Progress } from './progress.ts';

/** What a scan begins with: nothing, or what its earlier runs told. */
export class Beginning {
  readonly past = new Past();
  /** Those that the report lists. */
  readonly hosts: HostRecord[] = [];
  readonly findings: Finding[] = [];
  readonly problems: Problem[] = [];
  /** Whether each host told so far is. */
  complete = true;
  /** Time spent probing, milliseconds. */
  spentMs = 0;
  /** Set when the scan was over; its targets and exclusions are left out. */
  scan: ScanReport['scan'] | null = null;
  readonly #progress: Progress;
  readonly #portCount: (address: string) => number;

  /** Counts in `progress` what was told. `portCount`: how many ports a host is asked for. */
  constructor(progress: Progress, portCount: (address: string) => number) {
    this.#progress = progress;
    this.#portCount = portCount;
  }

  async read(journal: Journal): Promise<void> {
    for await (const entry of journal.told()) this.#take(entry);
  }

  #take(entry: Entry): void {
    const { earlier } = this.#progress;
    switch (entry.type) {
      case 'told':
        return this.past.told(entry);
      case 'host':
        return this.#host(entry);
      case 'silent':
        return this.#silent(entry);
      case 'spent':
        earlier.probes = entry.probes;
        earlier.retries = entry.retries;
        earlier.slowdowns = entry.slowdowns;
        this.spentMs = entry.ms;
        return;
      case 'problem':
        this.problems.push({ code: entry.code, message: entry.message });
        return;
      case 'end':
        this.scan = entry.scan;
        return;
      case 'journal':
      case 'targets':
      case 'exclude':
      case 'plan':
        return; // the plan stands before what was told
    }
  }

  #host({ host, findings, complete, listed, unasked }: HostEntry): void {
    const { counts } = host;
    this.#finish(host.address, sumOf(counts));
    const progress = this.#progress;
    progress.open += counts.open;
    progress.identified += counts.open;
    progress.refused += counts.closed + counts.unreachable;
    this.#unasked(unasked);
    if (!complete) this.complete = false;
    if (listed) this.hosts.push(host);
    for (const finding of findings) this.findings.push(finding);
  }

  #silent({ addresses, unasked }: SilentEntry): void {
    for (const address of addresses) {
      this.#finish(address, this.#portCount(address));
      this.#unasked(unasked);
    }
  }

  #unasked(unasked: Unasked): void {
    const known = this.#progress.unasked;
    for (const [reason, count] of Object.entries(unasked) as [Reason, number][]) {
      known.set(reason, (known.get(reason) ?? 0) + count);
    }
  }

  #finish(address: string, outcomes: number): void {
    this.past.finish(address);
    this.#progress.hosts += 1;
    this.#progress.earlier.outcomes += outcomes;
    this.#progress.restored += outcomes;
  }
}

function sumOf(counts: PortCounts): number {
  const { open, closed, filtered, openFiltered = 0, unreachable, localError } = counts;
  return open + closed + filtered + openFiltered + unreachable + localError;
}
