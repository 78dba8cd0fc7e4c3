import { problem } from '../../../model/errors.ts';
import { plainComment, sourcesOf } from '../../change-parts.ts';
import { cidrsOf } from '../../cidrs.ts';
import type { Allowance, Intent } from '../../kind.ts';
import type { Family } from '../../layer.ts';
import { entryText } from './entry-text.ts';

/** Cisco's names for NEEDED_ICMP4 and NEEDED_ICMP6. */
const ICMP: Readonly<Record<Family, readonly string[]>> = {
  4: ['unreachable', 'echo', 'time-exceeded', 'parameter-problem'],
  6: ['1', '2', '3', '4', '128', '129', '133', '134', '135', '136'],
};

function entriesOf(allowance: Allowance, family: Family): string[] {
  const { transport, ports, device, comment } = allowance;
  if (device !== undefined)
    throw problem('REMEDY_IMPOSSIBLE', {
      verb: 'write',
      transport,
      port: ports[0],
      kind: 'cisco',
      problem: `${device} is a device of the host, not of the router`,
    });
  const entries = cidrsOf(family, sourcesOf(allowance)[family]).map((block) =>
    entryText('permit', transport, block, ports, 'ios'),
  );
  const told = plainComment(comment ?? '');
  return told === '' || entries.length === 0 ? entries : [`remark ${told}`, ...entries];
}

function listText(heading: string, { allow }: Intent, family: Family): string {
  const entries = [
    'permit tcp any any established',
    ...ICMP[family].map((type) => `permit icmp any any ${type}`),
    ...allow.flatMap((allowance) => entriesOf(allowance, family)),
  ];
  const numbered = entries.map((entry, at) =>
    // an IPv6 list takes its numbers in front only in newer releases
    family === 4 ? ` ${10 * (at + 1)} ${entry}` : ` ${entry}`,
  );
  return [heading, ...numbered, family === 4 ? ' deny ip any any' : ' deny ipv6 any any'].join(
    '\n',
  );
}

/** The intent as an IPv4 and an IPv6 access list of IOS. */
export function configText(intent: Intent): string {
  return `! written by Postern. Bind it to the outside interface:
!   ip access-group POSTERN-IN in
!   ipv6 traffic-filter POSTERN-IN6 in
! An access list keeps no state: answers over UDP need entries of their own, or an inspecting firewall.
${listText('ip access-list extended POSTERN-IN', intent, 4)}
!
${listText('ipv6 access-list POSTERN-IN6', intent, 6)}
!
`;
}
