import { syntaxFault } from '../../fault.ts';
import type { Kind, Source } from '../../kind.ts';
import type { Layer } from '../../layer.ts';
import { changePf } from './change.ts';
import { tableOf, unreadOf } from './layer-of.ts';
import { parsePf } from './parser.ts';
import { pfText } from './write.ts';

/** First line of `pfctl -s info`. */
const STATUS = /^Status: (Enabled|Disabled)\b/;

const RULE_LINE =
  /^(?:@\d+ )?[ \t]*(?:(?:pass|block)\b.*\b(?:in|out|all|from|quick|on|to)\b|set skip on\b|set block-policy\b|antispoof\b|scrub (?:in|on|all)\b|table <|anchor ["{a-z]|rdr(?:-anchor| pass| on)\b|match (?:in|out|on|inet|proto|all)\b|block$)/m;
/** Lines that other languages of rules begin with. */
const OTHERS =
  /^(?:table (?:inet|ip|ip6|arp|bridge|netdev) |\*filter|access-list |ip access-list |<\?xml)/m;

function recognizes({ text }: Source): boolean {
  return STATUS.test(text) || (RULE_LINE.test(text) && !OTHERS.test(text));
}

function read(sources: readonly Source[], role: Layer['role']): Layer {
  const rules = sources.filter(({ text }) => !STATUS.test(text));
  const [first] = rules;
  if (first === undefined)
    throw syntaxFault('pf', sources[0] ?? { origin: 'the rules' }, 1, 'no rules were given');
  const statements = rules.map((source) => ({ source, parsed: parsePf(source) }));
  const all = statements.flatMap(({ parsed }) => parsed);
  // a pf without rules lets everything in: believed only of one that tells its status besides
  if (all.length === 0 && rules.length === sources.length)
    throw syntaxFault('pf', first, 1, 'it holds no statement');
  const disabled = sources.some(({ text }) => STATUS.exec(text)?.[1] === 'Disabled');
  const table = tableOf(all, 'pf', role === 'central' ? 'either' : 'here');
  return {
    kind: 'pf',
    origin: rules.map(({ origin }) => origin).join(', '),
    role,
    tables: [disabled ? { ...table, dormant: true } : table],
    unread: disabled
      ? []
      : statements.flatMap(({ source, parsed }) => unreadOf(parsed, source.origin)),
  };
}

/**
 * pf of OpenBSD, FreeBSD and macOS: pf.conf, or what `pfctl -a '*' -s rules` and `pfctl -s nat` print;
 * beside it `pfctl -s info`, which tells whether pf is on at all.
 */
export const pf: Kind = {
  name: 'pf',
  title: 'pf',
  recognizes,
  read,
  write: (intent) => [{ path: 'pf.conf', text: pfText(intent) }],
  change: changePf,
};
