import { isWhole, rangeTexts } from '../../both-families.ts';
import { plainComment, sourcesOf } from '../../change-parts.ts';
import type { Allowance, Intent } from '../../kind.ts';
import { FAMILIES } from '../../layer.ts';
import { NEEDED_ICMP4, NEEDED_ICMP6 } from '../../needed-icmp.ts';
import type { WindowsList, WindowsRule, WindowsWord } from './document.ts';
import { ruleText } from './rule-text.ts';

export const GROUP = 'Postern';

/** Address ranges in one rule; the API takes more, netsh and the console become unusable beyond. */
const MOST_RANGES = 1_000;

interface Draft {
  readonly name: string;
  readonly displayName: string;
  readonly action: 'Allow' | 'Block';
  readonly words: Partial<Readonly<Record<WindowsWord, string>>>;
  readonly lists: Partial<Readonly<Record<WindowsList, readonly string[]>>>;
}

export function ours(draft: Draft): WindowsRule {
  return { ...draft, group: GROUP, enabled: true, inbound: true, local: true };
}

/** Ranges of addresses as RemoteAddress takes them; null: any address of both families. */
export function remoteRanges(addresses: ReturnType<typeof sourcesOf>): readonly string[] | null {
  if (FAMILIES.every((family) => isWhole(family, addresses[family]))) return null;
  return FAMILIES.flatMap((family) => rangeTexts(family, addresses[family]));
}

export function pieces(ranges: readonly string[] | null): readonly (readonly string[] | null)[] {
  if (ranges === null) return [null];
  const parts: (readonly string[])[] = [];
  for (let at = 0; at < ranges.length; at += MOST_RANGES)
    parts.push(ranges.slice(at, at + MOST_RANGES));
  return parts;
}

function allowanceRules(allowance: Allowance, number: number): WindowsRule[] {
  const { transport, ports, device, comment } = allowance;
  const [first, last] = ports;
  const port = first === last ? `${first}` : `${first}-${last}`;
  const name = `Postern-${number}-${transport}-${port}`;
  return pieces(remoteRanges(sourcesOf(allowance))).map((ranges, at) =>
    ours({
      name: at === 0 ? name : `${name}-${at + 1}`,
      displayName: plainComment(comment ?? '') || name,
      action: 'Allow',
      words: { Protocol: transport.toUpperCase() },
      lists: {
        LocalPort: [port],
        ...(ranges === null ? {} : { RemoteAddress: ranges }),
        ...(device === undefined ? {} : { InterfaceAlias: [device] }),
      },
    }),
  );
}

function icmpRule(protocol: string, types: readonly number[]): WindowsRule {
  return ours({
    name: `Postern-${protocol}`,
    displayName: `${protocol} that IP needs`,
    action: 'Allow',
    words: { Protocol: protocol },
    lists: { IcmpType: types.map(String) },
  });
}

const HEADER = `# Windows Firewall rules, written by Postern. Run as administrator.
# Rules that are there already stay as they are. To have the rules of this file alone, run first:
#   Get-NetFirewallRule -Direction Inbound -Action Allow | Disable-NetFirewallRule
$ErrorActionPreference = 'Stop'
Set-NetFirewallProfile -Profile Domain,Private,Public -Enabled True -DefaultInboundAction Block -AllowInboundRules True
`;

/** The intent as a PowerShell script that readScript reads again. */
export function scriptOf({ allow }: Intent): string {
  const rules = [
    icmpRule('ICMPv4', NEEDED_ICMP4),
    icmpRule('ICMPv6', NEEDED_ICMP6),
    ...allow.flatMap((allowance, at) => allowanceRules(allowance, at + 1)),
  ];
  return `${HEADER}${rules.map(ruleText).join('\n')}\n`;
}
