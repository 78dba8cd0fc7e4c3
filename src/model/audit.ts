import type { FirewallFlaw } from './firewall-flaw.ts';
import type { View } from './history.ts';
import type { Listener, Publication } from './listener.ts';
import type { PortState, Transport } from './port.ts';
import type { Reachability } from './reachability.ts';
import type { PhantomKind, Problem } from './scan.ts';
import type { Service } from './service.ts';
import type { Usage } from './usage.ts';
import type { Verdict } from './verdict.ts';

/** How one port of this host looked from outside, at one of its addresses. */
export interface OutsideLook {
  readonly address: string;
  readonly state: PortState;
  /** The port completes handshakes, and no service is behind it. */
  readonly phantom?: PhantomKind;
  readonly service?: Service;
  /** Host name of the machine that looked. */
  readonly vantage: string;
  /** This host looked at itself: its packets come over the loopback, so no firewall before it was asked. */
  readonly itself?: true;
}

/** How one port of a host looks from outside, as history has it. */
export interface SeenOutside extends OutsideLook {
  readonly transport: Transport;
  readonly port: number;
  /** When it was last seen so, ISO 8601. */
  readonly at: string;
}

/** The same with the verdict of history. */
export interface JudgedOutside {
  readonly look: SeenOutside;
  /** Null: it was not open. */
  readonly verdict: Verdict | null;
}

/** A listener, who can reach it, and what that deserves. */
export interface AuditedListener extends Listener {
  /** One for each of its families; empty for a listener on the loopback or in another namespace. */
  readonly reachability: readonly Reachability[];
  /** Absent: could not be seen. */
  readonly usage?: Usage;
  readonly verdict: Verdict;
}

/** One port of this host: outside, inside and firewall together. */
export interface Door {
  readonly transport: Transport;
  readonly port: number;
  /** Keys of `listeners[]` (`listenerKey`); empty when nobody listens. */
  readonly listeners: readonly string[];
  /** What a container runtime hands on from this port. */
  readonly publications: readonly Publication[];
  /** One for each family that the host has an address of. */
  readonly reachability: readonly Reachability[];
  /** Layers that each, alone, let nobody in. */
  readonly blockedBy: readonly string[];
  /** Absent: nobody looked from outside, or not at this port. */
  readonly outside?: readonly OutsideLook[];
  readonly verdict: Verdict;
}

/** One port of a host, by all that is known of it: what a scan saw, who listens, whom rules let in. */
export interface JoinedDoor {
  readonly transport: Transport;
  readonly port: number;
  readonly outside: readonly SeenOutside[];
  readonly listeners: readonly AuditedListener[];
  readonly publications: readonly Publication[];
  /** Empty: the audit says nothing of the port. */
  readonly reachability: readonly Reachability[];
  readonly blockedBy: readonly string[];
  readonly verdict: Verdict;
  /** What the verdict rests on. */
  readonly view: View;
  /** Where the two views disagree, one sentence; absent: they do not. */
  readonly contradiction?: string;
}

/** One firewall layer as it was read. */
export interface LayerSummary {
  readonly kind: string;
  readonly origin: string;
  readonly role: 'live' | 'saved' | 'central';
  readonly rules: number;
  /** Rules of which a part was not understood. */
  readonly opaqueRules: number;
  /** Its rules exist and do nothing: ufw disabled, firewalld stopped, pf disabled. */
  readonly off?: true;
  /** What could not be read, a sentence each. */
  readonly unread: readonly string[];
}

export interface AuditReport {
  readonly schema: 'postern.audit/1';
  readonly audit: {
    /** UUID. */
    readonly id: string;
    /** `postern` and its version. */
    readonly tool: string;
    /** ISO 8601 UTC. */
    readonly at: string;
    readonly host: string;
    readonly system: string;
    /** The host's addresses but those of the loopback. */
    readonly addresses: readonly string[];
    /** Whether everything could be seen; `problems` and `unseen` say what was not. */
    readonly complete: boolean;
    /** Every listener of the host's own network namespace is in the list; absent: there may be others. */
    readonly everyListener?: true;
    readonly problems: readonly Problem[];
    readonly unseen: readonly string[];
  };
  readonly layers: readonly LayerSummary[];
  readonly listeners: readonly AuditedListener[];
  /** By transport, then number. */
  readonly doors: readonly Door[];
  /** Worst first. */
  readonly flaws: readonly FirewallFlaw[];
}
