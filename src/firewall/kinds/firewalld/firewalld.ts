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
  const root = /^\s*(?:<\?xml[^>]*>\s*)?(?:<!--[\s\S]*?-->\s*)*<([a-z]+)/.exec(text)?.[1];
  if (root !== undefined) return ROOTS.includes(root);
  return /^\s*DefaultZone\s*=/m.test(text) || origin.endsWith('/firewalld.conf');
}

/** The listing when there is one, else the folder of the files. */
function originOf(sources: readonly Source[]): string {
  const listing = sources.find(({ text }) => isListing(text));
  if (listing !== undefined) return listing.origin;
  const [only] = sources;
  return sources.length === 1 && only !== undefined ? only.origin : '/etc/firewalld';
}
