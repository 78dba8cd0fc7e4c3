import type { Transport } from './port.ts';

/** What becomes of a new connection. `unknown`: a rule that was not understood, or not readable, decides. */
export type Fate = 'accept' | 'drop' | 'reject' | 'unknown';

/** The rule, or the chain's policy, by which one layer decided. */
export interface LayerDecision {
  /** Kind of the firewall (`nftables`) and where it was read (`nft -j list ruleset`, `/etc/ufw/user.rules`). */
  readonly layer: string;
  readonly origin: string;
  readonly table: string;
  readonly chain: string;
  /** Absent: the chain's policy decided. */
  readonly rule?: RuleReference;
  readonly fate: Fate;
}

/** Enough to find the rule again, in the file or by a command. */
export interface RuleReference {
  /** nftables handle, AWS rule id, Windows rule name. */
  readonly handle?: string;
  /** Line in the text it was read from, from 1. */
  readonly line?: number;
  /** The rule as its own tool writes it. */
  readonly text: string;
}

/** Sources that share one fate. */
export interface ReachPart {
  readonly fate: Fate;
  /** CIDR blocks, fewest that cover it; `0.0.0.0/0` or `::/0` for anyone. */
  readonly from: readonly string[];
  /** Devices it must arrive on; absent: any but the loopback. */
  readonly devices?: readonly string[];
  /** What else must hold, a phrase each: `at most 10/minute`, `from source port 53`. */
  readonly conditions: readonly string[];
  /** One for each layer that had a say, in the order they are asked. */
  readonly decisions: readonly LayerDecision[];
  /** Where a translated connection goes in the end: `172.17.0.2:80`. */
  readonly translated?: string;
}

/** Stands for devices that the machine does not have (yet); no device can be named so. */
export const OTHER_DEVICE = 'any other device';

/** The devices of a part in words: those it has, or those that only the other parts have. */
export function devicesText(devices: readonly string[], parts: readonly ReachPart[]): string {
  if (!devices.includes(OTHER_DEVICE)) return devices.join(' or ');
  const others = new Set(parts.flatMap((part) => part.devices ?? []));
  const without = [...others].filter((device) => !devices.includes(device));
  return without.length === 0 ? 'any device' : `any device but ${without.join(' and ')}`;
}

/** Where what gets in is handed on to by the rules: `172.17.0.2:80`. */
export function handedOnTo(reachability: readonly Reachability[]): readonly string[] {
  const parts = reachability.flatMap((one) => one.parts);
  const places = parts.flatMap(({ fate, translated }) =>
    fate === 'accept' && translated !== undefined ? [translated] : [],
  );
  return [...new Set(places)];
}

/**
 * In a word, for one family: who gets through. Loopback is never counted.
 * - `anyone`: every source, on all devices that a default route leads through (on all, without one).
 * - `devices`: every source, but on some other device only.
 * - `networks`: some sources. `nobody`: none.
 * - `unknown`: for some source nobody can say.
 */
export type Reach = 'anyone' | 'networks' | 'devices' | 'nobody' | 'unknown';

/** Who can open a new connection to one port over one family. */
export interface Reachability {
  readonly family: 4 | 6;
  readonly transport: Transport;
  readonly port: number;
  readonly reach: Reach;
  /** Disjoint; together all sources. */
  readonly parts: readonly ReachPart[];
}
