import { edgeByAnswers } from '../judge/edge-answers.ts';
import type { Outcome, PortState, Reason, Silence } from '../model/port.ts';
import type {
  Amplification,
  HostRecord,
  PortCounts,
  PortRecord,
  SharedEdge,
} from '../model/scan.ts';
import type { Service } from '../model/service.ts';
import type { Finding, Verdict } from '../model/verdict.ts';

export interface Look {
  readonly service: Service | null;
  /** Whether anybody asked what answers. */
  readonly asked: boolean;
  readonly amplification: Amplification | null;
  readonly verdict: Verdict;
  readonly findings: readonly Finding[];
}

type CountName = 'open' | 'closed' | 'filtered' | 'openFiltered' | 'unreachable' | 'localError';

const COUNTED: Readonly<Record<PortState, CountName>> = {
  open: 'open',
  closed: 'closed',
  filtered: 'filtered',
  'open|filtered': 'openFiltered',
  unreachable: 'unreachable',
  'local-error': 'localError',
};

/** What is known of one host while its ports come in. */
export class HostTally {
  readonly address: string;
  readonly #counts: Record<CountName, number> = {
    open: 0,
    closed: 0,
    filtered: 0,
    openFiltered: 0,
    unreachable: 0,
    localError: 0,
  };
  readonly #kept: { readonly outcome: Outcome; look?: Look }[] = [];
  readonly #expected: number;
  /** Ports that could not be asked, by the reason on our own side. */
  readonly unasked: Partial<Record<Reason, number>> = {};
  #outcomes = 0;
  /** Open ports still being identified. */
  pending = 0;

  /** `expected` ports will have an outcome. */
  constructor(address: string, expected: number) {
    this.address = address;
    this.#expected = expected;
  }

  /** Ports without an outcome. */
  get missing(): number {
    return this.#expected - this.#outcomes;
  }

  /** Whether every port has its outcome. */
  get told(): boolean {
    return this.missing <= 0;
  }

  /** Counts an outcome; `keep` also lists it in the record. Returns a setter for its look. */
  add(outcome: Outcome, keep: boolean): (look: Look) => void {
    this.#outcomes += 1;
    this.#counts[COUNTED[outcome.state]] += 1;
    if (outcome.state === 'local-error') {
      this.unasked[outcome.reason] = (this.unasked[outcome.reason] ?? 0) + 1;
    }
    const entry: { readonly outcome: Outcome; look?: Look } = { outcome };
    if (keep) this.#kept.push(entry);
    return (look) => {
      entry.look = look;
    };
  }

  /** Counts ports that stayed silent; `keep` also lists each in the record. */
  addSilence(silence: Silence, keep: boolean): void {
    const { address, transport, state, ports } = silence;
    this.#outcomes += ports.length;
    this.#counts[COUNTED[state]] += ports.length;
    if (!keep) return;
    for (const port of ports) {
      this.#kept.push({ outcome: { address, transport, port, state, reason: 'no-response' } });
    }
  }

  /** Whether anything came back from the host, also a refusal. */
  get answered(): boolean {
    return this.#counts.open + this.#counts.closed + this.#counts.unreachable > 0;
  }

  get counts(): PortCounts {
    const verified = this.#kept.filter((entry) => entry.look?.service != null).length;
    const { openFiltered, ...counts } = this.#counts;
    return { ...counts, verified, ...(openFiltered === 0 ? {} : { openFiltered }) };
  }

  /** `listed` is the edge whose published ranges hold the address; without it the answers are looked at. */
  record(names: readonly string[], listed: SharedEdge | undefined): HostRecord {
    const kept = this.#byPort();
    const ports = kept.map(({ outcome, look }) => portRecord(outcome, names, look));
    const answers = kept.flatMap(({ outcome: { port }, look }) =>
      look?.service == null ? [] : [{ port, service: look.service }],
    );
    const edge = listed ?? edgeByAnswers(answers);
    const { address, counts } = this;
    return { address, names, ...(edge === undefined ? {} : { edge }), counts, ports };
  }

  get findings(): Finding[] {
    return this.#byPort().flatMap((entry) => entry.look?.findings ?? []);
  }

  #byPort() {
    return this.#kept.toSorted(
      ({ outcome: a }, { outcome: b }) =>
        a.port - b.port || a.transport.localeCompare(b.transport, 'en'),
    );
  }
}

function portRecord(
  outcome: Outcome,
  names: readonly string[],
  look: Look | undefined,
): PortRecord {
  const { address, transport, port, state, reason, rttMs } = outcome;
  return {
    address,
    names,
    transport,
    port,
    state,
    reason,
    ...(rttMs === undefined ? {} : { rttMs: Math.round(rttMs * 1000) / 1000 }),
    ...(look?.asked === false ? { asked: false as const } : {}),
    ...(look?.service == null ? {} : { service: look.service }),
    ...(look?.amplification == null ? {} : { amplification: look.amplification }),
    ...(look === undefined ? {} : { verdict: look.verdict }),
  };
}
