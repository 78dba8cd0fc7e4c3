import type { Kind, Source } from '../../kind.ts';
import { assemble } from './assemble.ts';
import { changeFirewalld } from './change.ts';
import { ROOTS, readConfig } from './files.ts';
import { isListing } from './listing.ts';
import { write } from './write.ts';

/** firewalld: the files of firewalld.dirs(5), or what `firewall-cmd --list-all-zones` prints with them. */
export const firewalld: Kind = {
  name: 'firewalld',
  title: 'firewalld',
  recognizes,
  read: (sources, role) => assemble(readConfig(sources), role, originOf(sources)),
  write,
  change: changeFirewalld,
};

function recognizes({ origin, text }: Source): boolean {
  if (isListing(text)) return true;
  const root = rootOf(text);
  if (root !== undefined) return ROOTS.includes(root);
  return /^[ \t]*DefaultZone[ \t]*=/m.test(text) || origin.endsWith('/firewalld.conf');
}

/** Ends of what may stand before the root element, by their beginnings (XML 1.0, "Prolog"). */
const PROLOG = [
  ['<?', '?>'],
  ['<!--', '-->'],
] as const;

/** Name of the root element; one expression for all that may stand before it takes exponential time. */
function rootOf(text: string): string | undefined {
  let rest = text.trimStart();
  for (;;) {
    const [begin, end] = PROLOG.find(([sign]) => rest.startsWith(sign)) ?? [];
    if (begin === undefined) return /^<([a-z]+)/.exec(rest)?.[1];
    const close = rest.indexOf(end, begin.length);
    if (close === -1) return undefined;
    rest = rest.slice(close + end.length).trimStart();
  }
}

/** The listing when there is one, else the folder of the files. */
function originOf(sources: readonly Source[]): string {
  const listing = sources.find(({ text }) => isListing(text));
  if (listing !== undefined) return listing.origin;
  const [only] = sources;
  return sources.length === 1 && only !== undefined ? only.origin : '/etc/firewalld';
}
