import type { ScanReport } from '../model/scan.ts';
import { lossNote } from './loss.ts';
import { counted } from './text.ts';

/** One sentence per reason for which this look must not be read as more than it is. */
export function caveats(report: ScanReport): string[] {
  const { scan } = report;
  const found: string[] = [];
  if (!scan.complete) {
    found.push('Interrupted: hosts and ports that are not listed were not looked at.');
  }
  if (scan.problems.length > 0) {
    found.push(`Part of the work failed (${counted(scan.problems.length, 'problem')}).`);
  }
  if (scan.scope.vantage.kind === 'loopback') {
    found.push('Seen over loopback: this is what listens here, not what outsiders can reach.');
  }
  if (scan.stats.slowdowns > 0) {
    const times = counted(scan.stats.slowdowns, 'time');
    found.push(`Slowed down ${times} for want of file descriptors or source ports.`);
  }
  const missed = lossNote(scan.stats.loss);
  if (missed !== undefined) found.push(missed);
  return found;
}

/** What any scan of this scope can and cannot tell, for readers who were not there. */
export function limits(report: ScanReport): string[] {
  const { vantage, ports } = report.scan.scope;
  const found = [
    `It shows what answered ${vantage.name} during this scan; from another place, or at another time, the answer can differ.`,
    'A filtered port was silent: a firewall dropped the question or nothing is there, and from outside both look the same.',
    'A port outside the ranges above was not asked: its absence says nothing.',
  ];
  if (ports.udp === '') found.push('UDP was not scanned.');
  else
    found.push('A UDP port called open|filtered was silent: open services need not answer either.');
  if (ports.tcp === '') found.push('TCP was not scanned.');
  found.push('No password was tried and nothing was changed on any host.');
  return found;
}
