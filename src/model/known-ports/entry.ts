import type { Transport } from '../port.ts';
import type { Level, Severity } from '../verdict.ts';

export const PORT_GROUPS = [
  'web',
  'mail',
  'dns',
  'remote-access',
  'file-sharing',
  'directory',
  'database',
  'cache',
  'queue',
  'container',
  'admin',
  'monitoring',
  'development',
  'ai',
  'vpn',
  'printer',
  'camera',
  'industrial',
  'voice',
  'game',
  'network',
] as const;
export type PortGroup = (typeof PORT_GROUPS)[number];

/** A port that applications of today use, and what we think of finding it open. */
export interface KnownPort {
  readonly port: number;
  readonly transport: Transport;
  /** Word for `-p`, policies and reports: `postgresql`. Several ports may share one. */
  readonly name: string;
  readonly title: string;
  readonly group: PortGroup;
  /** Why it is in the list: which application puts it there. One sentence. */
  readonly uses: string;
  /** What an attacker gets out of it. One sentence. */
  readonly risk: string;
  readonly level: Level;
  readonly severity: Severity;
  /** The application speaks HTTP, so a web server here does not speak against it. */
  readonly http?: boolean;
}

/** The rows of one group. */
export function table(
  group: PortGroup,
  rows: readonly Omit<KnownPort, 'group'>[],
): readonly KnownPort[] {
  return rows.map((row) => ({ ...row, group }));
}
