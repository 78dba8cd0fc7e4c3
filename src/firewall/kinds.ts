import type { Kind } from './kind.ts';
import type { KindName } from './layer.ts';

/** Every firewall kind; docs/ has a page for each. */
export const KINDS: readonly Kind[] = [];

export function kindNamed(name: KindName): Kind {
  const kind = KINDS.find((known) => known.name === name);
  if (kind === undefined) throw new Error(`no kind ${name}`);
  return kind;
}
