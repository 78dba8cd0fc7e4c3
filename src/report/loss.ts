import type { LossEstimate } from '../model/scan.ts';
import { counted, grouped } from './text.ts';

/** `2.1 %`, `under 0.1 %`. */
export function lossShare({ probeLoss }: LossEstimate): string {
  const percent = probeLoss * 100;
  return percent > 0 && percent < 0.1 ? 'under 0.1 %' : `${grouped(percent)} %`;
}

/** What losses may have hidden, a sentence; undefined when none was seen, or hides nothing. */
export function lossNote(loss: LossEstimate | undefined): string | undefined {
  if (loss === undefined || loss.probeLoss === 0) return undefined;
  const { estimate, interval } = loss;
  const [least, most] = interval;
  if (most === 0) return undefined;
  const lost = `${lossShare(loss)} of the probes or their answers were lost`;
  if (estimate === 0) {
    return `At most ${counted(most, 'open port')} may have been missed through packet loss: ${lost}.`;
  }
  const range = `${grouped(least)} to ${grouped(most)}`;
  return `About ${counted(estimate, 'open port')} (${range}) may have been missed through packet loss: ${lost}.`;
}
