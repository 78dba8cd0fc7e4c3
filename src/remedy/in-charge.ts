import type { FirewallFacts } from '../firewall/facts.ts';
import { KIND_NAMES, type KindName, type Layer } from '../firewall/layer.ts';
import { problem } from '../model/errors.ts';

/** The firewall by which a change is made on this host. */
export interface InCharge {
  readonly kind: KindName;
  /** One plain sentence. */
  readonly why: string;
}

/** Kinds that a host carries itself; a change for another is made elsewhere. */
const HOST_KINDS: readonly KindName[] = ['nftables', 'iptables', 'ufw', 'firewalld'];

/**
 * A manager before what it manages: rules put beside ufw's or firewalld's are gone at its next
 * reload. `wanted` (`--kind`) overrules. Throws REMEDY_IN_CHARGE when it is not clear: to guess
 * would mean a rule in a firewall that nobody looks at.
 */
export function kindInCharge(
  layers: readonly Layer[],
  facts: FirewallFacts,
  wanted?: KindName,
): InCharge {
  if (wanted !== undefined) return { kind: wanted, why: `--kind says ${wanted}` };
  if (facts.ufw === 'unknown' || facts.firewalld === 'unknown') {
    const which = facts.ufw === 'unknown' ? 'ufw' : 'firewalld';
    throw problem('REMEDY_IN_CHARGE', { problem: `whether ${which} is active could not be read` });
  }
  if (facts.ufw === 'enabled' && facts.firewalld === 'running') {
    throw problem('REMEDY_IN_CHARGE', { problem: 'ufw is enabled and firewalld is running' });
  }
  if (facts.ufw === 'enabled') return { kind: 'ufw', why: 'ufw is enabled' };
  if (facts.firewalld === 'running') return { kind: 'firewalld', why: 'firewalld is running' };
  return byRules(layers, facts);
}

function byRules(layers: readonly Layer[], { programs }: FirewallFacts): InCharge {
  const filters = (kind: KindName) => layers.some((layer) => layer.kind === kind && decides(layer));
  if (filters('nftables')) return { kind: 'nftables', why: 'nftables rules filter what comes in' };
  if (filters('iptables')) return { kind: 'iptables', why: 'iptables rules filter what comes in' };
  if (layers.some(({ role, unread }) => role === 'live' && unread.length > 0)) {
    throw problem('REMEDY_IN_CHARGE', { problem: 'the live rules could not be read' });
  }
  if (programs.includes('nft')) return { kind: 'nftables', why: 'no firewall is active yet' };
  if (programs.includes('iptables')) return { kind: 'iptables', why: 'no firewall is active yet' };
  throw problem('REMEDY_IN_CHARGE', { problem: 'none is active, and nft is not installed' });
}

/**
 * Whether a layer has rules or a policy of its own on the way in: chains that Docker made for NAT,
 * and empty ones left by a tool that was only asked to list, put nobody in charge.
 */
function decides({ role, tables }: Layer): boolean {
  if (role !== 'live') return false;
  return tables.some((table) =>
    table.chains.some(
      ({ hook, policy, rules }) =>
        hook?.point === 'input' &&
        hook.type === 'filter' &&
        (rules.length > 0 || (policy !== undefined && policy !== 'accept')),
    ),
  );
}

/** Reads `--kind`; undefined for a word that is none. */
export function readKind(text: string): KindName | undefined {
  return KIND_NAMES.find((name) => name === text);
}

/** Whether a change for this kind can be applied here, or only shown. */
export function isHostKind(kind: KindName): boolean {
  return HOST_KINDS.includes(kind);
}
