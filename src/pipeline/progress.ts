import type { Reason } from '../model/port.ts';
import type { EngineStats } from '../probe/engine.ts';

/** Counters a caller may read while a scan runs. */
export interface Progress {
  /** What all engines counted, in earlier runs of this scan too; added up when read. */
  readonly engine: Readonly<EngineStats>;
  /** What earlier runs of this scan counted. */
  readonly earlier: EngineStats;
  /** Counters of their own for one more engine: engines set them as they like. */
  addEngine(): EngineStats;
  open: number;
  /** Ports that answered without being open: refused, or an ICMP error. */
  refused: number;
  /** Ports that could not be asked, by the reason on our own side. */
  readonly unasked: Map<Reason, number>;
  hosts: number;
  /** Open ports identified so far. */
  identified: number;
  /** Outcomes that earlier runs of this scan told. */
  restored: number;
}

export function newProgress(): Progress {
  const earlier = nothing();
  const engines: EngineStats[] = [];
  return {
    get engine() {
      return sumOf([earlier, ...engines]);
    },
    earlier,
    addEngine() {
      const stats = nothing();
      engines.push(stats);
      return stats;
    },
    open: 0,
    refused: 0,
    unasked: new Map(),
    hosts: 0,
    identified: 0,
    restored: 0,
  };
}

function nothing(): EngineStats {
  return { probes: 0, retries: 0, outcomes: 0, slowdowns: 0 };
}

/** Only an engine for TCP estimates losses and counts packets, and a scan has one of them. */
function sumOf(all: readonly EngineStats[]): EngineStats {
  const sum = nothing();
  for (const { probes, retries, outcomes, slowdowns, targetRate, packets, loss } of all) {
    sum.probes += probes;
    sum.retries += retries;
    sum.outcomes += outcomes;
    sum.slowdowns += slowdowns;
    if (targetRate !== undefined) sum.targetRate = (sum.targetRate ?? 0) + targetRate;
    if (packets !== undefined) sum.packets = packets;
    if (loss !== undefined) sum.loss = loss;
  }
  return sum;
}
