import type { Transport } from '../model/port.ts';
import type { Family, KindName, Layer } from './layer.ts';

/** A text and where it is from: `nft -j list ruleset`, `/etc/ufw/user.rules`. */
export interface Source {
  readonly origin: string;
  readonly text: string;
}

/** Who may come in to which ports, in no firewall's language. */
export interface Allowance {
  readonly transport: Transport;
  /** Both ends included. */
  readonly ports: readonly [number, number];
  /** CIDR blocks; absent: anyone of `families`. */
  readonly from?: readonly string[];
  /** Of an allowance without `from`; the blocks tell it otherwise. */
  readonly families: readonly Family[];
  /** Device it must come in on. */
  readonly device?: string;
  readonly comment?: string;
}

/**
 * A whole inbound ruleset: what is not allowed is refused. Always let in, and not listed: what
 * belongs to known connections, loopback, and the ICMP and neighbour messages that IP needs (RFC 4890).
 */
export interface Intent {
  readonly allow: readonly Allowance[];
}

/** One port to be closed, or to be left open for some only. */
export interface Change {
  readonly transport: Transport;
  readonly port: number;
  readonly families: readonly Family[];
  /** Absent: nobody. CIDR blocks of both families, in any order; may be ten thousand of a country. */
  readonly only?: readonly string[];
  /** Only what comes in on this device (a VPN's), on top of `only`. */
  readonly device?: string;
  /** The port is handed on to a container: the rule must stand where forwarded packets pass. */
  readonly forwarded?: { readonly address: string; readonly port: number };
  /** For the comment in the rule. */
  readonly reason: string;
}

/** A step that an administrator, or `--apply`, carries out. */
export interface Command {
  /** Program and arguments, no shell. */
  readonly argv: readonly string[];
  readonly stdin?: string;
}

export interface FileWrite {
  readonly path: string;
  readonly text: string;
  readonly mode?: number;
}

/** How a change is made in one firewall kind. All commands are for the host the layer is on. */
export interface Script {
  readonly kind: KindName;
  /** In their order; an atomic kind has one. */
  readonly apply: readonly Command[];
  /** Takes `apply` back exactly; names nothing that only `apply`'s output would tell. */
  readonly undo: readonly Command[];
  /** Makes it outlive a restart. */
  readonly persist: readonly (Command | FileWrite)[];
  /** Takes `persist` back where the files of `touches` put back are not enough: a daemon holds them in memory. */
  readonly unpersist?: readonly Command[];
  /** Files that `apply`, `undo` or `persist` change: kept in the snapshot. */
  readonly touches: readonly string[];
  /** The same for a person to paste, with comments. */
  readonly text: string;
  /** What to know beforehand, a sentence each. */
  readonly warnings: readonly string[];
}

/** One firewall kind: it reads and writes its own text. Pure; a file in `kinds/`. */
export interface Kind {
  readonly name: KindName;
  readonly title: string;
  /** Whether this text looks like one of its own; decides nothing when two kinds say yes. */
  recognizes(source: Source): boolean;
  /**
   * Reads its texts into one layer. What is not understood becomes an opaque test or action.
   * Throws FIREWALL_SYNTAX (origin, line, what was found) for a text that is not of this kind at all
   * or is cut short; never returns a layer that lets more through than the text says.
   */
  read(sources: readonly Source[], role: Layer['role']): Layer;
  /** A whole configuration; `read` of it answers every question as the intent does. */
  write(intent: Intent): readonly FileWrite[];
  /** The change for a host that has these layers already. Throws REMEDY_IMPOSSIBLE with the reason. */
  change(change: Change, layers: readonly Layer[]): Script;
}
