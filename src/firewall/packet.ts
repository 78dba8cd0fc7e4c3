import type { Machine } from '../model/machine.ts';
import type { Fate, LayerDecision } from '../model/reachability.ts';
import type { Chain, Family, Layer, Rule, Table } from './layer.ts';
import type { Ranges } from './ranges.ts';

/**
 * The packets that are asked about: all combinations of the sets. One packet when each set holds one
 * value; "everything that could reach port 22" when `source` and `sourcePort` are full.
 */
export interface Question {
  readonly family: Family;
  /** IANA protocol number. */
  readonly protocol: number;
  readonly source: Ranges<bigint>;
  readonly destination: Ranges<bigint>;
  /** Full for protocols without ports. */
  readonly sourcePort: Ranges<number>;
  readonly destinationPort: Ranges<number>;
  /** Devices they may come in on. Names that the machine does not have stand for "some other". */
  readonly inDevice: readonly string[];
  /** `new` unless said otherwise. */
  readonly state?: 'new' | 'established' | 'related' | 'invalid';
  readonly icmpType?: number;
  /** Absent: any, so that rules which ask for one may match. */
  readonly icmpCode?: number;
  /** TCP flags; SYN alone (2) unless said otherwise. */
  readonly tcpFlags?: number;
}

/** Packets of the question that share one fate; the answer's parts are disjoint and cover the question. */
export interface AnswerPart {
  readonly fate: Fate;
  readonly source: Ranges<bigint>;
  readonly destination: Ranges<bigint>;
  readonly sourcePort: Ranges<number>;
  readonly destinationPort: Ranges<number>;
  readonly inDevice: readonly string[];
  /** `at most 10/minute` … */
  readonly conditions: readonly string[];
  readonly decisions: readonly LayerDecision[];
  /** Whether the packet was for the host itself in the end, or handed on (a container, a NAT target). */
  readonly path: 'input' | 'forward';
  /** After destination translation. */
  readonly translated?: { readonly address?: Ranges<bigint>; readonly port?: Ranges<number> };
}

/** What a walk tells of each rule it came by; `explain` prints it, lint counts with it. */
export interface Visit {
  readonly layer: Layer;
  readonly table: Table;
  readonly chain: Chain;
  /** Absent: the chain's policy was applied, or the chain was entered or left. */
  readonly rule?: Rule;
  readonly event: 'enter' | 'match' | 'part' | 'miss' | 'maybe' | 'policy' | 'return';
  readonly depth: number;
}

/** Walks the packets of a question through all layers, in the order that the host would ask them. */
export type Evaluate = (
  layers: readonly Layer[],
  question: Question,
  machine: Machine,
  visit?: (visit: Visit) => void,
) => readonly AnswerPart[];
