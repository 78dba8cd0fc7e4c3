import { problem } from '../model/errors.ts';
import type { Kind } from './kind.ts';
import { firewalld } from './kinds/firewalld/firewalld.ts';
import { iptables } from './kinds/iptables.ts';
import { nftables } from './kinds/nftables/nftables.ts';
import { ufw } from './kinds/ufw/ufw.ts';
import type { KindName } from './layer.ts';

/** Every firewall kind; one line each. */
export const KINDS: readonly Kind[] = [nftables, iptables, ufw, firewalld];

/** Throws REMEDY_IN_CHARGE for a kind that is not written yet. */
export function kindNamed(name: KindName): Kind {
  const kind = KINDS.find((one) => one.name === name);
  if (kind !== undefined) return kind;
  throw problem('REMEDY_IN_CHARGE', { problem: `${name} cannot be written by this version` });
}
