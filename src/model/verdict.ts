export const SEVERITIES = ['info', 'low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Negative when `a` is milder than `b`; a comparator for sorting by severity. */
export function compareSeverity(a: Severity, b: Severity): number {
  return SEVERITIES.indexOf(a) - SEVERITIES.indexOf(b);
}

/**
 * - `expected`: needed and meant for everybody.
 * - `restrict`: needed, but not by everybody; put it behind a VPN or an address list.
 * - `close`: no reason to be reachable.
 * - `unknown`: what answers was not recognised, so nothing can be said for it.
 */
export const LEVELS = ['expected', 'restrict', 'close', 'unknown'] as const;
export type Level = (typeof LEVELS)[number];

/** Should this port be open? One answer per open port. */
export interface Verdict {
  readonly level: Level;
  readonly severity: Severity;
  /** Id of the rule that decided, `group.name`; each has a section in docs/rules.md. */
  readonly rule: string;
  /** One plain sentence. */
  readonly why: string;
  /** One plain sentence saying what to do; empty only for `expected` at `info`. */
  readonly todo: string;
}

/** A port that deserves a word. A port can have several: exposed, and with an expired certificate. */
export interface Finding {
  readonly address: string;
  readonly names: readonly string[];
  readonly transport: 'tcp' | 'udp';
  readonly port: number;
  readonly rule: string;
  readonly severity: Severity;
  readonly why: string;
  readonly todo: string;
  /** The facts the rule rests on, as `field: value` text (`certificate.notAfter: 2024-01-01T…`). */
  readonly evidence: readonly string[];
}
