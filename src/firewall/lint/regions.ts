import { cidrsOf } from '../cidrs.ts';
import type { Difference } from '../compare.ts';
import { equalRanges } from '../ranges.ts';
import { everySource, portsText } from '../reach.ts';

const BLOCKS_NAMED = 4;
const REGIONS_NAMED = 20;

function sourceText({ family, source }: Difference): string {
  if (equalRanges(source, everySource(family))) return 'anyone';
  const blocks = cidrsOf(family, source);
  const more = blocks.length - BLOCKS_NAMED;
  const named = blocks.slice(0, BLOCKS_NAMED).join(', ');
  return more > 0 ? `${named} and ${more} more` : named;
}

/** `tcp 22 over IPv4 from 10.0.0.0/8` */
export function regionText(difference: Difference): string {
  const { transport, ports, family } = difference;
  return `${transport} ${portsText(ports)} over IPv${family} from ${sourceText(difference)}`;
}

export function regionTexts(differences: readonly Difference[]): readonly string[] {
  const texts = [...new Set(differences.map(regionText))];
  const more = texts.length - REGIONS_NAMED;
  return more > 0 ? [...texts.slice(0, REGIONS_NAMED), `and ${more} more`] : texts;
}
