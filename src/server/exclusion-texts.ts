import { problem } from '../model/errors.ts';
import { parseTarget } from '../targets/parse.ts';
import { shown, type Target } from '../targets/target.ts';

/**
 * Reads exclusions, each a single address, block, range or name, into the way they are kept; names as
 * the DNS knows them. Throws EXCLUSION_INVALID for the first that is none: it would leave nothing out.
 */
export function readExclusionTexts(texts: readonly string[]): string[] {
  return texts.map((text, index) => {
    const refuse = (reason: string) =>
      problem('EXCLUSION_INVALID', { index: index + 1, value: shown(text), problem: reason });
    const plain = text.trim();
    // a scan splits texts there
    if (/[\s,]/.test(plain)) throw refuse('it is more than one');
    const target = parseTarget(plain);
    if (target.kind === 'refused') throw refuse(target.reason);
    return kept(target, refuse);
  });
}

function kept(target: Target, refuse: (reason: string) => Error): string {
  switch (target.kind) {
    case 'file':
    case 'stdin':
      throw refuse('files cannot be read here');
    case 'name':
      return target.name;
    default:
      return target.text;
  }
}
