import type { View } from './history.ts';
import type { Transport } from './port.ts';
import type { Finding } from './verdict.ts';

/** What the store takes of an agent's audit. */
export interface AuditDigest {
  /** UUID, made by the agent. */
  readonly id: string;
  readonly host: string;
  readonly system: string;
  readonly tool: string;
  readonly addresses: readonly string[];
  readonly complete: boolean;
  readonly counts: { readonly listeners: number; readonly doors: number; readonly flaws: number };
  /** The audit, gzipped. */
  readonly body: Uint8Array;
  readonly findings: readonly (Omit<Finding, 'address'> & { readonly view: View })[];
  readonly sight: AuditSight;
}

/** What an audit could see: only that can say that a finding is over. */
export interface AuditSight {
  /** Every socket of the host, and every rule in force. */
  readonly whole: boolean;
  /** Ports that rules let somebody in to without use were too many to be told one by one. */
  readonly manyUnused: boolean;
  /** By `transport/port`: whether all that a verdict rests on was seen, and what it is. */
  readonly doors: ReadonlyMap<string, { readonly settled: boolean; readonly why: string }>;
}

export function doorKey(transport: Transport, port: number): string {
  return `${transport}/${port}`;
}
