import { problem } from '../../../model/errors.ts';
import { readNetwork } from '../../../model/network.ts';
import type { Transport } from '../../../model/port.ts';
import { cidrsOf } from '../../cidrs.ts';
import type { Family } from '../../layer.ts';
import { rangesOf } from '../../ranges.ts';

/** Most characters of a comment (xt_comment.h keeps 256 with the end). */
const MOST_COMMENT = 255;

export interface Subject {
  readonly verb: 'allow' | 'close' | 'restrict';
  readonly transport: Transport;
  /** A port, or a range of them. */
  readonly port: string | number;
}

/** Builds REMEDY_IMPOSSIBLE. */
export function impossible(subject: Subject, reason: string): Error {
  return problem('REMEDY_IMPOSSIBLE', { ...subject, kind: 'iptables', problem: reason });
}

/** The fewest blocks of each family that cover what was given. Throws REMEDY_IMPOSSIBLE. */
export function blocksByFamily(
  blocks: readonly string[],
  subject: Subject,
): Readonly<Record<Family, readonly string[]>> {
  const pairs: Record<Family, (readonly [bigint, bigint])[]> = { 4: [], 6: [] };
  for (const block of blocks) {
    const network = readNetwork(block);
    if (network === null) throw impossible(subject, `"${block}" is no CIDR block`);
    pairs[network.family].push([network.first, network.last]);
  }
  return { 4: cidrsOf(4, rangesOf(pairs[4], 1n)), 6: cidrsOf(6, rangesOf(pairs[6], 1n)) };
}

/** `-i NAME`; a final `+` would stand for all devices that begin so. Throws REMEDY_IMPOSSIBLE. */
export function deviceText(device: string, subject: Subject): string {
  if (!/^[^\s"'\\/!+]{1,15}$/.test(device)) throw impossible(subject, `"${device}" is no device`);
  return `-i ${device}`;
}

/** ` -m comment --comment "…"`, or nothing for an empty text. */
export function commentText(text: string): string {
  const printable = text
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, MOST_COMMENT);
  if (printable === '') return '';
  return `-m comment --comment "${printable.replace(/["\\]/g, '\\$&')}"`;
}

export function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 0 && port <= 65_535;
}

/** One rule: its parts with blanks between, empty ones left out. */
export function ruleText(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ');
}
