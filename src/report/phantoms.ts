import type { HostRecord, PhantomGroup, PhantomKind, ScanReport } from '../model/scan.ts';
import { clip, counted } from './text.ts';

/** Longest list of port ranges written out. */
const RANGES = 60;

const KINDS: Readonly<Record<PhantomKind, string>> = {
  'zero-window': 'connections are taken, data is not',
  'never-acknowledges': 'data is never acknowledged',
  'reset-after-handshake': 'reset right after the handshake',
  'same-answer-everywhere': 'one and the same answer everywhere',
  'answers-everywhere': 'connections are taken everywhere, nothing is said',
  tarpit: 'words without end',
};

export interface HostPhantoms {
  readonly host: HostRecord;
  readonly group: PhantomGroup;
}

/** All groups of phantoms of a report, in its order. */
export function phantomsOf({ hosts }: ScanReport): HostPhantoms[] {
  return hosts.flatMap((host) => (host.phantoms ?? []).map((group) => ({ host, group })));
}

/** `65,493 phantom ports (1-21,23-65535/tcp): reset right after the handshake`. */
export function phantomTitle({ count, ports, transport, kind }: PhantomGroup): string {
  const ranges = clip(ports, RANGES);
  return `${counted(count, 'phantom port')} (${ranges}/${transport}): ${KINDS[kind]}`;
}

/** `Confidence 0.9.` and the evidence, in one line. */
export function phantomEvidence({ confidence, evidence }: PhantomGroup): string {
  return [`Confidence ${confidence}.`, ...evidence].join(' ');
}
