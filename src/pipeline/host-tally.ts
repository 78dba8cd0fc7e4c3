import { edgeByAnswers } from '../judge/edge-answers.ts';
import type { Outcome, PortState, Reason, Silence } from '../model/port.ts';
import type {
  Amplification,
  HostRecord,
  Phantom,
  PhantomGroup,
  PortCounts,
  PortRecord,
  SharedEdge,
} from '../model/scan.ts';
import type { Service } from '../model/service.ts';
import type { Finding, Verdict } from '../model/verdict.ts';
import type { Decision } from '../probe/phantom/decide.ts';
import type { HostWatch } from '../probe/phantom/host-watch.ts';
import { PhantomPorts } from './phantom-ports.ts';

export interface Look {
  readonly service: Service | null;
  /** Whether anybody asked what answers. */
  readonly asked: boolean;
  readonly amplification: Amplification | null;
  readonly decision: Decision;
  readonly verdict: Verdict;
  readonly findings: readonly Finding[];
}

/** What is said of all phantoms of a host that are of one kind. */
export type JudgePhantoms = (
  group: Omit<PhantomGroup, 'verdict'>,
  port: number,
) => { readonly verdict: Verdict; readonly findings: readonly Finding[] };

interface Entry {
  readonly outcome: Outcome;
  look?: Look;
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
  readonly #kept = new Set<Entry>();
  readonly #phantoms = new PhantomPorts();
  readonly #expected: number;
  /** Ports that could not be asked, by the reason on our own side. */
  readonly unasked: Partial<Record<Reason, number>> = {};
  #outcomes = 0;
  /** Open ports still being identified. */
  pending = 0;
  /** What its open TCP ports are compared with. */
  readonly watch: HostWatch;
  /** Set once `watch` was told that all ports were settled. */
  concluded = false;

  /** `expected` ports will have an outcome. */
  constructor(address: string, expected: number, watch: HostWatch) {
    this.address = address;
    this.#expected = expected;
    this.watch = watch;
  }

  /** Ports without an outcome. */
  get missing(): number {
    return this.#expected - this.#outcomes;
  }

  /** Whether every port has its outcome. */
  get told(): boolean {
    return this.missing <= 0;
  }

  /**
   * Counts an outcome; `keep` also lists it in the record. Returns a setter for its look; a phantom
   * is not listed any more but joins its like, so that 65,000 of them cost some kilobytes.
   */
  add(outcome: Outcome, keep: boolean): (look: Look) => void {
    this.#outcomes += 1;
    this.#counts[COUNTED[outcome.state]] += 1;
    if (outcome.state === 'local-error') {
      this.unasked[outcome.reason] = (this.unasked[outcome.reason] ?? 0) + 1;
    }
    const entry: Entry = { outcome };
    if (keep) this.#kept.add(entry);
    return (look) => {
      entry.look = look;
      if (look.decision.standing !== 'phantom') return;
      this.#kept.delete(entry);
      this.addPhantom(outcome.port, look.decision.phantom);
    };
  }

  addPhantom(port: number, phantom: Phantom): void {
    this.#phantoms.add(port, phantom);
  }

  /** Counts ports that stayed silent; `keep` also lists each in the record. */
  addSilence(silence: Silence, keep: boolean): void {
    const { address, transport, state, ports } = silence;
    this.#outcomes += ports.length;
    this.#counts[COUNTED[state]] += ports.length;
    if (!keep) return;
    for (const port of ports) {
      this.#kept.add({ outcome: { address, transport, port, state, reason: 'no-response' } });
    }
  }

  /** Whether anything came back from the host, also a refusal. */
  get answered(): boolean {
    return this.#counts.open + this.#counts.closed + this.#counts.unreachable > 0;
  }

  get counts(): PortCounts {
    const verified = [...this.#kept].filter(({ look }) => look?.decision.standing === 'verified');
    const { openFiltered, ...counts } = this.#counts;
    return {
      ...counts,
      verified: verified.length,
      ...(this.watch.looked ? { phantom: this.#phantoms.count } : {}),
      ...(openFiltered === 0 ? {} : { openFiltered }),
    };
  }

  /**
   * The record, and the findings about its ports. `listed` is the edge whose published ranges hold
   * the address; without it the answers are looked at.
   */
  result(
    names: readonly string[],
    listed: SharedEdge | undefined,
    judge: JudgePhantoms,
  ): { readonly host: HostRecord; readonly findings: Finding[] } {
    const kept = this.#byPort();
    const judged = this.#phantoms.groups().map(({ first, ...group }) => {
      const { verdict, findings } = judge(group, first);
      return { group: { ...group, verdict }, findings };
    });
    const edge = listed ?? edgeByAnswers(kept.flatMap(answerOf));
    const { shuns } = this.watch;
    const host: HostRecord = {
      address: this.address,
      names,
      ...(edge === undefined ? {} : { edge }),
      counts: this.counts,
      ...(shuns === null ? {} : { shuns: { evidence: shuns } }),
      ...(judged.length === 0 ? {} : { phantoms: judged.map(({ group }) => group) }),
      ports: kept.map(({ outcome, look }) => portRecord(outcome, names, look)),
    };
    const ofPorts = kept.flatMap(({ look }) => look?.findings ?? []);
    return { host, findings: [...ofPorts, ...judged.flatMap(({ findings }) => findings)] };
  }

  #byPort(): Entry[] {
    return [...this.#kept].toSorted(
      ({ outcome: a }, { outcome: b }) =>
        a.port - b.port || a.transport.localeCompare(b.transport, 'en'),
    );
  }
}

function answerOf({ outcome: { port }, look }: Entry) {
  return look?.service == null ? [] : [{ port, service: look.service }];
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
    ...standingOf(state, look?.decision),
    ...(look === undefined ? {} : { verdict: look.verdict }),
  };
}

/** Of open ports only; one that was not looked at to the end is as good as unverified. */
function standingOf(
  state: PortState,
  decision: Decision | undefined,
): Pick<PortRecord, 'standing' | 'doubts'> {
  if (state !== 'open') return {};
  if (decision?.standing === 'verified') return { standing: 'verified' };
  const doubts = decision?.standing === 'unverified' ? decision.doubts : [];
  return { standing: 'unverified', ...(doubts.length === 0 ? {} : { doubts }) };
}
