import { readNetwork } from '../../../model/network.ts';
import { cidrsOf } from '../../cidrs.ts';
import type { Family } from '../../layer.ts';
import { rangesOf } from '../../ranges.ts';

/** Blocks of each family, the fewest that cover what was given. */
export type Sources = Readonly<Record<Family, readonly string[]>>;

/** The text of a block that is none, or the sources. */
export function sourcesOf(blocks: readonly string[]): Sources | { readonly faulty: string } {
  const pairs: Record<Family, (readonly [bigint, bigint])[]> = { 4: [], 6: [] };
  for (const block of blocks) {
    const network = readNetwork(block);
    if (network === null) return { faulty: block };
    pairs[network.family].push([network.first, network.last]);
  }
  return { 4: cidrsOf(4, rangesOf(pairs[4], 1n)), 6: cidrsOf(6, rangesOf(pairs[6], 1n)) };
}

/** A set of blocks that an administrator can add to (`nft add element`): overlaps are merged. */
export function setText(name: string, family: Family, blocks: readonly string[]): string {
  const elements = blocks.length === 0 ? '' : `\t\telements = { ${blocks.join(',\n\t\t\t')} }\n`;
  return `\tset ${name} {\n\t\ttype ipv${family}_addr\n\t\tflags interval\n\t\tauto-merge\n${elements}\t}\n`;
}

/** What a rule says to it, within the 127 bytes that the kernel keeps; nft's strings have no escapes. */
export function commentText(text: string): string {
  return `comment "${text
    .replaceAll(/[^ -~]/g, '?')
    .replaceAll('"', "'")
    .slice(0, 120)}"`;
}

/** A name that the kernel takes for a device (IFNAMSIZ), and nft for a string. */
export function isDeviceName(name: string): boolean {
  return /^[^\s"/\\*]{1,15}$/.test(name);
}
