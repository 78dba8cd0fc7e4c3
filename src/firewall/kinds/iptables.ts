import type { Kind, Source } from '../kind.ts';
import { changeIptables } from './iptables/change.ts';
import { isIpsetText } from './iptables/ipset.ts';
import { readIptables } from './iptables/read.ts';
import { writeIptables } from './iptables/write.ts';

const TABLE = /^\*(?:filter|nat|mangle|raw|security)\s*$/m;

/** Whether a text has a table of iptables, or is the empty one of `iptables-save` without tables. */
function recognizes(source: Source): boolean {
  if (isIpsetText(source) || TABLE.test(source.text)) return true;
  return /ip6?tables[\w-]*-save/.test(source.origin) && !/^[^#\s]/m.test(source.text);
}

/** iptables and ip6tables of both back ends: `iptables-save`, with `ipset save` beside it for its sets. */
export const iptables: Kind = {
  name: 'iptables',
  title: 'iptables',
  recognizes,
  read: readIptables,
  write: writeIptables,
  change: changeIptables,
};
