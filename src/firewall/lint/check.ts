import type { FirewallFlaw } from '../../model/firewall-flaw.ts';
import type { Listener, Publication } from '../../model/listener.ts';
import type { Machine } from '../../model/machine.ts';
import type { Transport } from '../../model/port.ts';
import type { Severity } from '../../model/verdict.ts';
import type { Family, Layer } from '../layer.ts';
import type { AnswerPart, Question } from '../packet.ts';
import type { Ranges } from '../ranges.ts';
import type { PortClass } from '../reach.ts';

/** A port that should not be open to everybody. */
export interface Sensitive {
  /** What is usually behind it. */
  readonly title: string;
  readonly severity: Severity;
}

/** What a check may look at. */
export interface LintInput {
  readonly layers: readonly Layer[];
  readonly machine: Machine;
  /** Absent: not known who listens. */
  readonly listeners?: readonly Listener[];
  readonly publications?: readonly Publication[];
  /** By port number. */
  readonly sensitive?: ReadonlyMap<number, Sensitive>;
  /** Ports of which whoever asks tells himself that a rule lets somebody in and nobody listens. */
  readonly told?: Readonly<Record<Transport, Ranges<number>>>;
  /** For the same layers and machine; absent: worked out. */
  readonly answers?: readonly Answer[];
}

/** All new connections of one transport and family, and what becomes of them. */
export interface Answer {
  readonly transport: Transport;
  readonly family: Family;
  readonly question: Question;
  readonly parts: readonly AnswerPart[];
  readonly classes: readonly PortClass[];
}

/** The input, and its answers: worked out once for all checks. */
export interface LintWorld extends LintInput {
  /** TCP and UDP, IPv4 and IPv6. */
  readonly answers: readonly Answer[];
}

/** One kind of flaw; a file of this folder. */
export type Check = (world: LintWorld) => readonly FirewallFlaw[];
