import type { FlawId } from './firewall-flaw.ts';
import type { RuleText } from './rules/text.ts';

/** What people read about each flaw of a firewall; docs/rules.md is generated from this table. */
export const FLAWS: Readonly<Record<FlawId, RuleText>> = {
  'firewall.none-active': {
    title: 'No firewall is active',
    severity: 'high',
    sees: 'Every layer was read whole and understood, and together they close no port to anybody. Rules that could not be read never count as no firewall.',
    matters: 'Every program that listens on all addresses is reachable, the next one too.',
    todo: 'Switch a firewall on that denies by default, and allow the ports that are needed; or close single ports with `postern close PORT`.',
  },
  'firewall.default-accept': {
    title: 'What no rule speaks of is let in',
    severity: 'medium',
    sees: 'The default of a chain on the way in accepts, and lets anyone in to more than a thousand ports that no rule speaks of.',
    matters: 'A new service is open to everybody from its first second.',
    todo: 'Set the default to drop, and allow by rules what is needed. Allow your own way in first.',
  },
  'firewall.ipv6-open': {
    title: 'Open over IPv6, closed over IPv4',
    severity: 'high',
    sees: 'Anyone reaches ports over IPv6 that are closed over IPv4. Low while the host has no IPv6 address that others could reach.',
    matters: 'Whoever wrote the rules for IPv4 meant to close the port; IPv6 goes around them.',
    todo: 'Give IPv6 the same rules (nftables: one `inet` table; iptables: `ip6tables`; ufw: `IPV6=yes`).',
  },
  'firewall.docker-bypass': {
    title: 'A container’s port goes around the host’s rules',
    severity: 'high',
    sees: 'A port is handed on to a container by NAT before the rules for the host are asked, which would close it.',
    matters: '`ufw deny` and rules of the input chain do nothing for published ports.',
    todo: 'Publish the port on 127.0.0.1 only, or put the rule into the chain DOCKER-USER.',
  },
  'firewall.legacy-and-nft': {
    title: 'Two packet filters side by side',
    severity: 'medium',
    sees: 'Rules of iptables-legacy and rules of nftables (or iptables-nft) are active at once.',
    matters: 'A packet must pass both, and each tool shows and changes its own only.',
    todo: 'Move the legacy rules over (`iptables-legacy-save`, then `iptables-nft-restore`) and flush them.',
  },
  'firewall.shadowed-rule': {
    title: 'Rules before it take all its packets',
    severity: 'low',
    sees: 'Rules before this one decide every packet that it waits for. Medium where they decide otherwise than it would.',
    matters: 'It has no effect: what it closes is open, or what it opens is closed.',
    todo: 'Move the rule before those that are named, or delete it.',
  },
  'firewall.never-matches': {
    title: 'No packet can match it',
    severity: 'low',
    sees: 'The conditions of a rule contradict each other, or ask for an empty set.',
    matters: 'Who wrote it expects something of it.',
    todo: 'Correct the rule or delete it.',
  },
  'firewall.merged-values': {
    title: 'It may match far more than it says',
    severity: 'medium',
    sees: 'A rule asks that two fields side by side are both not to have a value (`sport != 53 dport != 22`). nft 1.0.6 and iptables-nft 1.8.9 load that as one comparison.',
    matters:
      'Then it matches all packets but those with both values, and is still listed as it was written.',
    todo: 'Except one of them by a rule before it (nft: `udp dport 22 return`), or use `-m multiport ! --dports 22` (iptables).',
  },
  'firewall.unused-chain': {
    title: 'Nothing leads to a chain',
    severity: 'info',
    sees: 'A chain has rules, and no rule that is asked jumps to it.',
    matters: 'Its rules have no effect.',
    todo: 'Jump to the chain from where it should be asked, or delete it.',
  },
  'firewall.no-listener': {
    title: 'A rule lets in where nobody listens',
    severity: 'low',
    sees: 'A rule lets connections in to at most 256 ports, and no program or container is on any of them.',
    matters: 'Whatever starts there next is reachable at once.',
    todo: 'Delete the rule if the service is gone.',
  },
  'firewall.wide-source': {
    title: 'Anyone is let in to a sensitive port',
    severity: 'high',
    sees: 'A rule lets anyone in to a port that [ports](ports.md) says to close or to restrict; the severity is that of the port.',
    matters: 'Databases, remote desktops and administration pages are attacked all day long.',
    todo: 'Name the networks that need it as the source of the rule: `postern restrict PORT --from NETWORK`.',
  },
  'firewall.not-saved': {
    title: 'Closed now, open after a restart',
    severity: 'medium',
    sees: 'The live rules close what the saved ones of the same tool let in.',
    matters: 'The next restart opens it without anybody doing anything.',
    todo: 'Save the live rules with the tool that loads them.',
  },
  'firewall.not-live': {
    title: 'Saved as closed, open now',
    severity: 'medium',
    sees: 'The saved rules close what the live ones let in.',
    matters: 'They were never loaded, or somebody added others since.',
    todo: 'Load the saved rules, or save the live ones if they are meant.',
  },
  'firewall.central-only': {
    title: 'Closed by the central firewall alone',
    severity: 'low',
    sees: 'A firewall before this host closes what the host itself would let in.',
    matters:
      'One layer: whoever is behind it, such as a neighbour in the same network, gets through.',
    todo: 'Close it on the host too.',
  },
  'firewall.host-only': {
    title: 'Closed by the host alone',
    severity: 'info',
    sees: 'A firewall before this host lets in what the host closes.',
    matters: 'One of the two is not as it is meant.',
    todo: 'Take the rule out of the central firewall, or allow the port on the host.',
  },
};
