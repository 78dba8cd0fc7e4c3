import type { Severity } from './verdict.ts';

/** Ports a host pattern is meant to have open, and for whom. */
export interface Expectation {
  /** Port numbers or ranges, inclusive. */
  readonly ports: readonly (readonly [number, number])[];
  readonly transport: 'tcp' | 'udp';
  /** Networks (CIDR) the port is meant for; absent: everybody. */
  readonly from?: readonly string[];
  /** Protocol that must answer there; absent: any. */
  readonly service?: string;
  /** The user's own words, quoted in verdicts. */
  readonly reason?: string;
}

export interface PolicyRule {
  /** Addresses, CIDR blocks, ranges, names with `*`, `*` alone for every host, or `label:NAME`. */
  readonly hosts: readonly string[];
  readonly expect: readonly Expectation[];
  /** With `only`, every open port that no rule of this host expects is to be closed. */
  readonly only: boolean;
}

/** The user's word on which ports are needed, where, and from where. */
export interface Policy {
  readonly labels: Readonly<Record<string, readonly string[]>>;
  readonly rules: readonly PolicyRule[];
  /** Rule id to another severity, or `off`. */
  readonly severities: Readonly<Record<string, Severity | 'off'>>;
}

/** The policy that holds when the user gave none. */
export const NO_POLICY: Policy = { labels: {}, rules: [], severities: {} };
