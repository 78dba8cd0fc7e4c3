import type { PortState, Reason, Transport } from './port.ts';
import type { Service } from './service.ts';
import type { Finding, Verdict } from './verdict.ts';

/** Where the look came from. */
export interface Vantage {
  /** `loopback` when only this machine's own loopback addresses were looked at. */
  readonly kind: 'host' | 'loopback';
  /** Host name of the machine that scanned. */
  readonly name: string;
}

/** What was looked at: "not seen" means nothing outside it. */
export interface Scope {
  /** Targets as the user wrote them, after files and standard input were read. */
  readonly targets: readonly string[];
  readonly exclude: readonly string[];
  /** Port ranges in canonical text: `22,80,8000-8100`. Empty when the transport was not scanned. */
  readonly ports: { readonly tcp: string; readonly udp: string };
  readonly transports: readonly Transport[];
  /** Name of the engine that ran (`epoll`, `node`, `syn`); two joined by `+` when UDP was scanned beside TCP. */
  readonly engine: string;
  /** `2/3` when this is one part of a scan that was split; absent: all of it. */
  readonly shard?: string;
  readonly vantage: Vantage;
}

export interface ScanStats {
  /** Addresses whose every port has an outcome. */
  readonly hosts: number;
  /** Probes sent, retries included. */
  readonly probes: number;
  /** Ports that answered in any way: open, closed or unreachable. */
  readonly answered: number;
  readonly retries: number;
  /** Probes per second over the probing time. */
  readonly achievedRate: number;
  /** Times the engine ran short of file descriptors or source ports and slowed down. */
  readonly slowdowns: number;
  /** How many open ports were missed because packets got lost; absent: not measured. */
  readonly loss?: LossEstimate;
}

/** How many open ports a scan missed because every probe to them, or every answer, got lost. */
export interface LossEstimate {
  /** Open ports missed, most likely: as probably fewer as more. */
  readonly estimate: number;
  /** Lowest and highest number that fit what was seen, with 95 % confidence. */
  readonly interval: readonly [number, number];
  /** Share of probes or their answers lost on the way, 0 to 1. */
  readonly probeLoss: number;
}

/** How a port that completes handshakes gives away that no service is behind it. */
export type PhantomKind = (typeof PHANTOM_KINDS)[number];
export const PHANTOM_KINDS = [
  'zero-window',
  'never-acknowledges',
  'reset-after-handshake',
  'same-answer-everywhere',
  'answers-everywhere',
  'foreign-stack',
  'tarpit',
  'shuns',
] as const;

/** Something answers for this port, and it is no service: a middlebox, a SYN proxy, a tarpit, a honeypot net. */
export interface Phantom {
  readonly kind: PhantomKind;
  /** 0 to 1: how sure the evidence makes it. */
  readonly confidence: number;
  /** Facts it rests on, a sentence each. */
  readonly evidence: readonly string[];
}

/**
 * What an edge is told by. `list`: the address is in the ranges that the provider publishes, so every
 * port of it is the edge's. `answers`: only what its services send looks so, which a server that
 * passes such answers on does too; nothing is concluded from it.
 */
export type EdgeBasis = (typeof EDGE_BASES)[number];
export const EDGE_BASES = ['list', 'answers'] as const;

/** The address belongs to an edge that many customers share: its ports are not the customer's firewall. */
export interface SharedEdge {
  /** `Cloudflare`. */
  readonly provider: string;
  readonly basis: EdgeBasis;
  /** Facts it rests on, a sentence each. */
  readonly evidence: readonly string[];
}

/** A UDP answer much larger than its question: forged questions turn it on others (RFC 5358, US-CERT TA14-017A). */
export interface Amplification {
  /** UDP payload bytes sent and received. */
  readonly sent: number;
  readonly received: number;
  readonly factor: number;
}

/** One open (or, with `--show`, otherwise answered) port. */
export interface PortRecord {
  readonly address: string;
  readonly names: readonly string[];
  readonly transport: Transport;
  readonly port: number;
  readonly state: PortState;
  readonly reason: Reason;
  readonly rttMs?: number;
  /** False when nobody asked what answers (`--no-identify`, or interrupted before); absent: asked. */
  readonly asked?: false;
  readonly service?: Service;
  /** Present when the port is open and nothing is behind it. */
  readonly phantom?: Phantom;
  readonly amplification?: Amplification;
  readonly verdict?: Verdict;
}

/**
 * Ports per state. `verified` are the open ones whose service sent at least one byte and is no
 * phantom; `phantom` is absent where nobody looked for phantoms.
 */
export interface PortCounts {
  readonly open: number;
  readonly verified: number;
  readonly phantom?: number;
  readonly closed: number;
  readonly filtered: number;
  /** Silent UDP ports; absent where no UDP port was asked. */
  readonly openFiltered?: number;
  readonly unreachable: number;
  readonly localError: number;
}

export interface HostRecord {
  readonly address: string;
  /** Names from the targets that resolve to this address. */
  readonly names: readonly string[];
  readonly edge?: SharedEdge;
  readonly counts: PortCounts;
  /** Ports whose state was asked for (by default the open ones), by transport then number. */
  readonly ports: readonly PortRecord[];
}

/** Something that went wrong without stopping the scan; makes the exit code 3. */
export interface Problem {
  /** Code from docs/errors.md. */
  readonly code: string;
  readonly message: string;
}

export interface ScanReport {
  readonly schema: 'postern.scan/1';
  readonly scan: {
    /** UUID. */
    readonly id: string;
    /** `postern` and its version. */
    readonly tool: string;
    /** ISO 8601 UTC. */
    readonly startedAt: string;
    readonly endedAt: string;
    /** False when it was interrupted: hosts missing from `hosts` were not looked at. */
    readonly complete: boolean;
    readonly scope: Scope;
    readonly stats: ScanStats;
    readonly problems: readonly Problem[];
  };
  /** In the order they were finished; formats for people sort them, worst first. */
  readonly hosts: readonly HostRecord[];
  /** Worst first. */
  readonly findings: readonly Finding[];
}

/**
 * One line of JSON Lines: the ports of a host, then the host itself, all findings after the last
 * host, and the scan as the last line, so that a file without it is known not to be whole.
 */
export type ScanLine =
  | ({ readonly type: 'port' } & PortRecord)
  | ({ readonly type: 'host' } & Omit<HostRecord, 'ports'>)
  | ({ readonly type: 'finding' } & Finding)
  | ({ readonly type: 'scan'; readonly schema: ScanReport['schema'] } & ScanReport['scan']);
