import type { RuleReference } from './reachability.ts';
import type { Severity } from './verdict.ts';

/** What can be wrong with a firewall itself. Ids are never reused or renamed. */
export const FLAW_IDS = [
  'firewall.none-active',
  'firewall.default-accept',
  'firewall.ipv6-open',
  'firewall.docker-bypass',
  'firewall.legacy-and-nft',
  'firewall.shadowed-rule',
  'firewall.never-matches',
  'firewall.merged-values',
  'firewall.unused-chain',
  'firewall.no-listener',
  'firewall.wide-source',
  'firewall.not-saved',
  'firewall.not-live',
  'firewall.central-only',
  'firewall.host-only',
] as const;
export type FlawId = (typeof FLAW_IDS)[number];

/** Something wrong with a layer, or between layers. */
export interface FirewallFlaw {
  readonly id: FlawId;
  readonly severity: Severity;
  /** Kind of the firewall and where it was read; empty when there is none. */
  readonly layer: string;
  readonly origin: string;
  readonly rule?: RuleReference;
  /** One plain sentence. */
  readonly why: string;
  /** One plain sentence saying what to do. */
  readonly todo: string;
  /** Facts it rests on, a phrase each. */
  readonly evidence: readonly string[];
}
