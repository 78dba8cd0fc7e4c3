import { problem } from '../../../model/errors.ts';
import type { Allowance, FileWrite, Intent } from '../../kind.ts';
import type { Family } from '../../layer.ts';
import { commentText, isDeviceName, setText, sourcesOf } from './sources.ts';

/** Up to this many blocks stand in the rule; more become a set. */
const MOST_IN_PLACE = 4;

/** What IPv4 needs: errors and path MTU (RFC 1812 §4.3, RFC 1191), and the question whether a host is there. */
const ICMP = 'destination-unreachable, time-exceeded, parameter-problem, echo-request';

/**
 * RFC 4890 §4.4: must not be dropped by a host. 148 and 149 are certification paths (RFC 3971),
 * 151 to 153 multicast router discovery (RFC 4286).
 */
const ICMPV6 =
  'destination-unreachable, packet-too-big, time-exceeded, parameter-problem, echo-request, ' +
  'mld-listener-query, mld-listener-report, mld-listener-done, mld2-listener-report, ' +
  'nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert, ' +
  'ind-neighbor-solicit, ind-neighbor-advert, 148, 149, 151, 152, 153';

interface Part {
  readonly sets: readonly string[];
  readonly rules: readonly string[];
}

/**
 * A whole /etc/nftables.conf, loaded by `nft -f` in one transaction. It replaces its own table only:
 * `flush ruleset` would take away what Docker or libvirt have put beside it.
 */
export function write({ allow }: Intent): readonly FileWrite[] {
  const parts = allow.map(partOf);
  const text = `#!/usr/sbin/nft -f
# Written by postern. What is not accepted here is dropped.

table inet postern
delete table inet postern

table inet postern {
${parts.flatMap(({ sets }) => sets).join('')}	chain input {
		type filter hook input priority filter; policy drop;
		iifname "lo" accept
		ct state established,related accept
		icmp type { ${ICMP} } accept
		icmpv6 type { ${ICMPV6} } accept
${parts.flatMap(({ rules }) => rules.map((rule) => `\t\t${rule}\n`)).join('')}	}
}
`;
  return [{ path: '/etc/nftables.conf', text, mode: 0o755 }];
}

function partOf(allowance: Allowance, at: number): Part {
  const { device, from, families } = allowance;
  if (device !== undefined && !isDeviceName(device))
    throw impossible(allowance, `no device: ${device}`);
  const verdict = ['accept', ...(allowance.comment ? [commentText(allowance.comment)] : [])];
  const ports = `${allowance.transport} dport ${portText(allowance.ports)}`;
  const on = device === undefined ? [] : [`iifname "${device}"`];
  if (from === undefined) {
    const both = families.includes(4) && families.includes(6);
    const rules = both ? [[]] : families.map((family) => [`meta nfproto ipv${family}`]);
    return { sets: [], rules: rules.map((of) => [...on, ...of, ports, ...verdict].join(' ')) };
  }
  const sources = sourcesOf(from);
  if ('faulty' in sources) throw impossible(allowance, `no CIDR block: ${sources.faulty}`);
  const matches = ([4, 6] as const)
    .filter((family) => sources[family].length > 0)
    .map((family) => sourceMatch(family, sources[family], `allow${at + 1}_v${family}`));
  return {
    sets: matches.flatMap(({ set }) => (set === undefined ? [] : [set])),
    rules: matches.map(({ match }) => [...on, match, ports, ...verdict].join(' ')),
  };
}

function sourceMatch(
  family: Family,
  blocks: readonly string[],
  name: string,
): { readonly match: string; readonly set?: string } {
  const field = family === 4 ? 'ip saddr' : 'ip6 saddr';
  if (blocks.length > MOST_IN_PLACE) {
    return { match: `${field} @${name}`, set: setText(name, family, blocks) };
  }
  return { match: `${field} { ${blocks.join(', ')} }` };
}

function portText([first, last]: Allowance['ports']): string {
  return first === last ? String(first) : `${first}-${last}`;
}

function impossible({ transport, ports }: Allowance, reason: string): Error {
  const port = portText(ports);
  return problem('REMEDY_IMPOSSIBLE', {
    verb: 'allow',
    transport,
    port,
    kind: 'nftables',
    problem: reason,
  });
}
