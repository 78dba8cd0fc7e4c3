import type { Kind } from '../../kind.ts';
import { change } from './change.ts';
import { isJson, read } from './read.ts';
import { write } from './write.ts';

/** nftables: `nft -j list ruleset` and texts that `nft -f` loads. */
export const nftables: Kind = {
  name: 'nftables',
  title: 'nftables',
  recognizes: ({ text }) =>
    isJson(text) ? /"nftables"\s*:\s*\[/.test(text.slice(0, HEAD)) : TEXT.test(text),
  read,
  write,
  change,
};

const HEAD = 200;
/** The line that every ruleset has: pf's `table <name>` has brackets. */
const TEXT =
  /^[ \t]*(?:(?:add|create)[ \t]+)?table[ \t]+(?:(?:ip|ip6|inet|bridge|netdev|arp)[ \t]+[\w.-]+|[\w.-]+[ \t]*\{)|^[ \t]*flush[ \t]+ruleset/m;
