import { allBlocks, isWhole } from '../../both-families.ts';
import { plainComment, sourcesOf } from '../../change-parts.ts';
import type { Allowance, Intent } from '../../kind.ts';
import { FAMILIES } from '../../layer.ts';
import { NEEDED_ICMP4, NEEDED_ICMP6 } from '../../needed-icmp.ts';

/** More sources than these go into a table: rules are asked one by one, tables are not. */
const MOST_IN_LINE = 8;

interface Lines {
  readonly tables: readonly string[];
  readonly rules: readonly string[];
}

function sourceText(allowance: Allowance, number: number): Lines & { readonly from: string } {
  const sources = sourcesOf(allowance);
  if (FAMILIES.every((family) => isWhole(family, sources[family])))
    return { tables: [], rules: [], from: 'any' };
  const blocks = allBlocks(sources);
  if (blocks.length <= MOST_IN_LINE)
    return { tables: [], rules: [], from: `{ ${blocks.join(', ')} }` };
  const name = `allowed${number}`;
  return {
    tables: [`table <${name}> const { ${blocks.join(', ')} }`],
    rules: [],
    from: `<${name}>`,
  };
}

function allowanceLines(allowance: Allowance, number: number): Lines {
  const { transport, ports, device, comment } = allowance;
  const { tables, from } = sourceText(allowance, number);
  if (from === '{  }') return { tables: [], rules: [] };
  const [first, last] = ports;
  const port = first === last ? `${first}` : `${first}:${last}`;
  const on = device === undefined ? '' : ` on ${device}`;
  const told = plainComment(comment ?? '');
  return {
    tables,
    rules: [
      ...(told === '' ? [] : [`# ${told}`]),
      `pass in quick${on} proto ${transport} from ${from} to any port ${port} keep state`,
    ],
  };
}

/** The intent as a pf.conf that OpenBSD's and FreeBSD's pfctl both take. */
export function pfText({ allow }: Intent): string {
  const lines = allow.map((allowance, at) => allowanceLines(allowance, at + 1));
  return [
    '# written by Postern; check with: pfctl -nf FILE',
    ...lines.flatMap(({ tables }) => tables),
    'set skip on lo',
    'block in all',
    'pass out all keep state',
    `pass in quick inet proto icmp all icmp-type { ${NEEDED_ICMP4.join(', ')} } keep state`,
    `pass in quick inet6 proto icmp6 all icmp6-type { ${NEEDED_ICMP6.join(', ')} } keep state`,
    ...lines.flatMap(({ rules }) => rules),
    '',
  ].join('\n');
}
