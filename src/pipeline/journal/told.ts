import type { DatagramFacts, Outcome, PortState, StackFacts } from '../../model/port.ts';
import { isSilence, type Told } from '../../probe/engine.ts';
import { formatPorts } from '../../targets/ports.ts';
import type { ToldEntry } from './entry.ts';

type Facts = Omit<ToldEntry, 'type' | 'ports' | 'rtt'>;

interface Group {
  readonly facts: Facts;
  readonly ports: number[];
  /** As many as `ports`, or none. */
  readonly rtts: number[];
}

/** What was told of one address and is not written yet; ports that came to the same make one entry. */
export class Telling {
  readonly #groups = new Map<string, Group>();
  readonly #apart: Group[] = [];

  /** The round trips of ports in one of the `timed` states are kept: the report lists them. */
  add(told: Told, timed: ReadonlySet<PortState>): void {
    if (isSilence(told)) this.#silence(told);
    else this.#outcome(told, timed);
  }

  entries(): ToldEntry[] {
    return [...this.#apart, ...this.#groups.values()].map(entryOf);
  }

  #silence({ address, transport, state, ports }: Extract<Told, { ports: unknown }>): void {
    const facts: Facts = { address, transport, state, reason: 'no-response' };
    this.#apart.push({ facts, ports: [...ports], rtts: [] });
  }

  #outcome(outcome: Outcome, timed: ReadonlySet<PortState>): void {
    const { state, port, rttMs } = outcome;
    const withRtt = rttMs !== undefined && (state === 'open' || timed.has(state));
    const group = this.#groupOf(outcome, withRtt);
    group.ports.push(port);
    if (withRtt) group.rtts.push(Math.round(rttMs * 1000) / 1000);
  }

  #groupOf(outcome: Outcome, withRtt: boolean): Group {
    const { address, transport, state, reason, stack, datagram } = outcome;
    const marks = stack === undefined ? {} : { stack };
    const facts: Facts = { address, transport, state, reason, ...marks };
    if (datagram !== undefined) {
      const group = { facts: { ...facts, datagram: encoded(datagram) }, ports: [], rtts: [] };
      this.#apart.push(group);
      return group;
    }
    const key = `${transport} ${state} ${reason} ${withRtt} ${marksKey(stack)}`;
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const made = { facts, ports: [], rtts: [] };
    this.#groups.set(key, made);
    return made;
  }
}

function marksKey(stack: StackFacts | undefined): string {
  return stack === undefined ? '' : `${stack.ttl} ${stack.window} ${stack.options}`;
}

function encoded({ payload, ...rest }: DatagramFacts): NonNullable<Facts['datagram']> {
  return { ...rest, base64: Buffer.from(payload).toString('base64') };
}

function entryOf({ facts, ports, rtts }: Group): ToldEntry {
  const entry: ToldEntry = { type: 'told', ...facts, ports: formatPorts(ports) };
  if (rtts.length === 0) return entry;
  const byPort = ports.map((port, at) => [port, rtts[at] ?? 0] as const);
  return { ...entry, rtt: byPort.sort(([a], [b]) => a - b).map(([, rtt]) => rtt) };
}

/** The outcomes that an entry stands for. */
export function outcomesOf(entry: ToldEntry): Outcome[] {
  const { address, transport, state, reason, ports, rtt, stack, datagram } = entry;
  return expandPorts(ports).map((port, at): Outcome => {
    const rttMs = rtt?.[at];
    return {
      address,
      transport,
      port,
      state,
      reason,
      ...(rttMs === undefined ? {} : { rttMs }),
      ...(stack === undefined ? {} : { stack }),
      ...(datagram === undefined ? {} : { datagram: datagramOf(datagram) }),
    };
  });
}

function datagramOf({ base64, ...rest }: NonNullable<ToldEntry['datagram']>): DatagramFacts {
  return { ...rest, payload: Buffer.from(base64, 'base64') };
}

/** What `formatPorts` wrote; made for thousands of short lists, which `parsePorts` is not. */
function expandPorts(text: string): number[] {
  return text.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, at) => first + at);
  });
}
