import type { AlertEvent } from '../contract/service/alert-rule.ts';

/** What a message says of something, kept with its incident. Texts may hold a peer's words. */
export interface Facts {
  /** One sentence. */
  readonly what: string;
  readonly why: string;
  readonly todo: string;
  /** Name or address; null: it is about no host. */
  readonly host: string | null;
  readonly port: number | null;
  readonly transport: 'tcp' | 'udp';
  readonly link: string | null;
  /** What happened in words, as the event has it. */
  readonly note: string;
}

/** One thing that happened, with all that rules ask about it. */
export interface Happening {
  readonly event: AlertEvent;
  /** Names the incident within a rule. */
  readonly subject: string;
  /**
   * How it stands after this. `held`: open and accepted. `once`: it happens and is over, as an address
   * that joins.
   */
  readonly state: 'open' | 'resolved' | 'held' | 'once';
  /** Milliseconds; when an acceptance ends. */
  readonly heldUntil: number | null;
  /** Place in SEVERITIES. */
  readonly severity: number;
  /** Milliseconds; when it began. */
  readonly since: number;
  readonly facts: Facts;
  /** Rule of the finding; null: it is no finding. */
  readonly finding: string | null;
  /** Names and address of the host, in lower case. */
  readonly hosts: readonly string[];
  readonly labels: readonly string[];
  readonly groups: readonly string[];
}
