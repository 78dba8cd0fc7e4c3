import type { LossEstimate } from './scan.ts';

/** How a scan is doing at one moment: a line of `--stats`. What an engine does not count is absent. */
export interface Vitals {
  readonly schema: 'postern.stats/1';
  /** ISO 8601 UTC. */
  readonly at: string;
  /** Seconds since the start. */
  readonly elapsed: number;
  /** True in the last line. */
  readonly final: boolean;
  /** Probes sent, retries included. */
  readonly sent: number;
  readonly retries: number;
  /** Packets that the kernel's filter let through to us. */
  readonly received?: number;
  /** Those that answered a probe of ours. */
  readonly valid?: number;
  /** Valid ones about a port that had answered already. */
  readonly duplicates?: number;
  /** Packets the kernel dropped because our buffer was full. */
  readonly dropped?: number;
  /** Ports whose state is known. */
  readonly outcomes: number;
  /** Ports in all; absent while not all targets have been read. */
  readonly expected?: number;
  readonly open: number;
  /** Open ports that are still being asked what answers. */
  readonly identifying: number;
  /** Addresses that are finished. */
  readonly hosts: number;
  /** Probes per second since the line before. */
  readonly rate: number;
  /** Probes per second aimed at; absent: no limit. */
  readonly targetRate?: number;
  /** Times it ran short of descriptors, source ports or memory and slowed down. */
  readonly slowdowns: number;
  readonly loss?: LossEstimate;
}
